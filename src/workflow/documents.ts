import { relative, sep } from 'node:path';
import type { SourceFile } from '../base/source.ts';
import type { Project } from '../project/project.ts';
import { operations, operationsIn, type Operation } from './operations.ts';

/** A document, with the operations that it tells how to do. */
export interface Document {
  readonly file: SourceFile;
  readonly operations: ReadonlySet<Operation>;
}

const pattern = /(?:^|\/)(?:readme|development|developing|contributing|hacking|quick-?start|getting-?started|install)(?:[\w.-]*\.(?:md|rst|txt|adoc|markdown))?$|(?:^|\/)docs?\/[^/]+\.(?:md|rst|txt|adoc)$/iu;

/** Headings of sections that tell in prose how something is done, in a console for instance. */
const headings: Readonly<Record<Operation, RegExp>> = {
  build: /build|compil|develop/iu, test: /test/iu, run: /\brun|usage|\buse\b|using|try|local|quick|getting started|invok|demo/iu, deploy: /deploy|install|set ?-?up|launch|creat(?:e|ing) .*stack/iu, logs: /\blogs?\b|logging|monitor/iu,
};

/** How a web page is started, where no package.json of the functions has such a script. */
const pageCommands = /\b(?:npm|yarn|pnpm) (?:run )?(?:start|dev)\b|\blocalhost:(?:5173|4200)\b/gu;

/** Sections on what calls the functions. */
const ofPages = /front-?end|\bweb ?(?:app|page|site|client)\b|\bextension\b|\bmobile\b/iu;

/** Where programs for telephones are built, which call the functions. */
const elsewhere = /\b(?:xcode|android studio)\b/iu;

/** Documents of the project and of the folders above it; those of parts that are no project of their own (a web page's) are left out. */
export function documentsOf(project: Project): readonly Document[] {
  const hasOwnScripts = project.developerFiles.some(({ path, text }) => /(?:^|\/)package\.json$/u.test(path) && !path.startsWith('../') && /"(?:start|dev)"\s*:/u.test(text));
  const folders = new Set(project.templates.map(({ folder }) => relative(project.folder, folder).split(sep).join('/')));
  return project.developerFiles.filter(({ path }) => pattern.test(path) && isCentral(path, folders)).map((file) => {
    const titles = tellingTitles(file).filter((title) => !ofPages.test(title)).join('\n');
    const text = hasOwnScripts ? file.text : file.text.replace(pageCommands, '');
    return { file, operations: new Set([...operationsIn(text), ...operations.filter((one) => headings[one].test(titles))]) };
  });
}

function isCentral(path: string, folders: ReadonlySet<string>): boolean {
  const folder = path.split('/').slice(0, -1).join('/');
  return folder === '' || path.startsWith('../') || folders.has(folder) || /^(?:docs?|\.github)$/iu.test(folder.split('/').at(-1) ?? '');
}

/**
 * Headings whose section tells something to follow: steps, code, a link, or more than a remark. "I deployed it in the console" is none, and neither
 * is a README's title that is the project's name alone, as `ml-deploy-sam`.
 */
function tellingTitles({ path, text }: SourceFile): readonly string[] {
  const isReadme = /(?:^|\/)readme[^/]*$/iu.test(path);
  const found = Array.from(text.matchAll(/^(?:(#+)\s+(.*)|(.*\S.*)\r?\n[=\-~]{3,}\s*)$/gmu), (match) => ({ title: match[2] ?? match[3] ?? '', depth: match[1]?.length ?? 2, start: match.index, end: match.index + match[0].length }));
  return found.flatMap(({ title, depth, end }, i) => {
    const next = found.slice(i + 1).find((other) => other.depth <= depth);
    const section = text.slice(end, next?.start ?? text.length);
    if ((isReadme && i === 0 && /^\w[\w.]*(?:[-_][\w.]+)+$/u.test(title.trim())) || (elsewhere.test(section) && !/```|`[^`\n]+ [^`\n]+`|^(?: {4}|\t)\S/mu.test(section))) return [];
    const isTelling = section.length > 400 || /`|^(?: {4}|\t)\S|^\s*\d+[.)]\s|\]\(|https?:|<img/mu.test(section);
    // A plan of what is to be done one day tells nobody how.
    return isTelling && !/\b(?:to-?do|roadmap|ideas?|future|planned)\b/iu.test(title) ? [title] : [];
  });
}
