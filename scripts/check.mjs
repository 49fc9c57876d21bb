#!/usr/bin/env node
// npm run check: what needs no build and no other program; seconds.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const checks = [
  ['tsc', '--noEmit'],
  ['oxlint', '--type-aware'],
  ['tsx', 'scripts/generate.ts', '--check'],
  ['vitest', 'run', 'tests/architecture.test.ts'],
];
const failed = checks.filter(([program, ...args]) => spawnSync(join('node_modules', '.bin', program), args, { stdio: 'inherit' }).status !== 0);
process.exitCode = failed.length === 0 ? 0 : 1;
