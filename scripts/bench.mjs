#!/usr/bin/env node
// npm run bench: sets everything up, then runs the bench proper.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { begin, installPackages, repository, step } from './setup.mjs';

begin();
await installPackages();
await step('build', 'npm', ['run', '--silent', 'build']);
const { status } = spawnSync(join(repository, 'node_modules/.bin/tsx'), [join(repository, 'scripts/bench/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
