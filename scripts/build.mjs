#!/usr/bin/env node
// npm run build: the bundle that `bin` points at, and the public API with its declarations.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const repository = join(import.meta.dirname, '..');
process.chdir(repository);
rmSync('dist', { recursive: true, force: true });

const bundle = await rolldown({
  input: { shear: 'src/cli/main.ts', index: 'src/index.ts' },
  platform: 'node',
  logLevel: 'warn',
});
await bundle.write({
  dir: 'dist', format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js',
  banner: (chunk) => (chunk.name === 'shear' ? '#!/usr/bin/env node' : ''),
});
await bundle.close();
chmodSync('dist/shear.js', 0o755);
const types = spawnSync('node_modules/.bin/tsc', ['--noEmit', 'false', '--emitDeclarationOnly', '--outDir', 'dist/types', '--rootDir', 'src', '--project', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = types.status ?? 1;
