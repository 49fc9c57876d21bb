import { join } from 'node:path';
import { gatherKnowledge } from '../../knowledge/gather.ts';
import { resolveModel } from '../../model/resolve.ts';
import { openProject } from '../../project/open.ts';
import { auditJson } from '../../report/json.ts';
import { coloured } from '../../report/paint.ts';
import { sarifLog } from '../../report/sarif.ts';
import { printFindings } from '../../report/text.ts';
import { chooseRules } from '../../rules/choose-rules.ts';
import { check } from '../../rules/check.ts';
import { rules } from '../../rules/index.ts';
import { openStore } from '../../store/store.ts';
import { shearVersion } from '../../session/unchanged-build.ts';
import { printPlace } from '../../base/source.ts';
import type { Command } from '../command.ts';

/** `shear audit`: asks nobody outside; with `--lint` and `--iam` it may install cfn-lint and iam-policy-autopilot. */
export const command: Command = {
  run: async (call) => {
    const { host, output, profile, parameterOverrides } = call;
    const given = { profile, parameterOverrides };
    const project = await openProject(host, { folder: call.project, template: call.value('template'), allowsMissingTemplates: true, ...given });
    const model = resolveModel(project, given);
    const store = openStore(join(host.cacheFolder, 'store'), host.now);
    const knowledge = await gatherKnowledge(host, project, model, { store, isOffline: true, isLinting: call.flag('lint'), isExtracting: call.flag('iam') });
    const unlinted = call.flag('lint') ? knowledge.missing.get('cfn-lint') : undefined;
    if (unlinted !== undefined) output.note(`cfn-lint did not run: ${unlinted}`);
    const unextracted = call.flag('iam') ? knowledge.missing.get('iam-policy-autopilot') : undefined;
    if (unextracted !== undefined) output.note(`iam-policy-autopilot did not run: ${unextracted}`);
    const chosen = chooseRules(rules, call.values('rule'));
    const result = check(chosen, { project, model, knowledge: { ...knowledge, missing: new Map() } });
    // What a finding says at the same place need not be said twice.
    const told = new Set(result.findings.map((finding) => printPlace(finding.place)));
    const untold = model.remarks.filter((remark) => !told.has(printPlace(remark.place)));
    if (!call.isQuiet && !call.isJson) for (const one of project.faults.filter(({ place }) => !place || !told.has(printPlace(place)))) output.note(`${one.place ? `${printPlace(one.place)}: ` : ''}${one.what}`);
    if (!call.isQuiet && !call.isJson) for (const remark of untold) output.note(`${printPlace(remark.place)}: ${remark.text}`);
    if (call.isJson) output.print(JSON.stringify(auditJson(result)));
    else if (call.flag('sarif')) output.print(JSON.stringify(sarifLog(result, { version: shearVersion, rules: chosen, pages: (await import('../../rules/pages.ts')).pages, folder: call.project })));
    else output.print(printFindings(result, { ...(output.isColoured ? { paint: coloured } : {}), verbose: call.isVerbose, isWhole: call.values('rule').length > 0 }).trimEnd());
    const [defect] = result.defects;
    if (defect) throw new Error(`the rule ${defect.rule} failed`, { cause: defect.error });
    return result.findings.length === 0 ? 0 : 1;
  },
};
