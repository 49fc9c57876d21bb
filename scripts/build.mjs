#!/usr/bin/env node
// npm run build: the bundle that `bin` points at, and the public API with its declarations.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';

const repository = join(import.meta.dirname, '..');
process.chdir(repository);
rmSync('dist', { recursive: true, force: true });

/** What a build with no change needs. */
const started = /rolldown[/]runtime|src\/(?:cli\/(?:cache-folder|keep-compiled|write-out)|report\/build-text|session\/unchanged-build|build\/state|graph\/unchanged)[.]ts$/u;
/** What exchanging a layer needs, and what a build after any other edit of sources needs besides: one chunk each, since each costs a millisecond to load. */
const replayed = modules('base/(?:clock|digest|fault|source)', 'session/(?:build|replay|replay-sources|output-paths)', 'store/(?:store|record|lock-file)', 'oci/(?:remove-file|tar-header|layer|tar|content|image-json|layout|archive|descriptor)');
const edited = modules('base/redact', 'graph/(?:file-index|list-files|run)', 'session/(?:rebuild|replay-plan|bases|publish-artefacts|unpacked-state)', 'syntax/dockerignore', 'oci/image', 'build/steps/(?:step-table|copy-layer|link-target|layer-output|image)', 'build/frontend/moves', 'cli/(?:main|command|command-table|host|commands/build)');
// The command line as CommonJS, because Node starts that sooner (and without import(), which code that is kept compiled cannot do); the API as an ES module.
await write('src/cli/quick.ts', { dir: 'dist', format: 'cjs', dynamicImportInCjs: false, entryFileNames: 'shear.cjs', chunkFileNames: 'cli/[name]-[hash].cjs', banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''), minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } }, codeSplitting: { groups: [{ name: 'start', test: started, priority: 3 }, { name: 'replay', test: replayed, priority: 2 }, { name: 'edit', test: edited, priority: 1 }] } });
await write('src/index.ts', { dir: 'dist', format: 'esm', entryFileNames: 'index.js', chunkFileNames: 'api/[name]-[hash].js' });
chmodSync('dist/shear.cjs', 0o755);
const types = spawnSync('node_modules/.bin/tsc', ['--noEmit', 'false', '--emitDeclarationOnly', '--outDir', 'dist/types', '--rootDir', 'src', '--project', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = types.status ?? 1;

async function write(input, output) {
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'warn', checks: { ineffectiveDynamicImport: false }, plugins: output.format === 'cjs' ? [{ name: 'one file to start with', generateBundle: (_, files) => startFromOneFile(files) }] : [] });
  await bundle.write(output);
  await bundle.close();
}

/** Puts the two chunks that every start needs into the entry, from which the others then take them: finding and reading a file costs half a millisecond. */
function startFromOneFile(files) {
  const chunks = Object.values(files).filter((file) => file.type === 'chunk');
  const entry = chunks.find((chunk) => chunk.isEntry);
  const carried = chunks.filter((chunk) => /^cli\/(?:rolldown-runtime|start)-/u.test(chunk.fileName));
  for (const chunk of chunks) {
    for (const { fileName, name } of carried) chunk.code = chunk.code.replaceAll(`require("./${basename(fileName)}")`, `require("../${entry.fileName}")["${name}"]`).replaceAll(`require("./${fileName}")`, `module.exports["${name}"]`);
  }
  const bodies = carried.map(({ name, code }) => `module.exports["${name}"]=((exports)=>{${code.replaceAll(`require("../${entry.fileName}")`, 'module.exports')};return exports})({});`);
  const [hashbang, ...rest] = entry.code.split('\n');
  entry.code = [hashbang, ...bodies, ...rest].join('\n');
  for (const { fileName } of carried) delete files[fileName];
}

function modules(...names) {
  return new RegExp(`src/(?:${names.join('|')})[.]ts$`, 'u');
}
