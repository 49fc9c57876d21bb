import type { SmokeCase } from './smoke-test.ts';

/** The table's lines, as `insertCase` finds them again. */
export function nodeCase({ name, event, isOwn }: SmokeCase): string {
  return `  [${JSON.stringify(name)}, ${event === undefined ? 'undefined' : JSON.stringify(event)}, ${isOwn ? 'REAL' : 'EXAMPLE'}],`;
}

/** A file for Node's own test runner that sends one event through each built function. */
export function nodeSmokeTest(cases: readonly SmokeCase[], path: string, environmentPath = 'env.local.json'): string {
  return `// Every function, built, answers an event:
//
//     node --test ${path}
//
// Functions are built and run by shear, without Docker. Where shear is not installed \`sam local invoke\` runs what \`sam build\` made,
// in Docker. Where neither can, tests are skipped and say why; so they are where a function asks AWS and AWS cannot be asked from here.
//
// The content of an EXAMPLE event is made up: only its form is AWS's. A function that refuses it is skipped. Put in what your function
// takes and write REAL beside it: from then on its errors fail the test. undefined stands for {}.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

const project = new URL('../../', import.meta.url);
const [EXAMPLE, REAL] = ['example', 'real'];

const CASES = [
${cases.map(nodeCase).join('\n')}
];

const environment = '${environmentPath}';
// What SDKs say when AWS cannot be asked from here, or has not got what the event names.
const awsSaysNo = /CredentialsProvider|NoCredentials|NoSuch|NotFoundException|AccessDenied|InvalidAccessKeyId|InvalidClientToken|UnrecognizedClient|ExpiredToken|security token|credentials|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/;
const cannotStart = /^Runtime\\.|^Extension\\.|^Sandbox\\.(?!Timedout)|SyntaxError/;
const cannotBuildHere = /Docker|docker|not installed|cannot be started|cannot be reached|could not be reached|unreachable|\\[(?:network|registry|tool)\\//;

for (const [name, event, content] of CASES) {
  test(\`\${name} answers \${event ?? '{}'}\`, (context) => {
    const { skip, error, message } = invoke(name, event);
    if (skip) return context.skip(skip);
    if (!error) return undefined;
    const said = \`\${name} answered \${event ?? '{}'} with \${error}: \${message}\`;
    if (awsSaysNo.test(said)) return context.skip(\`\${said} (give credentials of a development account, or AWS_ENDPOINT_URL of a local double)\`);
    if (content === EXAMPLE && !cannotStart.test(error)) return context.skip(\`\${said} (the event is an example: put in what the function takes, then mark it REAL)\`);
    throw new Error(said);
  });
}

/** The type and message of the function's error, or why it could not be called. */
function invoke(name, event) {
  const options = [name, '-e', event ?? '-', ...(existsSync(new URL(environment, project)) ? ['--env-vars', environment] : [])];
  const own = run('shear', ['invoke', ...options, '--json', '--quiet']);
  // A program that ends without reading its input is there all the same.
  if (own.error?.code !== 'ENOENT') {
    const answer = own.stdout.trim() ? JSON.parse(own.stdout) : {};
    if (answer.kind) return answer.kind === 'response' ? {} : errorOf(answer.payload, answer.kind);
    const reason = answer.error ? reasonOf(answer.error) : own.stderr.trim();
    if (!cannotBuildHere.test(reason)) throw new Error(\`shear invoke \${name}: \${reason}\`);
    if (!hasDocker()) return { skip: \`shear: \${reason}\` };
  }
  if (run('sam', ['--version']).error?.code === 'ENOENT') return { skip: 'neither shear nor sam is installed' };
  if (!hasDocker()) return { skip: 'sam local invoke needs Docker, which does not answer' };
  const done = run('sam', ['local', 'invoke', ...options]);
  const last = done.stdout.trim().split('\\n').at(-1);
  if (!last) throw new Error(\`sam local invoke \${name}: \${done.stderr.trim()}\`);
  return errorOf(last, undefined);
}

/** Why shear did not call the function, as it prints it. */
function reasonOf({ what, why, code }) {
  return [what, ...(why ? [\`(\${why})\`] : []), \`[\${code}]\`].join(' ');
}

function errorOf(payload, otherwise) {
  try {
    const answer = JSON.parse(payload);
    return answer?.errorMessage === undefined ? { error: otherwise, message: payload } : { error: answer.errorType ?? 'Error', message: answer.errorMessage };
  } catch {
    return { error: otherwise, message: payload };
  }
}

function run(program, options) {
  return spawnSync(program, options, { cwd: project, input: '{}', encoding: 'utf8' });
}

function hasDocker() {
  return run('docker', ['info']).status === 0;
}
`;
}
