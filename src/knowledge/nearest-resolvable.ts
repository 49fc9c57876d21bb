import type { Host } from '../base/host.ts';
import { replacementOf } from '../rules/withdrawn-packages.ts';
import type { RequirementsTarget, Unresolvable } from '../rules/knowledge.ts';
import type { RequirementsUse } from '../rules/requirements-use.ts';
import { isExactPin, normalizedProjectName, type RequirementsLine } from '../syntax/requirements.ts';
import { compileText, versionsIn } from './compile-requirements.ts';
import { explainConflict } from './explain-conflict.ts';

type Requirement = RequirementsLine & { readonly kind: 'requirement' };

/** More tries than this are not worth the user's time: each takes a second or so. */
const mostTries = 18;

/**
 * Why a requirements file cannot be resolved, and the set nearest to it that can: with the fewest lines changed, found by
 * letting go of the versions that uv names as the conflict, and then holding as many of them as fit.
 * @param stderr what uv said of the file as it is.
 */
export async function explainUnresolvable(host: Host, use: RequirementsUse, target: RequirementsTarget, stderr: string): Promise<Unresolvable> {
  const lines = use.source.requirements.lines.filter((line): line is Requirement => line.kind === 'requirement');
  const search = searchOf(host, use, target, lines);
  const concerned = namesIn(stderr, lines);
  const changed = await search(stderr);
  const why = explainConflict(stderr, `${target.python.major}.${target.python.minor}`);
  return { why, concerned, proposal: changed && changed.map(({ line, to }) => ({ name: line.normalizedName, from: asWritten(use, line), to })) };
}

interface Change {
  readonly line: Requirement;
  readonly to: string;
}

type Versions = ReadonlyMap<string, string>;

function searchOf(host: Host, use: RequirementsUse, target: RequirementsTarget, lines: readonly Requirement[]): (stderr: string) => Promise<readonly Change[] | undefined> {
  let tries = 0;
  let flags: readonly string[] = ['--only-binary', ':all:'];
  const attempt = async (forms: ReadonlyMap<Requirement, string>): Promise<{ readonly versions: Versions | undefined; readonly stderr: string }> => {
    if (tries++ >= mostTries) return { versions: undefined, stderr: '' };
    const result = await compileText(host, use, { text: textWith(use, forms), target, flags: ['--no-annotate', ...flags] });
    return { versions: result.code === 0 ? versionsIn(result.stdout) : undefined, stderr: result.stderr };
  };
  const find = async (stderr: string): Promise<readonly Change[] | undefined> => {
    const forms = new Map(lines.flatMap((line) => {
      const other = replacementOf(line.normalizedName);
      return other === undefined || line.url !== undefined ? [] : [[line, other] as const];
    }));
    let said = forms.size > 0 ? await attempt(forms) : { versions: undefined, stderr };
    while (!said.versions && tries < mostTries) {
      const culprits = namesIn(said.stderr, lines).flatMap((name) => lines.filter((line) => line.normalizedName === name && !forms.has(line) && line.specifier !== ''));
      if (culprits.length === 0) return undefined;
      const alone: { readonly culprit: Requirement; readonly versions: Versions }[] = [];
      for (const culprit of culprits.slice(0, 4)) {
        const { versions } = await attempt(new Map([...forms, [culprit, bare(culprit)]]));
        if (versions) alone.push({ culprit, versions });
      }
      const [best] = alone.toSorted((a, b) => compareDistances(distanceOf(a.culprit, a.versions), distanceOf(b.culprit, b.versions)));
      if (best) return await settled(forms.set(best.culprit, bare(best.culprit)), best.versions, attempt);
      for (const culprit of culprits) forms.set(culprit, bare(culprit));
      said = await attempt(forms);
    }
    return said.versions && (await settled(forms, said.versions, attempt));
  };
  return async (stderr) => {
    const fromWheels = await find(stderr);
    if (fromWheels) return fromWheels;
    tries = Math.max(0, mostTries - 6);
    flags = [];
    return await find(stderr);
  };
}

/** Holds again what need not have been let go, then stays as close below a version that was asked for as it can. */
async function settled(forms: Map<Requirement, string>, found: Versions, attempt: (forms: ReadonlyMap<Requirement, string>) => Promise<{ readonly versions: Versions | undefined }>): Promise<readonly Change[]> {
  let versions = found;
  const loosened = [...forms.keys()].filter((line) => line.specifier !== '' && forms.get(line) === bare(line));
  for (const line of loosened.length > 1 ? loosened : []) {
    const fewer = new Map([...forms].filter(([other]) => other !== line));
    const result = await attempt(fewer);
    if (!result.versions) continue;
    versions = result.versions;
    forms.delete(line);
  }
  for (const line of loosened.filter((one) => forms.has(one) && isExactPin(one.specifier))) {
    const below = `${bare(line)}<=${line.specifier.replace(/^=+\s*/u, '').trim()}`;
    const result = await attempt(new Map([...forms, [line, below]]));
    if (!result.versions || compareDistances(distanceOf(line, result.versions), distanceOf(line, versions)) > 0) continue;
    versions = result.versions;
    forms.set(line, below);
  }
  return [...forms].map(([line, form]) => {
    const name = normalizedProjectName(/^[\w.-]+/u.exec(form)?.[0] ?? form);
    const version = versions.get(name);
    const isNamed = line.specifier === '' && replacementOf(line.normalizedName) !== undefined;
    const plain = /^[^<>=!~;]+/u.exec(form)?.[0].trim() ?? form;
    return { line, to: isNamed || version === undefined ? plain : `${plain}==${version}` };
  });
}

/** How far the version found is from the one asked for: where the numbers first differ, and by how much; earlier places count more. */
function distanceOf(line: Requirement, versions: Versions): readonly [place: number, difference: number] {
  const asked = numbersOf(/(?:[=~<>]=|[<>])\s*([\d.]+)/u.exec(line.specifier)?.[1] ?? '');
  const found = numbersOf(versions.get(line.normalizedName) ?? '');
  const place = asked.findIndex((number, i) => number !== (found[i] ?? 0));
  return place < 0 ? [asked.length, 0] : [place, Math.abs((asked[place] ?? 0) - (found[place] ?? 0))];
}

function compareDistances([placeA, differenceA]: readonly [number, number], [placeB, differenceB]: readonly [number, number]): number {
  return placeA === placeB ? differenceA - differenceB : placeB - placeA;
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map(Number).filter((number) => Number.isFinite(number));
}

/** The requirement without its versions. */
function bare(line: Requirement): string {
  return `${line.name}${line.extras.length > 0 ? `[${line.extras.join(',')}]` : ''}`;
}

function textWith(use: RequirementsUse, forms: ReadonlyMap<Requirement, string>): string {
  let { text } = use.source.requirements.source;
  for (const [line, form] of [...forms].toSorted(([a], [b]) => b.span.start - a.span.start)) {
    const marker = line.marker === undefined ? '' : ` ; ${line.marker}`;
    text = text.slice(0, line.span.start) + form + marker + text.slice(line.span.end);
  }
  return text;
}

function asWritten(use: RequirementsUse, line: Requirement): string {
  return use.source.requirements.source.text.slice(line.span.start, line.span.end).replace(/\s*\\?\s*--hash=[\s\S]*$/u, '').trim();
}

/** Normalised names of the file's own requirements that a text names, in its order. */
function namesIn(text: string, lines: readonly Requirement[]): readonly string[] {
  const own = new Set(lines.map((line) => line.normalizedName));
  const words = Array.from(text.split(/\nhint/u)[0]?.matchAll(/[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?/gu) ?? [], (match) => normalizedProjectName(match[0]));
  return [...new Set(words.filter((word) => own.has(word)))];
}
