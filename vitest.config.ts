import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Nothing is timed: the limits only end what hangs, also on a machine that is busy with other things.
const limit = 300_000;

/** Those that wait most come first, so that no worker is left alone with one of them in the end. */
class EndToEndFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/tests\/(?:e2e|ffmpeg|cli)\//u.test(moduleId);
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's, which gives a new list
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

// Projects are built with the pinned ffmpeg: each test's empty store would compile it anew. `tests/ffmpeg` and `tests/e2e/ffmpeg.test.ts` compile.
const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: limit, hookTimeout: limit, expect: { poll: { timeout: limit / 2 } }, env: { SHEAR_FFMPEG: 'prebuilt' },
    // vitest leaves a processor to itself; it needs little of it, and many tests wait for programs.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: EndToEndFirst },
  },
});
export default config;
