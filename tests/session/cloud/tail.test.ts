import { afterEach, describe, expect, it } from 'vitest';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAwsClient, type AwsClient } from '../../../src/aws/client.ts';
import { tailLogs, type TailedLine } from '../../../src/session/cloud/tail.ts';
import { startCloud, type CloudStandIn } from '../../support/cloud.ts';
import { testHost } from '../../support/host.ts';

const keys = { accessKeyId: 'AK', secretAccessKey: 's', sessionToken: undefined, expiresAt: undefined };
const credentials = { keys: () => Promise.resolve(keys), refresh: () => Promise.resolve(keys) };
const clientFor = (url: string): AwsClient => createAwsClient(testHost({ env: { AWS_ENDPOINT_URL: url } }), { region: 'eu-west-1', profile: undefined, credentials, wait: () => Promise.resolve() });
const groups = new Map([['First', '/aws/lambda/first'], ['Second', '/aws/lambda/second']]);
let cloud: CloudStandIn | undefined;
let server: Server | undefined;
afterEach(async () => {
  await cloud?.[Symbol.asyncDispose]();
  server?.closeAllConnections();
  server?.close();
  [cloud, server] = [undefined, undefined];
});

describe('logs of several functions', () => {
  it('are looked for again and again, merged by time, each line once, over a fault', async () => {
    cloud = await startCloud();
    cloud.logs.push({ group: '/aws/lambda/second', time: 2000, text: 'b\n' }, { group: '/aws/lambda/first', time: 1000, text: 'a\n' });
    const stop = new AbortController();
    const lines: TailedLine[] = [];
    const ways: string[] = [];
    let rounds = 0;
    await tailLogs(clientFor(cloud.url), {
      groups, from: 0, signal: stop.signal, now: () => 3000 + rounds, mayBeLive: false, onLines: (more) => void lines.push(...more), onWay: (way, why) => void ways.push(`${way} ${why ?? ''}`),
      wait: () => {
        rounds += 1;
        if (rounds === 1) cloud?.logs.push({ group: '/aws/lambda/first', time: 2500, text: 'late' });
        if (rounds === 2) cloud?.faults.set('FilterLogEvents', [{ kind: 'error', status: 403, code: 'AccessDeniedException' }]);
        if (rounds === 4) stop.abort();
        return Promise.resolve();
      },
    });
    expect(lines).toEqual([{ name: 'First', time: 1000, text: 'a' }, { name: 'Second', time: 2000, text: 'b' }, { name: 'First', time: 2500, text: 'late' }]);
    expect(ways[0]).toBe('polling ');
    expect(ways[1]).toMatch(/^polling FilterLogEvents of .* is not allowed$/u);
    expect(ways).toHaveLength(2);
  });

  it('come by live tail where that is allowed, cut into whatever pieces', async () => {
    const codec = new EventStreamCodec((bytes) => Buffer.from(bytes).toString(), (text) => Buffer.from(text));
    const frame = (type: string, body: object): Buffer => Buffer.from(codec.encode({ headers: { ':event-type': { type: 'string', value: type }, ':message-type': { type: 'string', value: 'event' } }, body: Buffer.from(JSON.stringify(body)) }));
    const bytes = Buffer.concat([frame('sessionStart', {}), frame('sessionUpdate', { sessionResults: [{ logStreamName: 's', logGroupIdentifier: '1:/aws/lambda/second', message: 'hello\n', timestamp: 5 }] })]);
    server = createServer((request, response) => {
      const target = String(request.headers['x-amz-target']).split('.')[1];
      request.resume().on('end', () => {
        if (target === 'DescribeLogGroups') response.end(JSON.stringify({ logGroups: [...groups.values()].map((logGroupName) => ({ logGroupName, arn: `arn:aws:logs:eu-west-1:1:log-group:${logGroupName}:*` })) }));
        else {
          response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
          response.write(bytes.subarray(0, 7));
          setImmediate(() => void response.write(bytes.subarray(7)));
        }
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const stop = new AbortController();
    const ways: string[] = [];
    const lines: TailedLine[] = [];
    await tailLogs(clientFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), {
      groups, from: 0, signal: stop.signal, now: () => 0, wait: () => Promise.resolve(), mayBeLive: true, onWay: (way) => void ways.push(way),
      onLines: (more) => {
        lines.push(...more);
        stop.abort();
      },
    });
    expect(ways).toEqual(['live']);
    expect(lines).toEqual([{ name: 'Second', time: 5, text: 'hello' }]);
  });
});
