import { pathToFileURL } from 'node:url';
import type { CheckResult, Finding } from '../rules/check.ts';
import type { Rule, Severity } from '../rules/rule.ts';

/** What a SARIF log needs besides the findings. */
export interface SarifOptions {
  /** Of shear. */
  readonly version: string;
  readonly rules: readonly Rule[];
  /** Absolute: paths in the log are relative to it. */
  readonly folder: string;
}

/** Findings as SARIF 2.1.0 (OASIS), the form that code hosts show beside the lines. */
export function sarifLog(result: CheckResult, { version, rules, folder }: SarifOptions): Readonly<Record<string, unknown>> {
  const used = rules.filter((rule) => result.findings.some((finding) => finding.rule === rule.id));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: {
        driver: {
          name: 'shear', version, semanticVersion: version,
          rules: used.map((rule) => ({ id: rule.id, shortDescription: { text: rule.title }, defaultConfiguration: { level: levelOf(rule.severity) } })),
        },
      },
      originalUriBaseIds: { PROJECT: { uri: `${pathToFileURL(folder).href}/` } },
      columnKind: 'utf16CodeUnits',
      results: result.findings.map((finding) => resultOf(finding, used)),
    }],
  };
}

function resultOf(finding: Finding, used: readonly Rule[]): Readonly<Record<string, unknown>> {
  return {
    ruleId: finding.rule,
    ruleIndex: used.findIndex((rule) => rule.id === finding.rule),
    level: levelOf(finding.severity),
    message: { text: finding.advice === undefined ? finding.message : `${finding.message}. Advice: ${finding.advice}` },
    locations: [locationOf(finding.place)],
    ...(finding.evidence.length === 0 ? {} : { relatedLocations: finding.evidence.map((one) => ({ ...locationOf(one.place), message: { text: one.text } })) }),
  };
}

function locationOf({ file, line, column }: Finding['place']): Readonly<Record<string, unknown>> {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: 'PROJECT' }, region: { startLine: line, startColumn: column } } };
}

function levelOf(severity: Severity): 'error' | 'warning' | 'note' {
  return severity === 'advice' ? 'note' : severity;
}
