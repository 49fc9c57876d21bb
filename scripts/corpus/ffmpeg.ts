// npx tsx scripts/corpus/ffmpeg.ts [--prove] FOLDER…: docs/ffmpeg.md, what every function with ffmpeg below folders of repositories needs of it.
// --prove builds each derived one too and runs the code's own commands with it and with a full build, on samples of all common inputs.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalProfile, type FfmpegNeed } from '../../src/ffmpeg/profile.ts';
import { needBelow } from '../../src/media/need-below.ts';
import { findFfmpeg } from '../../src/model/ffmpeg-install.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { createScriptHost } from '../script-host.ts';
import { buildNeed, type BuiltNeed } from './ffmpeg-builds.ts';

interface Row {
  readonly project: string;
  readonly functions: string[];
  readonly need: FfmpegNeed;
  readonly ways: readonly string[];
}

/** What stands in for a template where there is none: the whole repository as the code of one function. */
const wholeRepository = `Transform: AWS::Serverless-2016-10-31
Resources:
  Repository:
    Type: AWS::Serverless::Function
    Properties: { Runtime: python3.12, CodeUri: ., Handler: app.handler }
  NodeJs:
    Type: AWS::Serverless::Function
    Properties: { Runtime: nodejs20.x, InlineCode: x, Handler: app.handler }
`;

const rows = new Map<string, Row>();
const proofs = new Map<string, BuiltNeed>();
const isProving = process.argv.includes('--prove');
for (const folder of process.argv.slice(2).filter((one) => one !== '--prove')) {
  for (const name of readdirSync(folder).toSorted()) {
    const templates = statSync(join(folder, name)).isDirectory() ? templatesBelow(join(folder, name), 0).filter((path) => readFileSync(path, 'utf8').includes('AWS::Serverless')) : [];
    for (const template of templates) await look(join(folder, name), template, name);
    if (templates.length === 0 && statSync(join(folder, name)).isDirectory()) await look(join(folder, name), undefined, name);
  }
}
const path = join(import.meta.dirname, '../../docs/ffmpeg.md');
if (isProving) {
  const weight = ({ need }: Row): number => (need.kind === 'profile' ? need.profile.programs.length + need.profile.externals.length + (need.profile.network ? 9 : 0) : 99);
  for (const { project, need } of [...rows.values()].toSorted((a, b) => weight(a) - weight(b))) {
    if (need.kind !== 'profile' || proofs.has(canonicalProfile(need.profile) + project)) continue;
    process.stderr.write(`${project}\n`);
    proofs.set(canonicalProfile(need.profile) + project, await buildNeed(need));
    writeFileSync(path, page([...rows.values()]));
  }
}
writeFileSync(path, page([...rows.values()]));

/** Folders with a template, a few levels down. */
function templatesBelow(folder: string, depth: number): readonly string[] {
  if (depth > 5 || !statSync(folder).isDirectory()) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries.flatMap((entry) => (entry.isFile() && /^(?:template|.*\.template|template-.*)(?:\.ya?ml|\.json)?$/u.test(entry.name) ? [join(folder, entry.name)] : []));
  return [...own, ...entries.filter((entry) => entry.isDirectory() && !/^(?:\.|node_modules$)/u.test(entry.name)).flatMap((entry) => templatesBelow(join(folder, entry.name), depth + 1))];
}

async function look(repository: string, template: string | undefined, name: string): Promise<void> {
  const folder = template === undefined ? repository : join(template, '..');
  try {
    const host = createScriptHost();
    const given = template === undefined ? { template: 'stand-in.yaml', overlay: new Map([['stand-in.yaml', wholeRepository]]) } : { template: template.slice(folder.length + 1) };
    const project = await openProject(host, { folder, ...given, profile: 'default', parameterOverrides: {} });
    const model = resolveModel(project, { profile: 'default', parameterOverrides: {} });
    for (const fn of model.functions) {
      const code = fn.package.kind === 'image' ? fn.package.dockerfile.context : fn.package.kind === 'zip' ? fn.package.codeFolder : undefined;
      const need = code === undefined ? undefined : needBelow(project, code, model.functions);
      if (!need || code === undefined || need.kind === 'none') continue;
      const key = `${name} ${code.slice(repository.length)}`;
      const known = rows.get(key) ?? { project: name.replace('__', '/'), functions: [], need, ways: findFfmpeg(fn, project).map(({ way }) => way) };
      if (!known.functions.includes(fn.logicalId)) known.functions.push(fn.logicalId);
      rows.set(key, known);
    }
  } catch {
    // A project that cannot be opened is no matter of ffmpeg's.
  }
}

function page(all: readonly Row[]): string {
  const bounded = all.filter(({ need }) => need.kind === 'profile');
  const profiles = new Set(bounded.flatMap(({ need }) => (need.kind === 'profile' ? [canonicalProfile(need.profile)] : [])));
  return `# What real projects need of ffmpeg

Made by \`npx tsx scripts/corpus/ffmpeg.ts FOLDER…\` over public repositories: the code of every function that starts ffmpeg, and what shear
makes of it; where there is no SAM template the whole repository counts as one function. \`profile\`: all commands are understood, and ffmpeg can be compiled with just what they need. Else the reason why not: then the program stays one with everything in it.
Sizes are of the program alone, compressed; the usual static build has 29.5 MB, apt's packages 488 MB. The code's own commands (what it fills in stands as \`1\` and \`x\`), and
those that a proof makes for every container, codec and filter of the profile, run with \`--prove\` in the derived and a full build of the same version, on samples of all common inputs.
Code folders with ffmpeg: ${all.length}; with a profile: ${bounded.length} (${profiles.size} different); refused with a reason: ${all.length - bounded.length}.

| project | functions | installed by | need | size | beside a full build | evidence |
| --- | --- | --- | --- | --- | --- | --- |
${all.map(rowOf).join('\n')}
`;
}

function rowOf({ project, functions, need, ways }: Row): string {
  const names = functions.length > 3 ? `${functions.slice(0, 3).join(', ')} and ${functions.length - 3} more` : functions.join(', ');
  return `| ${project} | ${names} | ${[...new Set(ways)].join(', ') || 'not seen'} | ${needText(need)} | ${sizeText(project, need)} | ${evidenceText(need)} |`;
}

function sizeText(project: string, need: FfmpegNeed): string {
  const built = need.kind === 'profile' ? proofs.get(canonicalProfile(need.profile) + project) : undefined;
  if (!built) return need.kind === 'profile' ? 'not built | not compared' : '– | –';
  const { commands, own, failures } = built;
  const outcome = failures.length === 0 ? 'all the same' : `${failures.length} otherwise: ${failures.slice(0, 2).join('; ')}`;
  return `${(built.size / 1e6).toFixed(1)} MB | ${commands === 0 ? built.skipped : `${commands} commands, ${own} of them its own on samples: ${outcome}`.replaceAll('|', '\\|')}`;
}

function needText(need: FfmpegNeed): string {
  if (need.kind !== 'profile') return 'unbounded';
  const { components, programs, licence, externals } = need.profile;
  const own = (kind: string): string => components.filter((one) => one.kind === kind && one.evidence?.some((evidence) => evidence.kind === 'code')).map(({ name }) => name).join(' ');
  return `profile: ${programs.join(' and ')}; muxers ${own('muxer') || 'none'}; encoders ${own('encoder') || 'none'}; filters ${own('filter') || 'none'} (${licence}${externals.length > 0 ? `, ${externals.join(', ')}` : ''})`;
}

function evidenceText(need: FfmpegNeed): string {
  const lines = need.kind === 'profile' ? need.commands.slice(0, 2).map(({ text, place }) => `\`${text}\` (${place.file}:${place.line})`) : need.kind === 'unbounded' ? need.doubts.slice(0, 2).map(({ why, place }) => `${why}${place ? ` (${place.file}:${place.line})` : ''}`) : [];
  return lines.join('; ').replaceAll('|', '\\|');
}
