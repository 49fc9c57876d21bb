#!/usr/bin/env node
// npm run build: the bundle that `bin` points at, and the public API with its declarations.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const repository = join(import.meta.dirname, '..');
process.chdir(repository);
rmSync('dist', { recursive: true, force: true });

/** The command line and the API share chunks; `shear.cjs`, what `bin` names, is a small bundle of its own. */
const bundle = await rolldown({ input: { main: 'src/cli/main.ts', index: 'src/index.ts' }, platform: 'node', logLevel: 'warn' });
await bundle.write({ dir: 'dist', format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' });
await bundle.close();
const quick = await rolldown({ input: { shear: 'src/cli/quick.ts' }, platform: 'node', logLevel: 'warn', external: ['./main.js'] });
await quick.write({ dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs', banner: '#!/usr/bin/env node' });
await quick.close();
chmodSync('dist/shear.cjs', 0o755);
const types = spawnSync('node_modules/.bin/tsc', ['--noEmit', 'false', '--emitDeclarationOnly', '--outDir', 'dist/types', '--rootDir', 'src', '--project', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = types.status ?? 1;
