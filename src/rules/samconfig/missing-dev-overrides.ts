import { hasCodeToBuild } from '../../model/code-to-build.ts';
import type { Edit } from '../../edits/edit.ts';
import type { Project, TemplateFile } from '../../project/project.ts';
import { get } from '../../syntax/yaml.ts';
import { overridesIn } from '../../model/samconfig.ts';
import { stageValues, type StageValue } from '../../model/stage-parameters.ts';
import { nameList } from '../name-list.ts';
import { developmentProfiles, hasSection, optionOf, passedValues, profilePlace, profilesOf, samCommand } from '../sam-profiles.ts';
import { setOptions, type Setting } from '../samconfig-edit.ts';
import { stageParameterEdits } from '../stage-parameter-edit.ts';
import { defineRule, evidence, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Development that deploys what production deploys: parameters that nobody passes, or none to pass. */
export const missingDevOverrides: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/missing-dev-overrides',
  subject: 'samconfig',
  title: 'Nothing that sets development apart',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  // The next deployment of the development stack changes its functions.
  safety: 'unsafe',
  after: ['samconfig/single-profile', 'samconfig/unwatched-sync'],
  *check(_, context) {
    const { model, project } = context;
    const [template] = project.templates;
    if (!model.functions.some(hasCodeToBuild)) return;
    const [developers] = developmentProfiles(project);
    const [profile = 'default'] = developers === undefined ? profilesOf(project) : [developers];
    const values = stageValues(template, 'dev');
    if (developers === undefined && (values.length > 0 || optionOf(project, profile, 'build', 'hook_name'))) return;
    if (values.length > 0) yield* unpassed(profile, values, context);
    else yield* unparametrised(profile, context);
  },
});

/** The template has parameters for it; the developers' profile passes none. */
function* unpassed(profile: string, values: readonly StageValue[], context: RuleContext): Iterable<Draft> {
  const { project } = context;
  const [template] = project.templates;
  const commands = ['deploy', ...(hasSection(project, profile, 'sync') ? ['sync'] : [])];
  const given = commands.map((command) => optionOf(project, profile, command, 'parameter_overrides'));
  const passed = given.flatMap((option) => (option ? [overridesIn(option.value)] : []));
  if (passed.includes(undefined)) return;
  const lacking = values.filter(({ name, isOverride }) => isOverride && !passed.some((one) => one?.has(name) === true));
  const [first] = lacking;
  if (!first) {
    yield* productionAlone(profile, passed, context);
    return;
  }
  // The profiles that are added get them.
  const isShared = profile === 'default' && profilesOf(project).length === 1;
  const title = `pass ${nameList(lacking.map(({ name, value }) => `${name}=${value}`))} in ${profile}`;
  const edit = isShared ? undefined : overridesEdit(profile, commands, lacking, context);
  yield {
    message: `\`${samCommand('deploy', profile)}\` passes nothing for ${nameList(lacking.map(({ name }) => name))}: development runs with the defaults`,
    at: profilePlace(profile, 'deploy', context),
    evidence: [evidence(template.source, first.key.span, 'the parameter')],
    ...(isShared
      ? { waitsFor: 'samconfig/single-profile' }
      : edit ? { fix: { title, safety: 'unsafe', edits: [edit] } } : { advice: title }),
  };
}

/** The developers' profile, for want of another one, passes what is production's. */
function* productionAlone(profile: string, passed: readonly (ReadonlyMap<string, string> | undefined)[], { project }: RuleContext): Iterable<Draft> {
  const [template] = project.templates;
  if (profile !== 'default') return;
  const found = stageValues(template, 'dev').filter(({ isOverride }) => isOverride).find(({ name }) => {
    const prod = stageValues(template, 'prod').find((one) => one.name === name)?.value;
    return prod !== undefined && passed.some((one) => one?.get(name) === prod) && passedValues(project, name).every((value) => value === prod);
  });
  const prod = found && stageValues(template, 'prod').find(({ name }) => name === found.name)?.value;
  if (!found || prod === undefined) return;
  yield {
    message: `\`${samCommand('deploy', profile)}\` passes ${found.name}=${prod}, and no profile passes ${found.value}: there is nothing that sets development apart`,
    at: profilePlace(profile, 'deploy', { project }),
    evidence: [evidence(template.source, found.key.span, 'the parameter')],
    advice: `pass ${found.name}=${found.value} in a profile for development, with a stack of its own`,
  };
}

/** Adds to what a profile passes; undefined for a value over several lines, whose comments would go. */
function overridesEdit(profile: string, commands: readonly string[], values: readonly Pick<StageValue, 'name' | 'value'>[], { project }: RuleContext): Edit | undefined {
  const text = project.samconfig?.source.text ?? '';
  const settings: Setting[] = [];
  for (const command of commands) {
    const option = optionOf(project, profile, command, 'parameter_overrides');
    if (option && text.slice(option.span.start, option.span.end).includes('\n')) return undefined;
    // What sync does not pass would fall back behind what deploy passed.
    const base = option ?? optionOf(project, profile, 'deploy', 'parameter_overrides');
    const before = base ? overridesIn(base.value) : undefined;
    settings.push({ profile, command, key: 'parameter_overrides', value: new Map([...(before ?? []), ...values.map(({ name, value }) => [name, value] as const)]) });
  }
  return setOptions(project.samconfig, settings);
}

/** The template has nothing to pass. */
function* unparametrised(profile: string, context: RuleContext): Iterable<Draft> {
  const { project, model } = context;
  const [template] = project.templates;
  const own = model.functions.filter((one) => one.template === template);
  const passed = ['deploy', ...(hasSection(project, profile, 'sync') ? ['sync'] : [])];
  const [first] = own;
  if (!first || hasStageLike(template) || isPassedItsOwn(profile, passed, project)) return;
  const isAlone = profilesOf(project).length === 1;
  const edits = isAlone ? undefined : stageParameterEdits(template, own);
  const overrides = edits && overridesEdit(profile, passed, [{ name: 'Stage', value: 'dev' }], context);
  yield {
    message: `the template has no parameter for the stage or the log level: ${isAlone ? 'development and production would run' : `${profile} and production run`} with the same values`,
    at: { file: template.source, span: first.span },
    ...(edits && overrides
      ? { fix: { title: `add the parameter Stage, hand STAGE and LOG_LEVEL to every function (DEBUG unless Stage is prod), and pass Stage=dev in ${profile}`, safety: 'unsafe', edits: [...edits, overrides] } }
      : { advice: "add a parameter such as Stage with a condition for production, use it for LOG_LEVEL and sizes, and pass Stage=dev by parameter_overrides in the developers' profile" }),
  };
}

/** Whether a profile passes what no other does: what is passed in all of them sets nothing apart. */
function isPassedItsOwn(profile: string, commands: readonly string[], project: Project): boolean {
  const others = profilesOf(project).filter((other) => other !== profile);
  return commands.some((command) => {
    const own = textOfOverrides(project, profile, command);
    return own !== undefined && others.some((other) => textOfOverrides(project, other, 'deploy') !== own);
  });
}

/** undefined where nothing is passed. */
function textOfOverrides(project: Project, profile: string, command: string): string | undefined {
  const option = optionOf(project, profile, command, 'parameter_overrides');
  return option && project.samconfig?.source.text.slice(option.span.start, option.span.end);
}

/** Whether some parameter of the template may stand for a stage under a name of its own. */
function hasStageLike({ document }: TemplateFile): boolean {
  const parameters = get(document.root, 'Parameters');
  return parameters?.kind === 'map' && parameters.entries.some(({ key }) => /env|stage|tier|debug|level|prod|verbos/iu.test(String(key.value)));
}
