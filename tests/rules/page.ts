/** A file of a scenario. */
export interface PageFile {
  readonly path: string;
  readonly text: string;
  /** Bytes, where only the size matters: ` ```text video.bin size=80000000 `. */
  readonly size: number | undefined;
}

/** A section of a rule's page that shows a project, what is found in it and what fix makes of it. */
export interface Scenario {
  readonly title: string;
  readonly files: readonly PageFile[];
  /** What is found, as text; undefined when the block is missing. */
  readonly console: string | undefined;
  readonly fixed: readonly PageFile[];
  /** JSON of what rules know from outside (see `knowledgeOf`). */
  readonly knowledge: string | undefined;
}

/** A rule's page, taken apart. */
export interface Page {
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  /** Titles of all second-level sections. */
  readonly sections: readonly string[];
}

interface Fence {
  readonly info: readonly string[];
  readonly text: string;
}

const fencePattern = /^(?<ticks>`{3,})(?<info>[^\n`]*)\n(?<body>[\s\S]*?)^\k<ticks>[^\S\n]*$/gmu;

/** Reads a page. Sections with a file in them are scenarios. */
export function readPage(markdown: string): Page {
  const [head = '', ...parts] = splitSections(markdown);
  return {
    title: /^# (.*)$/mu.exec(head)?.[1] ?? '',
    sections: parts.map(titleOf),
    scenarios: parts.flatMap((part): readonly Scenario[] => {
      const fences = fencesOf(part);
      const files = fences.filter(({ info }) => info[1] !== undefined && info[1] !== 'knowledge' && !info.includes('fixed')).map(fileOf);
      if (files.length === 0) return [];
      return [{
        title: titleOf(part),
        files,
        console: fences.find(({ info }) => info[0] === 'console')?.text,
        fixed: fences.filter(({ info }) => info.includes('fixed')).map(fileOf),
        knowledge: fences.find(({ info }) => info[1] === 'knowledge')?.text,
      }];
    }),
  };
}

/** The page with the expected blocks of one scenario replaced by what was seen. */
export function withExpectations(markdown: string, title: string, seen: { readonly console: string; readonly fixed: readonly { readonly path: string; readonly text: string }[] }): string {
  const [head = '', ...parts] = splitSections(markdown);
  return [head, ...parts.map((part) => (titleOf(part) === title ? rewritten(part, seen) : part))].join('');
}

function rewritten(part: string, seen: { readonly console: string; readonly fixed: readonly { readonly path: string; readonly text: string }[] }): string {
  const input = part.replace(fencePattern, (block, _ticks: string, info: string) => (/^console\b/u.test(info) || /\bfixed\b/u.test(info) ? '' : block));
  const language = (path: string): string => ({ yaml: 'yaml', yml: 'yaml', toml: 'toml', json: 'json', py: 'python', md: 'markdown', sh: 'sh' })[path.split('.').at(-1) ?? ''] ?? (/Dockerfile/u.test(path) ? 'dockerfile' : 'text');
  const ticks = (text: string): string => '`'.repeat(Math.max(3, ...Array.from(text.matchAll(/`{3,}/gu), (match) => match[0].length + 1)));
  const blocks = [
    `\`\`\`console\n${seen.console}\`\`\``,
    ...seen.fixed.map(({ path, text }) => `${ticks(text)}${language(path)} ${path} fixed\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${ticks(text)}`),
  ];
  return `${input.replace(/\n{3,}/gu, '\n\n').trimEnd()}\n\n${blocks.join('\n\n')}\n\n`;
}

/** At second-level headings that are not inside a fence. */
function splitSections(markdown: string): readonly string[] {
  const covered = Array.from(markdown.matchAll(fencePattern), (match) => [match.index, match.index + match[0].length] as const);
  const starts = Array.from(markdown.matchAll(/^## /gmu), (match) => match.index).filter((at) => !covered.some(([from, to]) => at > from && at < to));
  return [0, ...starts].map((start, i) => markdown.slice(start, starts[i] ?? markdown.length));
}

function titleOf(section: string): string {
  return /^## (.*)$/mu.exec(section)?.[1]?.trim() ?? '';
}

function fencesOf(section: string): readonly Fence[] {
  return Array.from(section.matchAll(fencePattern), ({ groups }) => ({ info: (groups?.['info'] ?? '').trim().split(/\s+/u), text: groups?.['body'] ?? '' }));
}

function fileOf({ info, text }: Fence): PageFile {
  const size = info.find((word) => word.startsWith('size='))?.slice('size='.length);
  return { path: info[1] ?? '', text, size: size === undefined ? undefined : Number(size) };
}
