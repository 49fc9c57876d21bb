import { join, sep } from 'node:path';
import { once } from '../base/once.ts';
import type { LambdaFunction, Model, ZipPackage } from '../model/function.ts';
import { pythonTokens } from '../model/python-tokens.ts';
import type { Project, PythonSource } from '../project/project.ts';
import { textOf } from '../project/template/nodes.ts';
import { plainOf } from '../model/resource-values.ts';
import { doubtsOfImage } from './image-doubts.ts';
import { actionsFor, needsOf } from './call-needs.ts';
import type { Doubt, ExtractedCall, Need, Usage } from './need.ts';
import { pythonUsage } from './python-calls.ts';
import { reachablePython, type Reachable } from './reachable-python.ts';
import { reachableScripts } from './reachable-scripts.ts';
import { scriptUsage } from './script-calls.ts';
import { scriptEntry } from './script-entry.ts';
import { platformNeeds } from './platform-needs.ts';

/**
 * What a function asks of AWS: its code, and what Lambda does with its role.
 * @param extracted what another program found in the code: it can only add to what is needed.
 */
export function usageOf(subject: LambdaFunction, project: Project, model: Model, extracted: readonly ExtractedCall[] = []): Usage {
  const platform = platformNeeds(subject, model);
  const code = codeUsage(subject, project, model);
  return { ...code, needs: [...platform.needs, ...code.needs, ...addedNeeds(code, extracted, subject)], doubts: [...platform.doubts, ...code.doubts, ...layerDoubts(subject)] };
}

function addedNeeds(code: Usage, extracted: readonly ExtractedCall[], subject: LambdaFunction): readonly Need[] {
  const at = { file: subject.template.source, span: subject.span };
  const known = new Set(code.needs.map(({ action }) => action));
  const calls = extracted.flatMap(({ name, services }) => services.filter((service) => code.services.includes(service)).map((service) => ({ service, call: name, actions: actionsFor(service, name, 'client') ?? [], on: undefined, at })));
  return needsOf(calls, true).filter(({ action }) => !known.has(action));
}

const unknown = (why: string): Usage => ({ needs: [], doubts: [{ services: ['*'], why, at: undefined }], services: [], files: [] });

function codeUsage(subject: LambdaFunction, project: Project, model: Model): Usage {
  const { package: own } = subject;
  if (!project.areFilesComplete) return unknown('the project holds more files than shear reads');
  switch (own.kind) {
    case 'prebuilt':
      return unknown('its code is not in the project');
    case 'unbuildable':
      return unknown('its code cannot be told');
    case 'inline':
      return inlineUsage(subject, own.text);
    case 'image': {
      const context = own.dockerfile.context;
      return withDoubts(pythonUsageBelow(project, [context], undefined), doubtsOfImage(own, project.pythonSources));
    }
    case 'zip':
      return zipUsage(subject, own, project, model);
  }
}

const usagesOf: (project: Project) => Map<string, Usage> = once(() => new Map());

/** Functions that share code and handler, with other settings each, share what is read of it. */
function pythonUsageBelow(project: Project, roots: readonly string[], entry: string | undefined): Usage {
  const known = usagesOf(project);
  const key = JSON.stringify([roots, entry]);
  const usage = known.get(key) ?? readUsage(reachablePython(project.pythonSources, roots, entry), project, roots);
  known.set(key, usage);
  return usage;
}

function withDoubts(usage: Usage, doubts: readonly Doubt[]): Usage {
  return { ...usage, doubts: [...usage.doubts, ...doubts] };
}

function inlineUsage(subject: LambdaFunction, text: string): Usage {
  const runtime = textOf(subject.property('Runtime')) ?? '';
  if (!runtime.startsWith('python')) return unknown('shear reads inline code in Python alone');
  const source = subject.template.source;
  // The text is a value of the template; its own offsets mean nothing there.
  const inline: PythonSource = { path: `${subject.template.path}${sep}inline.py`, source: { path: `${source.path} (${subject.logicalId})`, text } };
  return readUsage(reachablePython([inline], [subject.template.path], undefined), undefined, []);
}

function zipUsage(subject: LambdaFunction, own: ZipPackage, project: Project, model: Model): Usage {
  if (own.runtime.startsWith('nodejs')) return scriptsUsage(own, project);
  if (!own.runtime.startsWith('python')) return unknown('shear reads Python and JavaScript alone');
  if (own.buildMethod !== undefined) return unknown(`its build (${own.buildMethod}) may bring code that is not in the project`);
  const layers = subject.layers.flatMap((layer) => (layer.kind === 'own' ? model.layers.filter(({ fullPath }) => fullPath === layer.fullPath) : []));
  const roots = [own.codeFolder, ...layers.flatMap(({ contentFolder }) => (contentFolder === undefined ? [] : [join(contentFolder, 'python'), contentFolder]))];
  const entry = handlerFile(own);
  if (entry === undefined || !project.pythonSources.some(({ path }) => path === entry)) return unknown('its handler is not among its sources');
  return pythonUsageBelow(project, roots, entry);
}

function scriptsUsage(own: ZipPackage, project: Project): Usage {
  if (own.buildMethod !== undefined && own.buildMethod !== 'esbuild') return unknown(`its build (${own.buildMethod}) may bring code that is not in the project`);
  const reached = reachableScripts(project.scriptSources, own.codeFolder, scriptEntry(own));
  if (reached === undefined) return unknown('its handler is not among its sources');
  const texts = reached.files.flatMap(({ tokens }) => tokens.flatMap((token) => (token.kind === 'string' && token.value !== undefined ? [token.value] : [])));
  const usage = scriptUsage(reached);
  return { ...usage, doubts: [...usage.doubts, ...textDoubts(texts), ...faultDoubts(project)] };
}

function handlerFile({ codeFolder, handler }: ZipPackage): string | undefined {
  const module = handler?.slice(0, Math.max(0, handler.lastIndexOf('.')));
  return module === undefined || module === '' ? undefined : join(codeFolder, `${module.replaceAll('.', '/')}.py`);
}

function readUsage({ files, doubts }: Reachable, project: Project | undefined, roots: readonly string[]): Usage {
  if (files.length === 0) return unknown('none of its code is in the project');
  const codes = files.map(({ source }) => ({ source, tokens: pythonTokens(source) }));
  const texts = codes.flatMap(({ tokens }) => tokens.flatMap((token) => (token.kind === 'string' && token.value !== undefined ? [token.value] : [])));
  const also: Doubt[] = [...textDoubts(texts), ...(project ? faultDoubts(project) : [])];
  const doubt = (why: string): void => void also.push({ services: ['*'], why, at: undefined });
  const startsPrograms = codes.some(({ tokens }) => tokens.some((token) => token.kind === 'name' && /^(?:subprocess|system|popen|Popen|execv|spawnl)$/u.test(token.text)));
  const scripts = project?.files.filter(({ path }) => path.endsWith('.sh') && roots.some((root) => join(project.folder, path).startsWith(root + sep))) ?? [];
  if (startsPrograms && scripts.length > 0) doubt(`it starts programs, and ${scripts[0]?.path ?? 'a script'} may call AWS`);
  const usage = pythonUsage(codes);
  return { ...usage, doubts: [...doubts, ...usage.doubts, ...also] };
}

/** What strings in the code tell of ways to AWS besides an SDK. */
function textDoubts(texts: readonly string[]): readonly Doubt[] {
  const doubts: Doubt[] = [];
  const doubt = (why: string): void => void doubts.push({ services: ['*'], why, at: undefined });
  if (texts.some((text) => /(?:^|[\s/;&|])aws(?:cli)?(?:$|\s)/u.test(text))) doubt('its code names the AWS CLI');
  if (texts.some((text) => /AWS4-HMAC-SHA256|^AWS_SESSION_TOKEN$|^AWS_SECRET_ACCESS_KEY$|^AWS_CONTAINER_CREDENTIALS/u.test(text))) doubt('its code handles credentials itself');
  return doubts;
}

function faultDoubts({ faults }: Project): readonly Doubt[] {
  return faults.some(({ code }) => code.startsWith('project/')) ? [{ services: ['*'], why: 'a file of the project could not be read', at: undefined }] : [];
}

/** Layers from elsewhere may bring code and extensions; those known to bring Powertools alone are seen by their imports. */
function layerDoubts(subject: LambdaFunction): readonly Doubt[] {
  const items = subject.property('Layers');
  const texts = items?.kind === 'list' ? items.items.map((item) => JSON.stringify(plainOf(item))) : [];
  return subject.layers.flatMap((layer, i): readonly Doubt[] => {
    const isPowertools = (texts[i] ?? '').includes('AWSLambdaPowertools');
    if (layer.kind === 'own' || isPowertools) return [];
    return [{ services: ['*'], why: 'it uses a layer from elsewhere, which may call AWS', at: undefined }];
  });
}
