import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Nothing is timed: the limit only ends what hangs, also on a busy machine.
// Projects are built with the pinned ffmpeg: each test's empty store would compile it anew. `tests/ffmpeg` and `tests/e2e/ffmpeg.test.ts` compile.
const config: ViteUserConfig = defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000, env: { SHEAR_FFMPEG: 'prebuilt' } } });
export default config;
