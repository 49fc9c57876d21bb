import { afterEach, describe, expect, it } from 'vitest';
import { createRandomEdits } from './random-edits.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
afterEach(async () => {
  await rig.close();
});

/** SHEAR_DEV_EDITS=1000 for the long run. */
const edits = Number(process.env['SHEAR_DEV_EDITS'] ?? 60);

describe('random edits, renames, deletions and reverts', () => {
  it(`end in the state of a fresh build: ${edits} of them`, async () => {
    rig = createRig();
    const loop = await rig.start();
    const random = createRandomEdits(rig, Number(process.env['SHEAR_DEV_SEED'] ?? 6));
    for (let done = 0; done < edits; done++) {
      random.edit();
      // Some come in bursts, and while a build is under way.
      if (random.pick(3) === 0) await loop.settled();
      if (done % 100 === 99) {
        random.mend();
        await loop.settled();
        expect(rig.digests()).toEqual(await rig.freshDigests());
      }
    }
    random.mend();
    await loop.settled();
    expect(loop.hasFailed()).toBe(false);
    expect(rig.digests()).toEqual(await rig.freshDigests());
    const builds = rig.events.filter((event) => event.kind === 'building').length;
    expect(builds).toBeLessThanOrEqual(edits * 2);
  }, 600_000);
});
