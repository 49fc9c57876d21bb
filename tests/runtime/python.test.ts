import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '../../src/runtime/invoke.ts';
import { invokeFunction, startFunction } from '../../src/runtime/invoke.ts';
import { processesOf } from '../../src/runtime/process-tree.ts';
import { backends, python, pythonFunction, testHost } from './rig.ts';

const event = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const json = (payload: Uint8Array): Record<string, unknown> => JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;

describe.each(backends)('a Python function under %s', (backend) => {
  const run = async (
    source: string,
    more: Omit<Parameters<typeof pythonFunction>[1], 'backend'> & { readonly event?: unknown; readonly initLimit?: number } = {},
  ): Promise<InvokeResult> => {
    const request = await pythonFunction(source, { ...more, backend });
    return invokeFunction(testHost(), { ...request, event: event(more.event ?? {}), initLimit: more.initLimit });
  };

  it('answers with what the handler returns, characters of any script included', async () => {
    const result = await run('def handler(event, context):\n    return {"got": event}\n', { event: { a: 'ü✓𝄞' } });
    expect(result).toMatchObject({ kind: 'response', contentType: 'application/json', streamed: false, backend });
    expect(json(result.payload)).toEqual({ got: { a: 'ü✓𝄞' } });
  });

  it('logs what is printed between START and REPORT, both outputs in their order', async () => {
    const result = await run(
      'import sys\ndef handler(event, context):\n    print("one")\n    print("two", file=sys.stderr)\n    print("three", end="")\n',
    );
    expect(result.logs.replaceAll(result.requestId, 'ID').replace(/[\d.]+ (?=m?s|MB)/gu, 'N ')).toBe(
      'START RequestId: ID Version: $LATEST\none\ntwo\nthree\nEND RequestId: ID\n' +
        'REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: N MB\tMax Memory Used: N MB\tInit Duration: N ms\t\n',
    );
    expect(json(result.payload)).toBeNull();
  });

  it('reports an exception with its type, message and the stack from the handler on', async () => {
    const result = await run('def deeper():\n    raise KeyError("lost")\ndef handler(event, context):\n    deeper()\n');
    const root = backend === 'bubblewrap' ? '/var/task' : expect.stringContaining('task');
    expect(result).toMatchObject({ kind: 'error', errorType: 'KeyError' });
    const document = json(result.payload) as { stackTrace: string[] };
    expect(document).toMatchObject({ errorType: 'KeyError', errorMessage: "'lost'", requestId: result.requestId });
    expect(document.stackTrace).toHaveLength(2);
    expect(document.stackTrace[0]).toMatch(/^ {2}File ".*app\.py", line 4, in handler\n {4}deeper\(\)\n$/u);
    expect(/"(.*)\/app\.py"/u.exec(document.stackTrace[0] ?? '')?.[1]).toEqual(root);
    expect(result.logs).toContain("[ERROR] KeyError: 'lost'\rTraceback (most recent call last):\r");
  });

  it.each([
    ['sys.exit(3)', 'Runtime exited with error: exit status 3'],
    ['sys.exit(0)', 'Runtime exited without providing a reason'],
    ['os._exit(7)', 'Runtime exited with error: exit status 7'],
    ['os.kill(os.getpid(), 11)', 'Runtime exited with error: signal: segmentation fault'],
  ])('reports %s in the handler as the end of the runtime', async (statement, message) => {
    const result = await run(`import os, sys\ndef handler(event, context):\n    print("last words", flush=True)\n    ${statement}\n`);
    expect(result).toMatchObject({ kind: 'crash', errorType: 'Runtime.ExitError' });
    expect(json(result.payload)).toEqual({ errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${result.requestId} Error: ${message}` });
    expect(result.logs).toContain('last words\n');
    expect(result.logs).toContain(`${message}\nRuntime.ExitError\n`);
  });

  it('kills a handler that hangs at the timeout', async () => {
    const result = await run('import threading\ndef handler(event, context):\n    threading.Event().wait()\n', { timeout: 0.4 });
    expect(result.kind).toBe('timeout');
    expect(json(result.payload)).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${result.requestId} Error: Task timed out after 0.40 seconds`,
    });
    expect(result.logs).toMatch(/Z \S+ Task timed out after 0\.40 seconds\n\n?END/u);
    expect(result.durationMs).toBeGreaterThanOrEqual(399);
  });

  it.each([
    ['a syntax error', 'def handler(event, context)\n    pass\n', 'Runtime.UserCodeSyntaxError', /^Syntax error in module 'app': expected ':' \(app\.py, line 1\)$/u],
    ['a missing module', 'import nowhere_to_be_found\n', 'Runtime.ImportModuleError', /^Unable to import module 'app': No module named 'nowhere_to_be_found'$/u],
    ['a missing handler', 'x = 1\n', 'Runtime.HandlerNotFound', /^Handler 'handler' missing on module 'app'$/u],
    ['an exception at import', '1 / 0\n', 'ZeroDivisionError', /^division by zero$/u],
    ['an exit at import', 'import sys\nsys.exit(4)\n', 'Runtime.ExitError', /Error: Runtime exited with error: exit status 4$/u],
  ])('reports %s as a failed initialisation', async (_, source, errorType, message) => {
    const result = await run(source);
    expect(result).toMatchObject({ kind: 'init-error', errorType });
    const document = json(result.payload);
    expect(document['errorType']).toBe(errorType);
    expect(document['errorMessage']).toMatch(message);
    expect(result.logs).toContain(`Status: error\tError Type: ${errorType}`);
  });

  it('begins a slow initialisation again within the time of the invocation', async () => {
    const files = { 'started.txt': '' };
    const source = 'import threading\nprint("starting", flush=True)\nthreading.Event().wait()\n';
    const result = await run(source, { files, initLimit: 300, timeout: 0.3 });
    expect(result.kind).toBe('timeout');
    expect(readFileSync(result.logFile, 'utf8').match(/starting/gu)).toHaveLength(2);
    expect(result.logs).toContain('INIT_REPORT Init Duration: 300.00 ms\tPhase: init\tStatus: timeout\n');
  });

  it('keeps the end of a long log in the outcome and all of it in the file', async () => {
    const result = await run('def handler(event, context):\n    for i in range(20000):\n        print(f"line {i:06} " + "é" * 40)\n');
    expect(result.kind).toBe('response');
    expect(Buffer.byteLength(result.logs)).toBeLessThanOrEqual(1024 * 1024);
    expect(result.logs).toContain('line 019999');
    expect(result.logs).not.toContain('�');
    const whole = readFileSync(result.logFile, 'utf8');
    expect(whole).toContain('line 000000');
    expect(whole.match(/^line \d{6} é{40}$/gmu)).toHaveLength(20_000);
    expect(result.logBytesDropped + Buffer.byteLength(result.logs)).toBe(Buffer.byteLength(whole));
  });

  it('refuses a response over 6 MB, and takes one just below', async () => {
    const source = 'def handler(event, context):\n    return "x" * event["n"]\n';
    const large = await run(source, { event: { n: 6 * 1024 * 1024 + 99 } });
    expect(large).toMatchObject({ kind: 'error', errorType: 'Function.ResponseSizeTooLarge' });
    expect(json(large.payload)['errorMessage']).toBe('Response payload size exceeded maximum allowed payload size (6291556 bytes).');
    const fitting = await run(source, { event: { n: 6 * 1024 * 1024 + 98 } });
    expect(fitting.kind).toBe('response');
    expect(fitting.payload).toHaveLength(6_291_556);
  });

  it.each([
    ['object()', 'Unable to marshal response: Object of type object is not JSON serializable'],
    ['{"a": b"\\xff"}', "Unable to marshal response: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"],
  ])('reports %s as no JSON', async (value, message) => {
    const result = await run(`def handler(event, context):\n    return ${value}\n`);
    expect(result).toMatchObject({ kind: 'error', errorType: 'Runtime.MarshalError' });
    expect(json(result.payload)['errorMessage']).toBe(message);
  });

  it('writes decimals as numbers and top-level bytes as they are', async () => {
    const decimals = await run('from decimal import Decimal as D\ndef handler(event, context):\n    return [D("1.10"), D("2"), b"text"]\n');
    expect(Buffer.from(decimals.payload).toString()).toBe('[1.10, 2, "text"]');
    const bytes = await run('def handler(event, context):\n    return b"\\x00\\xff"\n');
    expect([...bytes.payload]).toEqual([0, 255]);
    expect(bytes).toMatchObject({ kind: 'response', contentType: 'application/unknown' });
  });

  it('gives the handler a context and the variables of Lambda', async () => {
    const source = `import os
def handler(event, context):
    return {
        "remaining": context.get_remaining_time_in_millis(), "arn": context.invoked_function_arn, "id": context.aws_request_id,
        "name": context.function_name, "memory": context.memory_limit_in_mb, "version": context.function_version,
        "group": context.log_group_name, "stream": context.log_stream_name, "env": dict(os.environ),
    }
`;
    const result = await run(source, { environment: { STAGE: 'dev', AWS_LAMBDA_FUNCTION_NAME: 'not this' }, timeout: 20 });
    const seen = json(result.payload) as Record<string, unknown> & { env: Record<string, string> };
    expect(seen).toMatchObject({
      id: result.requestId, name: 'Example', memory: '256', version: '$LATEST', group: '/aws/lambda/Example',
      arn: 'arn:aws:lambda:us-east-1:012345678912:function:Example', stream: seen.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    });
    expect(seen['stream']).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/u);
    expect(seen['remaining']).toBeGreaterThan(15_000);
    expect(seen['remaining']).toBeLessThanOrEqual(20_000);
    expect(seen.env).toMatchObject({
      STAGE: 'dev', _HANDLER: 'app.handler', TZ: ':UTC', AWS_EXECUTION_ENV: `AWS_Lambda_python${python.version}`, AWS_ACCESS_KEY_ID: 'local',
    });
    expect(seen.env).not.toHaveProperty('HOME');
    expect(seen.env).not.toHaveProperty('SHEAR_OPT_FOLDER');
  });

  it('imports from the task root first, then from Lambda layers, and not from the host', async () => {
    const source = `import both, only
def handler(event, context):
    try:
        import pip
    except ImportError:
        return [both.VALUE, only.VALUE, "no pip"]
`;
    const result = await run(source, {
      files: { 'both.py': 'VALUE = "task"' },
      layers: [
        { 'python/both.py': 'VALUE = "layer"', 'python/only.py': 'VALUE = "first"' },
        { 'python/only.py': 'VALUE = "second"' },
      ],
    });
    expect(json(result.payload)).toEqual(['task', 'second', 'no pip']);
  });

  it('writes no bytecode beside the function', async () => {
    const request = await pythonFunction('import other\ndef handler(event, context):\n    import os\n    return sorted(os.listdir(os.environ["LAMBDA_TASK_ROOT"]))\n', {
      backend, files: { 'other.py': '' },
    });
    const result = await invokeFunction(testHost(), { ...request, event: event({}) });
    expect(json(result.payload)).toEqual(['app.py', 'other.py']);
  });

  it('leaves no process behind, daemons in sessions of their own included', async () => {
    const source = `import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
def handler(event, context):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            time.sleep(600)
        os._exit(0)
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
`;
    const request = await pythonFunction(source, { backend });
    const runner = await startFunction(testHost(), request);
    const outcome = await runner.environment.invoke(event({}));
    const marker = String(json(outcome.payload));
    await expect.poll(() => processesOf([], marker).length).toBeGreaterThanOrEqual(3);
    await runner.environment.stop();
    expect(processesOf([], marker)).toEqual([]);
  });

  it('kills a function that takes more memory than it has', async () => {
    const source = `import threading
def handler(event, context):
    hog = bytearray(event["mb"] * 1024 * 1024)
    for at in range(0, len(hog), 4096):
        hog[at] = 1
    threading.Event().wait()
`;
    const result = await run(source, { memory: 128, event: { mb: 200 } });
    expect(result).toMatchObject({ kind: 'crash', errorType: 'Runtime.OutOfMemory', maxMemoryMb: 128 });
    expect(json(result.payload)['errorMessage']).toBe(`RequestId: ${result.requestId} Error: Runtime exited with error: signal: killed`);
    expect(result.logs).toContain('Max Memory Used: 128 MB\tInit Duration');
    expect(result.logs).toContain('Error Type: Runtime.OutOfMemory');
  });

  it('stays warm between invocations, and starts anew after a crash', async () => {
    const source = `import os
count = 0
def handler(event, context):
    global count
    count += 1
    if event.get("die"):
        os._exit(1)
    return count
`;
    const runner = await startFunction(testHost(), await pythonFunction(source, { backend }));
    try {
      const first = await runner.environment.invoke(event({}));
      const second = await runner.environment.invoke(event({}));
      const third = await runner.environment.invoke(event({ die: true }));
      const fourth = await runner.environment.invoke(event({}));
      expect([json(first.payload), json(second.payload), third.kind, json(fourth.payload)]).toEqual([1, 2, 'crash', 1]);
      expect(first.initMs).toBeGreaterThan(0);
      expect(second).not.toHaveProperty('initMs');
      expect(fourth).not.toHaveProperty('initMs');
      expect(second.logs).not.toContain(first.requestId);
    } finally {
      await runner.environment.stop();
    }
  });

  it('gives the next event to a new runtime when the last one ended after its answer was refused', async () => {
    const source = 'def handler(event, context):\n    return "x" * event["n"]\n';
    const runner = await startFunction(testHost(), await pythonFunction(source, { backend }));
    try {
      const refused = await runner.environment.invoke(event({ n: 7_000_000 }));
      const next = await runner.environment.invoke(event({ n: 3 }));
      expect(refused).toMatchObject({ kind: 'error', errorType: 'Function.ResponseSizeTooLarge' });
      expect(next.kind).toBe('response');
      expect(json(next.payload)).toBe('xxx');
    } finally {
      await runner.environment.stop();
    }
  });
});

describe.runIf(backends.includes('bubblewrap'))('the file tree under bubblewrap', () => {
  it('is read-only but for /tmp, which has its size, and knows no shared memory', async () => {
    const source = `import os, multiprocessing
def attempt(path):
    try:
        open(path, "w").close()
        return "written"
    except OSError as error:
        return type(error).__name__ if not error.errno else os.strerror(error.errno)
def handler(event, context):
    space = os.statvfs("/tmp")
    return [attempt("/var/task/x"), attempt("/opt/x"), attempt("/x"), attempt("/tmp/x"), attempt("/dev/shm/x"),
            space.f_blocks * space.f_frsize // 1048576, os.getcwd(), os.getuid(), os.path.exists("/home")]
`;
    const request = await pythonFunction(source, { backend: 'bubblewrap' });
    const result = await invokeFunction(testHost(), { ...request, event: event({}) });
    const readOnly = 'Read-only file system';
    expect(json(result.payload)).toEqual([readOnly, readOnly, readOnly, 'written', readOnly, 512, '/var/task', 993, false]);
  });
});
