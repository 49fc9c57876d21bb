import { join } from 'node:path';
import { failure } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import { provideTool } from '../../src/tools/provide-tool.ts';
import type { Python } from '../../src/tools/find-python.ts';
import { diskEntries, folderEntry, textEntry } from './disk-entries.ts';

/**
 * What AWS's Python base images have besides the interpreter: the task root, the runtime client with boto3, and the entry point
 * that starts it (the images' page in the Lambda developer guide, "Creating an image from an AWS base image").
 * @param scratch an empty folder's path; it must stay until the entries are written.
 */
export async function lambdaTree(host: Host, python: Python, scratch: string): Promise<readonly TreeEntry[]> {
  const uv = await provideTool(host, 'uv');
  const args = ['pip', 'install', '--quiet', '--no-config', '--python', python.path, '--target', scratch, '--only-binary', ':all:', 'awslambdaric', 'boto3'];
  const { code, stderr } = await host.run(uv.path, args, { env: { UV_PYTHON_DOWNLOADS: 'never' } });
  if (code !== 0) throw failure('tool/failed', 'the Lambda runtime client could not be installed', { why: stderr.trim() });
  const isTrace = (path: string): boolean => /(^|\/)(__pycache__|bin|\.lock)$/u.test(path);
  return [folderEntry('var/task'), ...diskEntries(join(scratch), 'var/runtime', isTrace), textEntry('lambda-entrypoint.sh', entryPoint, 0o755)];
}

/** The handler comes as the first argument; layers are looked for before the runtime's own packages. */
const entryPoint = `#!/bin/sh
if [ $# -ne 1 ]; then
  echo "the handler must be the only argument" >&2
  exit 142
fi
export _HANDLER="$1"
export PYTHONPATH="/opt/python:/var/runtime\${PYTHONPATH:+:$PYTHONPATH}"
if [ -z "$AWS_LAMBDA_RUNTIME_API" ] && [ -x /usr/local/bin/aws-lambda-rie ]; then
  exec /usr/local/bin/aws-lambda-rie /var/lang/bin/python3 -m awslambdaric "$1"
fi
exec /var/lang/bin/python3 -m awslambdaric "$1"
`;
