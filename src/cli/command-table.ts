import type { CommandSpec } from './command.ts';

const only = 'FUNCTION …';

/** Every command. The first is what `shear` alone does. */
export const commandTable: readonly CommandSpec[] = [
  {
    name: 'audit', usage: 'shear audit', summary: 'what is slow, fat or risky, what it costs, what fix does',
    flags: [
      { name: 'rule', kind: 'values', summary: 'only this rule, or all of a folder: dockerfile/' },
      { name: 'sarif', kind: 'boolean', summary: 'the findings as SARIF' },
      { name: 'iam', kind: 'boolean', summary: 'also let iam-policy-autopilot look for AWS calls; later audits know its result while the code stays' },
      { name: 'lint', kind: 'boolean', summary: 'also run cfn-lint; later audits show its result while the template stays' },
    ],
    load: async () => (await import('./commands/audit.ts')).command,
  },
  {
    name: 'fix', usage: 'shear fix [--yes | --dry-run | --undo]', summary: 'shows the changes as a diff and writes them',
    flags: [
      { name: 'yes', kind: 'boolean', short: 'y', summary: 'write without asking' },
      { name: 'dry-run', kind: 'boolean', summary: 'show the diff, write nothing' },
      { name: 'undo', kind: 'boolean', summary: 'give back the exact bytes from before the last fix' },
      { name: 'rule', kind: 'values', summary: 'only this rule, or all of a folder: dockerfile/' },
      { name: 'iam', kind: 'boolean', summary: 'let iam-policy-autopilot look for AWS calls as well' },
      { name: 'unsafe', kind: 'boolean', summary: 'also what may change deployed resources, permissions or cost' },
      { name: 'allow-dirty', kind: 'boolean', summary: 'also change files with changes that git has not committed' },
      { name: 'force', kind: 'boolean', summary: 'with --undo: although a file changed since' },
    ],
    load: async () => (await import('./commands/fix.ts')).command,
  },
  {
    name: 'build', usage: `shear build [${only}]`, summary: 'builds functions and layers into .aws-sam/build, without a Docker daemon',
    flags: [
      { name: 'frozen', kind: 'boolean', summary: 'take nothing that shear.lock does not name' },
      { name: 'check', kind: 'boolean', summary: 'build once more elsewhere, and tell the first byte that differs' },
      { name: 'explain', kind: 'boolean', summary: 'say for each function and Dockerfile line what builds it and why, also where nothing changed or the build fails' },
    ],
    load: async () => (await import('./commands/build.ts')).command,
  },
  {
    name: 'lock', usage: 'shear lock [--check | --prove | --upgrade [NAME …]]', summary: 'writes shear.lock: all that a build depends on from outside, by digest',
    flags: [
      { name: 'check', kind: 'boolean', summary: 'write nothing; exit code 1 when shear.lock is out of date' },
      { name: 'prove', kind: 'boolean', summary: 'also hold each ffmpeg that is compiled for the code against a full build of the same version' },
      { name: 'upgrade', kind: 'boolean', summary: 'move packages and base images to their newest versions: those named, else all' },
    ],
    load: async () => (await import('./commands/lock.ts')).command,
  },
  {
    name: 'invoke', usage: 'shear invoke [FUNCTION] [-e EVENT.json]', summary: 'runs the built artefact under a Lambda Runtime API, without Docker',
    flags: [
      { name: 'event', kind: 'value', short: 'e', summary: 'the event file; - for standard input; {} when absent' },
      { name: 'env-vars', kind: 'value', summary: 'a JSON file with variables for functions, as sam local invoke takes it' },
      { name: 'backend', kind: 'value', summary: 'bubblewrap, docker (or Finch) or process' },
      { name: 'cpu-limit', kind: 'boolean', summary: 'hold functions to the processor share that their memory buys' },
      { name: 'no-build', kind: 'boolean', summary: 'run what is built, without looking for changes' },
      { name: 'debug', kind: 'boolean', summary: 'wait for a debugger: debugpy or node --inspect; no time counts while it is there' },
      { name: 'debug-port', kind: 'value', summary: 'where it listens (default: 5678 for Python and images, 9229 for Node)' },
    ],
    load: async () => (await import('./commands/invoke.ts')).command,
  },
  {
    name: 'trace', usage: 'shear trace [FUNCTION…] [-e EVENT.json…]', summary: 'runs functions on their events and writes down what they start ffmpeg with, and which parts of it ran',
    flags: [
      { name: 'event', kind: 'values', short: 'e', summary: 'an event file (default: those of the project that are for the function)' },
      { name: 'no-build', kind: 'boolean', summary: 'run what is built, without looking for changes' },
    ],
    load: async () => (await import('./commands/trace.ts')).command,
  },
  {
    name: 'event', usage: 'shear event [SOURCE KIND]', summary: 'makes an event as AWS sends it, with the names of the template: s3 put, sqs message, api http, …; alone it lists them',
    flags: [
      { name: 'out', kind: 'value', summary: 'write it to this new file instead of printing it' },
      { name: 'force', kind: 'boolean', summary: 'with --out: also over a file that is there' },
      { name: 'invoke', kind: 'value', summary: 'send it to this function: through a running shear dev, else as shear invoke does' },
      { name: 'port', kind: 'value', summary: 'with --invoke: where shear dev serves' },
      { name: 'function', kind: 'value', summary: 'the function whose sources give the names' },
      { name: 'bucket', kind: 'value', summary: 'the bucket; likewise --queue, --topic, --table, --stream, --rule, --group (a name or an ARN)' },
      ...['queue', 'topic', 'table', 'stream', 'rule', 'group'].map((name) => ({ name, kind: 'value' as const, summary: `the ${name}, where the event comes from one` })),
      { name: 'key', kind: 'value', summary: 'the object, the partition key, the message group or the user' },
      { name: 'body', kind: 'value', summary: 'the message, the data, the detail or the body of a request; @FILE reads one' },
      { name: 'attributes', kind: 'values', summary: 'NAME=VALUE: message attributes, or the attributes of an item or a user' },
      { name: 'subject', kind: 'value', summary: 'of a notification or a mail' },
      { name: 'source', kind: 'value', summary: 'of an EventBridge event; the sender of a mail' },
      { name: 'detail-type', kind: 'value', summary: 'of an EventBridge event' },
      { name: 'method', kind: 'value', summary: 'of a request' },
      { name: 'path', kind: 'value', summary: 'of a request' },
      { name: 'query', kind: 'values', summary: 'NAME=VALUE of a request' },
      { name: 'header', kind: 'values', summary: 'NAME: VALUE of a request' },
      { name: 'stage', kind: 'value', summary: 'of a request' },
      { name: 'size', kind: 'value', summary: 'of an object, in bytes' },
      { name: 'count', kind: 'value', summary: 'records in the batch' },
      { name: 'region', kind: 'value', summary: 'the region (default: that of samconfig)' },
    ],
    load: async () => (await import('./commands/event.ts')).command,
  },
  {
    name: 'dev', usage: `shear dev [${only}]`, summary: 'builds with every save, and runs functions behind the Lambda Invoke API of 127.0.0.1',
    flags: [
      { name: 'port', kind: 'value', summary: 'of the Invoke API (default: 3001; 0 takes any free one)' },
      { name: 'once', kind: 'boolean', summary: 'build, start every function, and end: exit code 3 when one does not start' },
      { name: 'backend', kind: 'value', summary: 'bubblewrap, docker (or Finch) or process' },
      { name: 'cpu-limit', kind: 'boolean', summary: 'hold functions to the processor share that their memory buys' },
      { name: 'env-vars', kind: 'value', summary: 'a JSON file with variables for functions, as sam local invoke takes it' },
      { name: 'cloud', kind: 'boolean', summary: "also send what changes to the profile's stack (dev), and follow its logs" },
      { name: 'live', kind: 'boolean', summary: "with --cloud: logs by CloudWatch's live tail, which costs $0.01 a minute, where it is allowed" },
      { name: 'debug', kind: 'value', value: 'FUNCTION', summary: 'the function that a debugger may come to: debugpy or node --inspect; no time counts while it is there' },
      { name: 'debug-port', kind: 'value', summary: 'where it listens (default: 5678 for Python and images, 9229 for Node)' },
      { name: 'debug-wait', kind: 'boolean', summary: 'its first line waits for the debugger' },
      { name: 'print-sync', kind: 'boolean', summary: 'say which way suits which change: shear dev, --cloud, sam sync or sam deploy' },
    ],
    load: async () => (await import('./commands/dev.ts')).command,
  },
  {
    name: 'push', usage: `shear push [${only}]`, summary: 'sends only missing blobs to the image repository; the built template names images by digest',
    flags: [{ name: 'to', kind: 'value', summary: 'the repository (default: image_repository of samconfig)' }],
    load: async () => (await import('./commands/push.ts')).command,
  },
  {
    name: 'logs', usage: 'shear logs [FUNCTION …] [--tail]', summary: "the logs of a stack's functions, merged by time",
    flags: [
      { name: 'tail', kind: 'boolean', summary: 'go on with new lines until interrupted' },
      { name: 'since', kind: 'value', summary: 'how far back: 30s, 10m (default), 2h, 1d' },
      { name: 'filter', kind: 'value', summary: "only lines that match CloudWatch's filter pattern" },
      { name: 'live', kind: 'boolean', summary: "with --tail: by CloudWatch's live tail, which costs $0.01 a minute, where it is allowed" },
    ],
    load: async () => (await import('./commands/logs.ts')).command,
  },
  {
    name: 'cache', usage: 'shear cache [prune | verify]', summary: 'where the store is and how big; prune by size and age',
    flags: [
      { name: 'max-size', kind: 'value', summary: 'with prune: megabytes to keep at most' },
      { name: 'max-age', kind: 'value', summary: 'with prune: days since the last use' },
    ],
    load: async () => (await import('./commands/cache.ts')).command,
  },
  {
    name: 'explain', usage: 'shear explain RULE', summary: 'why a rule exists, with an example before and after',
    flags: [{ name: 'long', kind: 'boolean', summary: 'every scenario of the page, as it is written where standard output is no terminal' }],
    load: async () => (await import('./commands/explain.ts')).command,
  },
];
