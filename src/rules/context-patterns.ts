import { posix } from 'node:path';

/** A pattern for a .dockerignore, and how to tell that a context lets the thing in. */
export interface ContextPattern {
  readonly pattern: string;
  /** What it is, for messages. */
  readonly what: string;
  /** A path that stands for all that the pattern is about. */
  readonly probe: string;
  /** Written whether or not the thing is there now: it appears by itself while people work. */
  readonly always: boolean;
}

/** What a Dockerfile and its ignore files are called: true of every context, and a few bytes. */
export const itself = 'the Dockerfile itself';

/** What no image needs, whatever the project. */
export const alwaysLeftOut: readonly ContextPattern[] = [
  { pattern: '.git', what: '.git', probe: '.git/HEAD', always: true },
  { pattern: '.aws-sam', what: '.aws-sam', probe: '.aws-sam/build.toml', always: true },
  { pattern: '**/__pycache__', what: 'bytecode caches', probe: 'a/__pycache__/a.cpython-312.pyc', always: true },
  { pattern: '.venv', what: 'virtual environments', probe: '.venv/pyvenv.cfg', always: true },
  { pattern: 'venv', what: 'virtual environments', probe: 'venv/pyvenv.cfg', always: true },
  { pattern: '.pytest_cache', what: 'caches of test and lint tools', probe: '.pytest_cache/README.md', always: true },
  { pattern: '.mypy_cache', what: 'caches of test and lint tools', probe: '.mypy_cache/x', always: true },
  { pattern: '.ruff_cache', what: 'caches of test and lint tools', probe: '.ruff_cache/x', always: true },
  { pattern: '.dockerignore', what: itself, probe: '.dockerignore', always: true },
  { pattern: '.env', what: 'secrets', probe: '.env', always: true },
  // Else the image would change with every lock.
  { pattern: 'shear.lock', what: 'deployment files', probe: 'shear.lock', always: true },
];

/** Written where no Node function is built from the same context. */
export const nodeModules: ContextPattern = { pattern: 'node_modules', what: 'node_modules', probe: 'node_modules/x/index.js', always: true };

const folders: Readonly<Record<string, string>> = {
  'test': 'tests', 'tests': 'tests', '__tests__': 'tests', 'events': 'sample events', 'event': 'sample events', 'docs': 'documentation', 'doc': 'documentation',
  '.github': 'CI files', '.gitlab': 'CI files', '.circleci': 'CI files', '.vscode': 'editor settings', '.idea': 'editor settings', 'htmlcov': 'test reports', 'coverage': 'test reports', '.tox': 'virtual environments',
};

const files: readonly { readonly match: RegExp; readonly what: string }[] = [
  { match: /^(?:\.env(?:\..*)?|env\.(?:local\.)?json|credentials(?:\.(?:json|csv|ini))?|.*\.pem|.*\.p12|.*\.pfx|id_(?:rsa|ed25519|ecdsa)|.*_rsa|service[-_]account.*\.json|\.netrc|\.npmrc|\.pypirc)$/iu, what: 'secrets' },
  { match: /^(?:template|samconfig|buildspec|cdk|serverless|packaged)[\w.-]*\.(?:ya?ml|toml|json)$/iu, what: 'deployment files' },
  { match: /^(?:readme|changelog|contributing|license|licence|notice|development|todo)(?:\.\w+)?$/iu, what: 'documentation' },
  { match: /^(?:dockerfile(?:[.-].*)?|.*\.dockerfile|.+\.dockerignore)$/iu, what: itself },
  { match: /^(?:makefile|tox\.ini|pytest\.ini|\.coveragerc|\.flake8|\.gitignore|\.gitattributes|\.editorconfig|\.pre-commit-config\.ya?ml|docker-compose[\w.-]*\.ya?ml|conftest\.py|.*\.ipynb|.*\.log|.*\.swp|\.ds_store|requirements-(?:dev|test|tests|docs)\.txt|requirements[\w-]*\.in)$/iu, what: 'development files' },
  { match: /\.(?:mp3|mp4|m4a|wav|flac|ogg|avi|mov|mkv|webm|aac|psd|zip|tar|tgz|gz|7z|rar|iso|dmg)$/iu, what: 'media and archives' },
];

/** True for names whose content may be a credential. */
function isSecretName(path: string): boolean {
  return files[0]?.match.test(posix.basename(path)) === true;
}

/** The pattern that a file at a context's path calls for, by its first folder or, at the top, its own name. */
export function patternFor(path: string): ContextPattern | undefined {
  const [first = '', ...rest] = path.split('/');
  if (rest.length > 0) {
    const what = Object.hasOwn(folders, first) ? folders[first] : undefined;
    if (what !== undefined) return { pattern: first, what, probe: path, always: false };
    return isSecretName(path) ? { pattern: path, what: 'secrets', probe: path, always: false } : undefined;
  }
  const found = files.find(({ match }) => match.test(first));
  return found && { pattern: escapePattern(first), what: found.what, probe: path, always: false };
}

function escapePattern(name: string): string {
  return name.replace(/[*?[\]\\]/gu, String.raw`\$&`);
}
