import { writeFileSync } from 'node:fs';
import { env } from 'node:process';
import { provideTool } from '../../src/tools/provide-tool.ts';
import { createHost } from '../../src/cli/host.ts';

// tsx tests/tools/provide-uv.ts: a process of its own that wants uv. It tells that it is about to, by a file.
if (env['STARTED'] !== undefined) writeFileSync(env['STARTED'], '');
const { path } = await provideTool(createHost(() => undefined, new AbortController().signal), 'uv');
process.stdout.write(path);
