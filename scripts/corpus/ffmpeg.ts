// npx tsx scripts/corpus/ffmpeg.ts FOLDER…: docs/ffmpeg.md, what every function with ffmpeg below folders of repositories needs of it.
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalProfile, type FfmpegNeed } from '../../src/ffmpeg/profile.ts';
import { needBelow } from '../../src/media/need-below.ts';
import { findFfmpeg } from '../../src/model/ffmpeg-install.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { createScriptHost } from '../script-host.ts';

interface Row {
  readonly project: string;
  readonly functions: string[];
  readonly need: FfmpegNeed;
  readonly ways: readonly string[];
}

const rows = new Map<string, Row>();
for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder).toSorted()) for (const template of templatesBelow(join(folder, name), 0)) await look(join(folder, name), template, name);
}
writeFileSync(join(import.meta.dirname, '../../docs/ffmpeg.md'), page([...rows.values()]));

/** Folders with a template, a few levels down. */
function templatesBelow(folder: string, depth: number): readonly string[] {
  if (depth > 5 || !statSync(folder).isDirectory()) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries.flatMap((entry) => (entry.isFile() && /^(?:template|.*\.template|template-.*)(?:\.ya?ml|\.json)?$/u.test(entry.name) ? [join(folder, entry.name)] : []));
  return [...own, ...entries.filter((entry) => entry.isDirectory() && !/^(?:\.|node_modules$)/u.test(entry.name)).flatMap((entry) => templatesBelow(join(folder, entry.name), depth + 1))];
}

async function look(repository: string, template: string, name: string): Promise<void> {
  const folder = join(template, '..');
  try {
    const host = createScriptHost();
    const project = await openProject(host, { folder, template: template.slice(folder.length + 1), profile: 'default', parameterOverrides: {} });
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

Made by \`npx tsx scripts/corpus/ffmpeg.ts FOLDER…\` over public repositories with SAM templates: the code of every function that starts ffmpeg, and what shear
makes of it. \`profile\`: all commands are understood, and ffmpeg can be compiled with just what they need. Else the reason why not: then the program stays one with everything in it.
Code folders with ffmpeg: ${all.length}; with a profile: ${bounded.length} (${profiles.size} different); refused with a reason: ${all.length - bounded.length}.

| project | functions | installed by | need | evidence |
| --- | --- | --- | --- | --- |
${all.map(rowOf).join('\n')}
`;
}

function rowOf({ project, functions, need, ways }: Row): string {
  const names = functions.length > 3 ? `${functions.slice(0, 3).join(', ')} and ${functions.length - 3} more` : functions.join(', ');
  return `| ${project} | ${names} | ${[...new Set(ways)].join(', ') || 'not seen'} | ${needText(need)} | ${evidenceText(need)} |`;
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
