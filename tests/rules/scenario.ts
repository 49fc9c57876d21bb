import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { planFix, type FixPlan } from '../../src/fix/plan.ts';
import type { Finding } from '../../src/rules/check.ts';
import type { Knowledge } from '../../src/rules/knowledge.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { Always } from '../support/always.ts';
import { testHost } from '../support/host.ts';
import type { PageFile, Scenario } from './page.ts';

/** What a scenario without a template has: one image function where it has a Dockerfile, else one zip function. */
const templates = {
  image: `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata:
      Dockerfile: Dockerfile
      DockerContext: .
    Properties:
      PackageType: Image
      MemorySize: 512
      Timeout: 60
`,
  zip: `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: .
      MemorySize: 512
      Timeout: 60
`,
};

/** The digest that every base image has where a scenario does not tell. */
export const anyDigest: string = `sha256:${'a1'.repeat(32)}`;

/**
 * What is known from outside in a scenario. JSON keys, all optional: `bases` (reference → {digest, versionTag}; every base has
 * `anyDigest` otherwise; {} for none), `compiled` (the compiled requirements' text, the same for every manifest), `packages` (name → facts),
 * `missing` (what → why), `unresolvable` (the same for every manifest), `unused` (names that deptry takes for
 * unused), and those of later facts as they are in `Knowledge`.
 */
export function knowledgeOf(json: string | undefined): Knowledge {
  const given = json === undefined ? {} : (JSON.parse(json) as Record<string, unknown> & { bases?: object; compiled?: string; packages?: Record<string, object>; missing?: object; unresolvable?: object; unused?: readonly string[]; sourceOnly?: readonly string[] });
  const { bases, compiled, packages, missing, unresolvable, unused, sourceOnly, ...rest } = given;
  const facts = Object.entries(packages ?? {}).map(([name, one]) => [name, { modules: [], isPlugin: false, requires: [], extras: [], ...one }] as const);
  const known = {
    ...rest,
    bases: bases === undefined ? new Always({ digest: anyDigest, versionTag: undefined }) : new Map(Object.entries(bases)),
    compiled: compiled === undefined ? new Map() : new Always({ text: compiled, versions: versionsIn(compiled), isWheelsOnly: sourceOnly === undefined, sourceOnly }),
    unresolvable: unresolvable === undefined ? new Map() : new Always(unresolvable),
    unused: unused === undefined ? new Map() : new Always(new Set(unused)),
    packages: new Map(facts),
    missing: new Map(Object.entries(missing ?? {})),
  };
  return known as unknown as Knowledge;
}

function versionsIn(text: string): ReadonlyMap<string, string> {
  return new Map(Array.from(text.matchAll(/^([\w.-]+)==([^\s\\;]+)/gmu), (match) => [match[1] ?? '', match[2] ?? '']));
}

/** Writes a scenario's files, with a template where it has none, into a folder that goes when the test ends. */
export function laidOut(files: readonly PageFile[]): string {
  const parent = mkdtempSync(join(tmpdir(), 'shear-rule-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  // A name that rules may derive others from.
  const folder = join(parent, 'shop');
  const hasTemplate = files.some(({ path }) => /(?:^|\/)template\.(?:ya?ml|json)$/u.test(path));
  const hasDockerfile = files.some(({ path }) => path === 'Dockerfile');
  const all = hasTemplate ? files : [...files, { path: 'template.yaml', text: hasDockerfile ? templates.image : templates.zip, size: undefined }];
  for (const { path, text, size } of all) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    if (size !== undefined) truncateSync(join(folder, path), size);
  }
  return folder;
}

/** Fixes with one rule alone, with all that it may do. */
export async function planOf(rule: Rule, folder: string, scenario: Pick<Scenario, 'knowledge'>): Promise<FixPlan> {
  const knowledge = knowledgeOf(scenario.knowledge);
  const host = testHost({ cwd: folder, cacheFolder: join(folder, '.cache'), env: { HOME: folder } });
  return await planFix(host, folder, { rules: [rule], only: [rule.id], unsafe: true, gather: async () => knowledge });
}

/** Findings as a page shows them. */
export function printed(findings: readonly Finding[]): string {
  return findings.map((finding) => `${[headline(finding), ...remarks(finding)].join('\n  ')}\n`).join('');
}

function headline({ place, severity, message }: Finding): string {
  return `${place.file}:${place.line}:${place.column} ${severity}: ${message}`;
}

function remarks({ fix, advice, waitsFor }: Finding): readonly string[] {
  if (waitsFor !== undefined) return [`waits for ${waitsFor}`];
  if (fix && fix.safety !== 'manual') return [`fix (${fix.safety}): ${fix.title}`];
  return advice === undefined ? [] : [`advice: ${advice}`];
}
