import type { AwsClient } from './client.ts';
import { jsonOf, listIn, textIn, type Json } from './json.ts';

/** One line of a log group. */
export interface LogLine {
  readonly group: string;
  readonly stream: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly text: string;
  /** Unique within its group. */
  readonly id: string;
}

const headers = (operation: string): Readonly<Record<string, string>> => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${operation}` });

/** FilterLogEvents of one group from a time on, all pages; nothing for a group that is not there yet. */
export async function filterLogEvents(aws: AwsClient, group: string, { from, pattern }: { readonly from: number; readonly pattern?: string | undefined }): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  let next: string | undefined;
  do {
    const body = JSON.stringify({ logGroupName: group, startTime: Math.floor(from), ...(pattern === undefined ? {} : { filterPattern: pattern }), ...(next === undefined ? {} : { nextToken: next }) });
    const answer = await aws.call({ service: 'logs', what: `FilterLogEvents of ${group}`, method: 'POST', path: '/', headers: headers('FilterLogEvents'), body, accept: ({ code }) => code === 'ResourceNotFoundException' });
    if (answer.error) return [];
    const json = jsonOf(answer.text);
    lines.push(...listIn(json, 'events').map((event) => lineOf(event, group)));
    next = textIn(json, 'nextToken');
  } while (next !== undefined);
  return lines;
}

function lineOf(event: Json, group: string): LogLine {
  const [stream, text] = [textIn(event, 'logStreamName') ?? '', textIn(event, 'message') ?? ''];
  const time = Number(event['timestamp'] ?? 0);
  return { group, stream, time, text, id: textIn(event, 'eventId') ?? `${stream} ${time} ${text}` };
}

/** The ARNs of groups, which live tail asks for; groups that are not there yet are left out. */
export async function groupArns(aws: AwsClient, groups: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(groups.map(async (group) => {
    const answer = await aws.call({ service: 'logs', what: `DescribeLogGroups of ${group}`, method: 'POST', path: '/', headers: headers('DescribeLogGroups'), body: JSON.stringify({ logGroupNamePrefix: group }) });
    const own = listIn(jsonOf(answer.text), 'logGroups').find((one) => textIn(one, 'logGroupName') === group);
    const arn = own && (textIn(own, 'logGroupArn') ?? textIn(own, 'arn')?.replace(/:\*$/u, ''));
    return arn === undefined ? [] : [[group, arn] as const];
  }));
  return new Map(found.flat());
}

/**
 * StartLiveTail: lines as they come, until it ends (after three hours at most) or `signal` stops it. At most ten groups
 * (CloudWatch Logs API, StartLiveTail). Rejects where it is not allowed or not there.
 */
export async function liveTail(aws: AwsClient, arns: readonly string[], { onLines, onOpen, signal }: { readonly onLines: (lines: readonly LogLine[]) => void; readonly onOpen: () => void; readonly signal: AbortSignal }): Promise<void> {
  const response = await aws.open({ service: 'logs', what: 'StartLiveTail', method: 'POST', path: '/', hostPrefix: 'streaming-', headers: { ...headers('StartLiveTail'), accept: 'application/vnd.amazon.eventstream' }, body: JSON.stringify({ logGroupIdentifiers: arns }) });
  const stop = (): void => void response.body.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const { EventStreamCodec } = await import('@smithy/eventstream-codec');
  const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
  const codec = new EventStreamCodec(utf8, (text) => Buffer.from(text));
  onOpen();
  try {
    for await (const frame of framesOf(response.body)) {
      const { headers: told, body } = codec.decode(frame);
      if (told[':event-type']?.value !== 'sessionUpdate') continue;
      onLines(listIn(jsonOf(utf8(body)), 'sessionResults').map((event) => {
        const group = textIn(event, 'logGroupIdentifier')?.split(':').at(-1) ?? '';
        return { ...lineOf(event, group), id: `${textIn(event, 'logStreamName') ?? ''} ${Number(event['timestamp'])} ${textIn(event, 'message') ?? ''}` };
      }));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    response.body.destroy();
  }
}

/** Cuts a stream into its messages: each begins with its length (4 bytes). */
async function* framesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0) && rest.readUInt32BE(0) > 0) {
      const size = rest.readUInt32BE(0);
      yield rest.subarray(0, size);
      rest = rest.subarray(size);
    }
  }
}
