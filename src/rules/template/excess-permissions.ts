import { placeAt, printPlace } from '../../base/source.ts';
import type { Fix } from '../../edits/edit.ts';
import { serviceOf } from '../../iam/action-table.ts';
import { usageOf } from '../../iam/function-usage.ts';
import type { ResourceArn } from '../../iam/bind.ts';
import { isFullAccess, managedGrant, readsAllOf } from '../../iam/managed-policies.ts';
import { actionCount, canNameResource, narrow, type Granted, type Narrowed } from '../../iam/narrow.ts';
import type { Usage } from '../../iam/need.ts';
import { idlePoliciesIn, wideTemplatesIn } from '../../iam/wide-templates.ts';
import { grantsIn, openTemplatesIn, type Grant, type Holder, type ManagedPolicy, type Statement } from '../../iam/statements.ts';
import type { LambdaFunction } from '../../model/function.ts';
import type { TemplateFile } from '../../project/project.ts';
import type { EvaluatedTemplate } from '../../project/template/evaluate.ts';
import type { YamlNode } from '../../syntax/yaml.ts';
import { removeGrant, replaceGrant } from '../policy-edit.ts';
import { defineRule, evidence, type Draft, type Evidence, type RuleContext, type RuleDefinition, type Severity } from '../rule.ts';

/** Wildcards in what functions may do, and permissions that their code never uses. */
export const excessPermissions: RuleDefinition<'template'> = defineRule({
  id: 'template/excess-permissions',
  subject: 'template',
  title: 'Permissions that functions do not need',
  severity: 'warning',
  since: '0.2.0',
  status: 'preview',
  safety: 'unsafe',
  *check(template, context) {
    const evaluated = context.model.templates.find((one) => one.template === template);
    const grants = evaluated ? grantsIn(evaluated, context.model) : [];
    const usages = usagesOf(grants, context);
    const seen = grants.map((grant) => ({ grant, narrowed: narrowedOf(grant, usages) }));
    const going = new Set<YamlNode>(seen.flatMap(({ grant, narrowed }) => (isNeedless(narrowed) ? [grant.node] : [])));
    for (const { grant, narrowed } of seen) {
      const draft = grant.kind === 'managed' ? managedDraft(grant, narrowed) : statementDraft(grant, narrowed);
      if (draft) yield { ...draft, at: { file: template.source, span: grant.node.span }, ...(draft.advice === undefined ? outcome(template, grant, narrowed, going) : {}) };
    }
    yield* readingDrafts(template, grants);
    if (evaluated) yield* templateDrafts(template, evaluated, context);
    for (const { subject, name, parameter, node } of evaluated ? openTemplatesIn(evaluated, context.model) : []) {
      yield {
        message: `${name} with \`${parameter}: '*'\` lets ${subject.logicalId} use every ${nounOf(parameter)} of the account`,
        severity: 'advice', at: { file: template.source, span: node.span },
        advice: `give ${parameter} the one that the code uses: \`!Ref\` of a resource or of a parameter`,
      };
    }
  },
});

/** Policy templates for reading and writing where one of both is enough, and policies without effect. */
function* templateDrafts(template: TemplateFile, evaluated: EvaluatedTemplate, { project, model, knowledge }: RuleContext): Iterable<Draft> {
  const { source } = template;
  const usage = (subject: LambdaFunction): Usage => usageOf(subject, project, model, knowledge.sdkCalls?.[subject.fullPath]);
  for (const { subject, name, key, enough, needs } of wideTemplatesIn(evaluated, model, usage)) {
    const calls = shortList([...new Set(needs.map(({ call }) => call))]);
    yield {
      message: `${name} lets ${subject.logicalId} read, write and delete; its code ${enough.length === 0 ? 'needs nothing of it' : enough.length === 1 ? `calls ${calls} alone` : `calls ${calls}, and never deletes`}`,
      severity: 'advice', at: { file: source, span: key.span },
      evidence: needs.map(({ at, action, call }) => evidence(at.file, at.span, `${call} needs ${action}`)),
      ...replacement(source, key, enough),
    };
  }
  for (const { subject, node } of idlePoliciesIn(evaluated, model)) {
    yield {
      message: `Policies of ${subject.logicalId} have no effect: it has a Role, and SAM attaches policies only to a role that it makes`,
      severity: 'advice', at: { file: source, span: node.span },
      advice: 'give the role what is needed of them, and take them out; or take out Role, and name only what the code calls',
    };
  }
}

function replacement(source: TemplateFile['source'], key: YamlNode, enough: readonly string[]): Pick<Draft, 'fix' | 'advice'> {
  const [one, ...more] = enough;
  if (one === undefined) return { advice: 'take it out' };
  if (more.length > 0) return { advice: `use ${enough.join(' and ')} in its place` };
  return { fix: { title: `use ${one} in its place`, safety: 'unsafe', edits: [{ kind: 'splice', path: source.path, source, ...key.span, text: one }] } };
}

/** `BucketName` → bucket */
function nounOf(parameter: string): string {
  return parameter.replace(/(?:Name|Arn|Id)$/u, '').replace(/(?!^)(?=[A-Z][a-z])/gu, ' ').toLowerCase();
}

type Told = Pick<Draft, 'message' | 'severity' | 'advice' | 'evidence'>;

function usagesOf(grants: readonly Grant[], { project, model, knowledge }: RuleContext): ReadonlyMap<LambdaFunction, Usage> {
  const functions = new Set(grants.flatMap(({ holder }) => holder.functions));
  return new Map([...functions].map((subject) => [subject, usageOf(subject, project, model, knowledge.sdkCalls?.[subject.fullPath])]));
}

function narrowedOf(grant: Grant, usages: ReadonlyMap<LambdaFunction, Usage>): Narrowed | undefined {
  if (grant.kind === 'statement') return narrow(grantedBy(grant), usages);
  const granted = managedGrant(grant.name);
  if (!granted) return undefined;
  const narrowed = narrow({ holder: grant.holder, actions: granted.actions, isEveryResource: true }, usages);
  const also = new Set(granted.also);
  for (const subject of grant.holder.functions) {
    const usage = usages.get(subject);
    const doubt = usage?.doubts.find(({ services }) => services.some((service) => also.has(service)));
    if (doubt) return { kind: 'unproved', doubt };
    const need = usage?.needs.find(({ action, call }) => also.has(serviceOf(action)) && (call !== 'SAM' || grant.holder.role !== undefined));
    if (need) return { kind: 'unproved', doubt: { services: [], why: `${need.call} needs ${need.action}, of which ${grant.name} grants a part`, at: need.at } };
  }
  return narrowed;
}

function grantedBy({ holder, actions, isEveryResource }: Statement): Granted {
  return { holder, actions, isEveryResource };
}

function isNeedless(narrowed: Narrowed | undefined): boolean {
  return narrowed?.kind === 'proved' && narrowed.groups.length === 0;
}

function managedDraft({ name, holder }: ManagedPolicy, narrowed: Narrowed | undefined): Told | undefined {
  if (!isFullAccess(name)) return undefined;
  const granted = managedGrant(name);
  const what = name === 'AdministratorAccess' ? 'do everything in the account' : granted ? `use ${shortList(granted.actions.map(countedText))} on every resource of the account` : 'use a whole service';
  const message = `${name} lets ${ownerOf(holder)} ${what}`;
  const severity: Severity = name === 'AdministratorAccess' ? 'error' : 'warning';
  if (!narrowed) return { message, severity, advice: 'allow the actions that its code calls instead, on the resources that it uses' };
  if (narrowed.kind === 'unproved') return { message, severity, advice: unproved(narrowed) };
  return { message: `${message}; ${neededText(narrowed)}`, severity, evidence: evidenceOf(narrowed) };
}

/** One finding for each policy that reads all of a service, whoever has it. */
function* readingDrafts(template: TemplateFile, grants: readonly Grant[]): Iterable<Draft> {
  const managed = grants.filter((one): one is ManagedPolicy => one.kind === 'managed' && !isFullAccess(one.name) && readsAllOf(one.name) !== undefined);
  for (const name of new Set(managed.map((one) => one.name))) {
    const [first, ...rest] = managed.filter((one) => one.name === name);
    const service = readsAllOf(name);
    if (!first) continue;
    yield {
      message: `${name} lets ${shortList([first, ...rest].map(({ holder }) => ownerOf(holder)))} read everything of ${service === '' ? 'every service' : (service ?? '')} in the account`,
      severity: 'advice', at: { file: template.source, span: first.node.span },
      evidence: rest.map(({ node, holder }) => evidence(template.source, node.span, ownerOf(holder))),
      advice: 'allow what the code reads instead, on the resources that it reads',
    };
  }
}

function statementDraft(statement: Statement, narrowed: Narrowed | undefined): Told | undefined {
  const { actions, hasCondition, isEveryResource, holder } = statement;
  const services = actions.filter((pattern) => pattern === '*' || pattern.endsWith(':*'));
  const isOpen = isEveryResource && !hasCondition && canNameResource(actions);
  const wide = wideText(services, isOpen, actions, holder);
  const severity: Severity = services.includes('*') && isOpen ? 'error' : services.length > 0 ? 'warning' : 'advice';
  if (!narrowed || narrowed.kind === 'unproved') {
    if (wide === undefined && narrowed) return everyDraft(statement);
    return wide === undefined || !narrowed ? undefined : { message: wide, severity, advice: unproved(narrowed) };
  }
  const tells = { severity, evidence: evidenceOf(narrowed) };
  if (!narrowed.isNarrower) {
    if (wide === undefined) return everyDraft(statement);
    return { ...tells, message: wide, advice: narrowed.unbound.length > 0 ? `the resource stays, because ${narrowed.unbound.slice(0, 2).join('; ')}` : 'name the resources that its code acts on' };
  }
  if (wide !== undefined) return { ...tells, message: `${wide}; ${neededText(narrowed)}` };
  if (narrowed.unneeded.length === 0) return { ...tells, message: `${ownerOf(holder)} is allowed ${shortList(actions.filter((one) => one.includes('*')))}; ${neededText(narrowed)}` };
  return { ...tells, message: `${ownerOf(holder)} is allowed ${shortList(narrowed.unneeded)}, which its code never calls` };
}

/** A statement on all of a kind by a pattern: as wide as `*` for most services. */
function everyDraft({ actions, everyOf, hasCondition, holder }: Statement): Told | undefined {
  if (everyOf === undefined || hasCondition || !canNameResource(actions) || actions.every((one) => /^(?:logs|xray|ec2|cloudwatch):/iu.test(one))) return undefined;
  return { message: `${ownerOf(holder)} may use ${shortList(actions)} on every ${everyOf.replaceAll('-', ' ')} of the account`, severity: 'advice', advice: 'name the ones that its code acts on, by `!Ref` and `!GetAtt` where the template makes them' };
}

/** What is wide about a statement whatever the code does; undefined for one that is not. */
function wideText(services: readonly string[], isOpen: boolean, actions: readonly string[], holder: Holder): string | undefined {
  if (services.length === 0 && !isOpen) return undefined;
  const where = isOpen ? ' on every resource of the account' : '';
  if (services.includes('*')) return `${ownerOf(holder)} may do everything${where}`;
  if (services.length === 0) return `${ownerOf(holder)} may use ${shortList(actions)}${where}`;
  return `${ownerOf(holder)} may use ${shortList(services.map(countedText))}${where}`;
}

function countedText(pattern: string): string {
  const count = actionCount(pattern);
  return count === undefined ? `every action of ${serviceOf(pattern)}` : `all ${count} actions of ${serviceOf(pattern)}`;
}

function ownerOf({ functions, role }: Holder): string {
  const names = shortList(functions.map(({ logicalId }) => logicalId));
  return role === undefined ? names : `${names} (${role})`;
}

function shortList(items: readonly string[]): string {
  const shown = items.slice(0, 4).join(', ');
  return items.length > 4 ? `${shown} and ${items.length - 4} more` : shown;
}

function neededText({ groups }: Extract<Narrowed, { readonly kind: 'proved' }>): string {
  if (groups.length === 0) return 'its code needs nothing of it';
  const parts = groups.map(({ actions, arns }) => {
    const names = [...new Set((arns ?? []).map(resourceName))];
    return names.length === 0 ? shortList(actions) : `${shortList(actions)} on ${shortList(names)}`;
  });
  return `its code needs ${parts.join(', and ')}`;
}

/** As the user named it: the logical ID, else the name in the ARN. */
function resourceName(arn: ResourceArn): string {
  if (arn.kind === 'attribute' || arn.kind === 'ref') return arn.logicalId;
  return /^\$\{(\w+)\.Arn\}/u.exec(arn.text)?.[1] ?? arn.text.replace(/^.*:/u, '').replace(/\/\*$/u, '');
}

function unproved({ doubt }: Extract<Narrowed, { readonly kind: 'unproved' }>): string {
  const at = doubt.at && !doubt.at.file.path.includes(' ') ? ` (${printPlace(placeAt(doubt.at.file, doubt.at.span.start))})` : '';
  return `it stays, because what is needed of it cannot be proved: ${doubt.why}${at}`;
}

function evidenceOf(narrowed: Extract<Narrowed, { readonly kind: 'proved' }>): readonly Evidence[] {
  return narrowed.needs.filter(({ call }) => call !== 'Lambda' && call !== 'SAM').map(({ at, action, call }) => evidence(at.file, at.span, `${call} needs ${action}`));
}

/** The edit, or why there is none. */
function outcome(template: TemplateFile, grant: Grant, narrowed: Narrowed | undefined, going: ReadonlySet<YamlNode>): Pick<Draft, 'fix' | 'advice'> {
  if (narrowed?.kind !== 'proved') return {};
  const { groups, unbound } = narrowed;
  const edits = groups.length === 0 ? removeGrant(template.document, grant, going) : replaceGrant(template.document, grant, groups);
  if (!edits || edits.length === 0) return { advice: groups.length === 0 ? 'take it out' : `allow ${shortList(groups.flatMap(({ actions }) => actions))} instead` };
  const title = groups.length === 0 ? 'take out what is never used' : unbound.length === 0 ? 'allow what the code calls alone' : `allow what the code calls alone; some keeps every resource, because ${unbound[0] ?? ''}`;
  const fix: Fix = { title, safety: 'unsafe', edits };
  return { fix };
}
