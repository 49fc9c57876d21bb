import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFunction } from '../../src/runtime/invoke.ts';
import { backends, python, pythonFunction, testHost } from './rig.ts';

const watcher = (interpreter: string): string => `#!${interpreter}
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, headers, body=None):
    api.request(method, "/2020-01-01/extension/" + path, body, headers)
    response = api.getresponse()
    return response.headers, json.loads(response.read())
headers, about = call("POST", "register", {"Lambda-Extension-Name": "watcher"}, json.dumps({"events": ["INVOKE", "SHUTDOWN"]}))
me = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
while True:
    event = call("GET", "event/next", me)[1]
    print("watcher saw", event["eventType"], event.get("shutdownReason", ""), about["handler"], flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
`;

const source = `import signal, sys
def bye(number, frame):
    print("runtime got SIGTERM", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, bye)
def handler(event, context):
    return 1
`;

describe.each(backends)('an external extension under %s', (backend) => {
  it('registers before the first invocation, sees it, and has time to shut down', async () => {
    const interpreter = backend === 'bubblewrap' ? `/var/lang/bin/python${python.version}` : python.path;
    const request = await pythonFunction(source, { backend, layers: [{ 'extensions/watcher': watcher(interpreter), 'extensions/notes.txt': '' }] });
    if (request.artefact.kind !== 'zip') throw new Error('unreachable');
    chmodSync(join(request.artefact.layerFolders[0] ?? '', 'extensions/watcher'), 0o755);
    const runner = await startFunction(testHost(), request);
    const outcome = await runner.environment.invoke(Buffer.from('{}'));
    await runner.environment.stop();
    expect(outcome.kind).toBe('response');
    const log = readFileSync(runner.logFile, 'utf8');
    expect(log).toContain('watcher saw INVOKE  app.handler\n');
    expect(log).toContain('watcher saw SHUTDOWN spindown app.handler\n');
    expect(log).toContain('runtime got SIGTERM\n');
  });

  it('fails the function when it ends', async () => {
    const request = await pythonFunction(source, { backend, layers: [{ 'extensions/broken': '#!/bin/sh\nexit 9\n' }] });
    if (request.artefact.kind !== 'zip') throw new Error('unreachable');
    chmodSync(join(request.artefact.layerFolders[0] ?? '', 'extensions/broken'), 0o755);
    const runner = await startFunction(testHost(), request);
    const outcome = await runner.environment.invoke(Buffer.from('{}'));
    await runner.environment.stop();
    expect(outcome).toMatchObject({ kind: 'init-error', errorType: 'Extension.Crash' });
    expect(Buffer.from(outcome.payload).toString()).toContain('extension broken exited with error: exit status 9');
  });
});
