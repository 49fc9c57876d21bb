#!/usr/bin/env node
// npm run demo: sets everything up, then shows the main job on the example.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { begin, elapsed, installPackages, optionalPrograms, repository, step } from './setup.mjs';

begin();
await installPackages();
await optionalPrograms(['bubblewrap'], { bubblewrap: 'bwrap' });
await step('build', 'npm', ['run', '--silent', 'build']);
const { status } = spawnSync(join(repository, 'node_modules/.bin/tsx'), [join(repository, 'scripts/demo/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.stderr.write(`${status === 0 ? 'done' : 'failed'} after ${elapsed()}\n`);
process.exitCode = status ?? 1;
