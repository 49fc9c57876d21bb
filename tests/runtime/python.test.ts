import { describe, expect, it } from 'vitest';
import { invokeFunction, startFunction } from '../../src/runtime/invoke.ts';
import { backends, pythonFunction, testHost } from './rig.ts';

const event = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const json = (payload: Uint8Array): unknown => JSON.parse(Buffer.from(payload).toString('utf8'));

describe.each(backends)('a Python function under %s', (backend) => {
  it('answers', async () => {
    const request = await pythonFunction('def handler(event, context):\n    print("hello")\n    return {"got": event}\n', { backend });
    const t = performance.now();
    const result = await invokeFunction(testHost(), { ...request, event: event({ a: 'ü✓' }) });
    console.log(result, Buffer.from(result.payload).toString(), performance.now() - t);
    expect(result.kind).toBe('response');
    expect(json(result.payload)).toEqual({ got: { a: 'ü✓' } });
  });
});
