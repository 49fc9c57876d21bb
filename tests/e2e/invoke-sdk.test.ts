import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provideSam } from '../../scripts/peers/sam.ts';
import { createPool, type RunnerPool } from '../../src/runtime/pool.ts';
import { serve, type Served } from '../../src/serve/serve.ts';
import { backends, python, testHost, writeFiles } from '../runtime/rig.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

const cache = join(import.meta.dirname, '../../.cache');
const sam = await provideSam(testHost(), cache);
/** sam brings boto3 along. */
const interpreter = 'path' in sam ? join(dirname(sam.path), 'python') : 'python3';
const run = promisify(execFile);
const reason = await run(interpreter, ['-c', 'import boto3']).then(() => undefined, () => 'reason' in sam ? sam.reason : 'no Python with boto3 is there');
if (reason !== undefined) console.warn(`SKIPPED: the Invoke API under AWS's own SDK, because ${reason}`);

const script = `
import base64, json, sys, boto3
from botocore.config import Config
client = boto3.client("lambda", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y", config=Config(retries={"total_max_attempts": 1}))
out = {}
answer = client.invoke(FunctionName="Fn", Payload=b'{"a":1}', LogType="Tail", ClientContext=base64.b64encode(b'{"custom":{"k":"v"}}').decode())
out["plain"] = [answer["StatusCode"], answer["ExecutedVersion"], answer.get("FunctionError"), json.load(answer["Payload"])]
out["tail"] = "hello from here" in base64.b64decode(answer["LogResult"]).decode()
out["no payload"] = json.load(client.invoke(FunctionName="Fn")["Payload"])["event"]
out["event"] = client.invoke(FunctionName="Fn", InvocationType="Event", Payload=b"{}")["StatusCode"]
out["dry"] = client.invoke(FunctionName="Fn", InvocationType="DryRun")["StatusCode"]
failed = client.invoke(FunctionName="arn:aws:lambda:eu-west-1:012345678912:function:Fn", Payload=b'{"fail":true}')
out["failed"] = [failed["StatusCode"], failed["FunctionError"], json.load(failed["Payload"])["errorType"]]
for name, arguments in {"missing": {"FunctionName": "Nope"}, "not json": {"FunctionName": "Fn", "Payload": b"{"}, "too large": {"FunctionName": "Fn", "Payload": b'"' + b"x" * 6291456 + b'"'}, "throttled": {"FunctionName": "Never"}}.items():
    try:
        client.invoke(**arguments)
    except client.exceptions.ClientError as error:
        out[name] = [type(error).__name__, error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Message"]]
stream = client.invoke_with_response_stream(FunctionName="Streams", Payload=b"{}", LogType="Tail")
events = list(stream["EventStream"])
out["stream"] = [stream["StatusCode"], b"".join(e["PayloadChunk"]["Payload"] for e in events if "PayloadChunk" in e).decode(), sorted(events[-1]["InvokeComplete"])]
events = list(client.invoke_with_response_stream(FunctionName="Fn", Payload=b'{"fail":true}')["EventStream"])
out["failed stream"] = [events[-1]["InvokeComplete"]["ErrorCode"], json.loads(events[-1]["InvokeComplete"]["ErrorDetails"])["errorMessage"]]
print(json.dumps(out))
`;

const source = `def handler(event, context):
    print("hello from here")
    if event.get("fail"):
        raise ValueError("on purpose")
    return {"event": event, "custom": context.client_context.custom if context.client_context else None}
`;

describe.skipIf(reason !== undefined)('the Invoke API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-sdk-'));
  const pools: RunnerPool[] = [];
  let served: Served;
  beforeAll(async () => {
    const pool = (name: string, kind: 'python' | 'node', reserved?: number): RunnerPool => {
      const files = kind === 'python' ? { 'app.py': source } : { 'app.js': 'exports.handler = awslambda.streamifyResponse(async (event, out) => { out.write("one "); out.write("two"); out.end(); });' };
      const made = createPool(testHost(), {
        request: {
          artefact: { kind: 'zip', folder: writeFiles(join(folder, name), files), layerFolders: [], runtime: kind === 'python' ? `python${python.version}` : 'nodejs22.x', handler: 'app.handler' },
          function: { name, memory: 256, timeout: 20, ephemeralStorage: 512, environment: {}, architecture: testHost().arch },
          workFolder: join(folder, 'work'), interpreter: kind === 'python' ? python.path : process.execPath, backend: backends[0],
        },
        reserved,
      });
      pools.push(made);
      return made;
    };
    const functions = new Map([['Fn', { pool: pool('Fn', 'python') }], ['Streams', { pool: pool('Streams', 'node') }], ['Never', { pool: pool('Never', 'python', 0) }]]);
    served = await serve(testHost(), { port: 0, functions, apis: [] });
  });
  afterAll(async () => {
    await served.close();
    await Promise.all(pools.map((pool) => pool.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('is what boto3 takes for Lambda', async () => {
    const { stdout } = await run(interpreter, ['-c', script, served.url], { timeout: 60_000, env: { ...process.env, AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' } });
    expect(JSON.parse(stdout)).toEqual({
      'plain': [200, '$LATEST', null, { event: { a: 1 }, custom: { k: 'v' } }],
      'tail': true,
      'no payload': {},
      'event': 202,
      'dry': 204,
      'failed': [200, 'Unhandled', 'ValueError'],
      'missing': ['ResourceNotFoundException', 'ResourceNotFoundException', 404, 'Function not found: arn:aws:lambda:us-east-1:012345678912:function:Nope'],
      'not json': ['InvalidRequestContentException', 'InvalidRequestContentException', 400, expect.stringContaining('Could not parse request body into json') as unknown],
      'too large': ['RequestTooLargeException', 'RequestTooLargeException', 413, 'Request must be smaller than 6291456 bytes for the InvokeFunction operation'],
      'throttled': ['TooManyRequestsException', 'TooManyRequestsException', 429, 'Rate Exceeded.'],
      'stream': [200, 'one two', ['LogResult']],
      'failed stream': ['Unhandled', 'on purpose'],
    });
  });
});
