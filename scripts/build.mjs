#!/usr/bin/env node
// npm run build: the bundle that `bin` points at, and the public API with its declarations.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const repository = join(import.meta.dirname, '..');
process.chdir(repository);
rmSync('dist', { recursive: true, force: true });

/** What a build with no change needs. */
const started = /rolldown[/]runtime|src\/(?:cli\/(?:cache-folder|keep-compiled|write-out)|report\/build-text|session\/unchanged-build|build\/state|graph\/unchanged)[.]ts$/u;
/** What a build after an edit of sources needs: one chunk, since each costs a millisecond to load. */
const edited = new RegExp(`src/(?:${['base/(?:digest|fault|redact|source)', 'graph/(?:file-index|list-files|run)', 'session/(?:build|rebuild|bases|publish-artefacts|unpacked-state)', 'store/(?:store|record|lock-file)', 'syntax/dockerignore', 'oci/(?:remove-file|tar|tar-header|layer|content|image|image-json|layout|archive|descriptor)', 'build/steps/(?:step-table|copy-layer|layer-output|image)', 'build/frontend/moves', 'cli/(?:main|command|command-table|host|commands/build)'].join('|')})[.]ts$`, 'u');
// The command line as CommonJS, because Node starts that sooner (and without import(), which code that is kept compiled cannot do); the API as an ES module.
await write('src/cli/quick.ts', { dir: 'dist', format: 'cjs', dynamicImportInCjs: false, entryFileNames: 'shear.cjs', chunkFileNames: 'cli/[name]-[hash].cjs', banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''), minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } }, codeSplitting: { groups: [{ name: 'start', test: started, priority: 2 }, { name: 'edit', test: edited, priority: 1 }] } });
await write('src/index.ts', { dir: 'dist', format: 'esm', entryFileNames: 'index.js', chunkFileNames: 'api/[name]-[hash].js' });
chmodSync('dist/shear.cjs', 0o755);
const types = spawnSync('node_modules/.bin/tsc', ['--noEmit', 'false', '--emitDeclarationOnly', '--outDir', 'dist/types', '--rootDir', 'src', '--project', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = types.status ?? 1;

async function write(input, output) {
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'warn', checks: { ineffectiveDynamicImport: false } });
  await bundle.write(output);
  await bundle.close();
}
