import { pathToFileURL } from 'node:url';
import { digestOf, hexOf } from '../base/digest.ts';
import type { CheckResult, Finding } from '../rules/check.ts';
import type { Rule, Severity } from '../rules/rule.ts';

/** What a SARIF log needs besides the findings. */
export interface SarifOptions {
  /** Of shear. */
  readonly version: string;
  readonly rules: readonly Rule[];
  /** The rules' pages, Markdown, by id. */
  readonly pages: Readonly<Record<string, string>>;
  /** Absolute: paths in the log are relative to it. */
  readonly folder: string;
}

/** Findings as SARIF 2.1.0 (OASIS), the form that code hosts show beside the lines. */
export function sarifLog(result: CheckResult, { version, rules, pages, folder }: SarifOptions): Readonly<Record<string, unknown>> {
  const used = rules.filter((rule) => result.findings.some((finding) => finding.rule === rule.id));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: {
        driver: {
          name: 'shear', version, semanticVersion: version,
          rules: used.map((rule) => ruleOf(rule, pages[rule.id] ?? '')),
        },
      },
      originalUriBaseIds: { PROJECT: { uri: `${pathToFileURL(folder).href}/` } },
      columnKind: 'utf16CodeUnits',
      results: result.findings.map((finding) => resultOf(finding, used)),
    }],
  };
}

function ruleOf(rule: Rule, page: string): Readonly<Record<string, unknown>> {
  const name = rule.id.slice(rule.id.indexOf('/') + 1).replace(/(?:^|-)([a-z])/gu, (_, letter: string) => letter.toUpperCase());
  const first = page.split(/\n\s*\n/u)[1]?.replace(/\s+/gu, ' ').trim() ?? rule.title;
  return {
    id: rule.id, name,
    shortDescription: { text: rule.title },
    fullDescription: { text: first },
    help: { text: `shear explain ${rule.id}`, markdown: page },
    defaultConfiguration: { level: levelOf(rule.severity) },
    properties: { tags: [rule.id.slice(0, rule.id.indexOf('/'))], safety: rule.safety, status: rule.status },
  };
}

function resultOf(finding: Finding, used: readonly Rule[]): Readonly<Record<string, unknown>> {
  return {
    ruleId: finding.rule,
    ruleIndex: used.findIndex((rule) => rule.id === finding.rule),
    level: levelOf(finding.severity),
    message: { text: finding.advice === undefined ? finding.message : `${finding.message}. Advice: ${finding.advice}` },
    locations: [locationOf(finding.place)],
    partialFingerprints: { 'ruleAndMessage/v1': fingerprint(finding) },
    ...(finding.evidence.length === 0 ? {} : { relatedLocations: finding.evidence.map((one) => ({ ...locationOf(one.place), message: { text: one.text } })) }),
  };
}

/** Stays the same when lines above move, so that a code host knows the finding again. */
function fingerprint({ rule, place, message }: Finding): string {
  return hexOf(digestOf(JSON.stringify([rule, place.file, message])));
}

function locationOf({ file, line, column }: Finding['place']): Readonly<Record<string, unknown>> {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: 'PROJECT' }, region: { startLine: line, startColumn: column } } };
}

function levelOf(severity: Severity): 'error' | 'warning' | 'note' {
  return severity === 'advice' ? 'note' : severity;
}
