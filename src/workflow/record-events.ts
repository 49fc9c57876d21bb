import { createHash } from 'node:crypto';
import { batch, hasAny, uuid, type Given } from './given.ts';
import { isRecord, type NamedResource, type EventMaker, type Naming, type Plain } from './names.ts';

type Properties = Readonly<Record<string, Plain>>;

/** Batches of records from a service (Lambda developer guide, "Using AWS Lambda with other services"). */
export const recordEvents: Readonly<Record<'S3' | 'SQS' | 'SNS' | 'DynamoDB' | 'Kinesis' | 'MSK' | 'Kafka' | 'MQ' | 'DocumentDB', EventMaker>> = {
  S3: s3Event, SQS: sqsEvent, SNS: snsEvent, DynamoDB: tableEvent, Kinesis: kinesisEvent, MSK: kafkaEvent('aws:kafka'), Kafka: kafkaEvent('SelfManagedKafka'), MQ: mqEvent, DocumentDB: documentEvent,
};

const time = '2026-01-01T00:00:00.000Z';
const seconds = Date.parse(time) / 1000;
const body = JSON.stringify({ message: 'hello' });

function s3Event(properties: Properties, naming: Naming, given: Given = {}): object {
  const bucket = naming.resource(properties['Bucket']);
  const name = given.action ?? String(listOf(properties['Events'])[0] ?? 's3:ObjectCreated:*').replace(/^s3:/u, '').replace(/\*$/u, 'Put');
  const isRemoval = name.startsWith('ObjectRemoved');
  const key = given.key === undefined ? objectKey(properties['Filter']) : encodedKey(given.key);
  return {
    Records: batch(given, (ordinal) => ({
      eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: naming.region, eventTime: time,
      eventName: isRemoval ? name.replace(/Put$/u, 'Delete') : name,
      userIdentity: { principalId: 'EXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': 'EXAMPLE123456789', 'x-amz-id-2': 'EXAMPLE' },
      s3: {
        s3SchemaVersion: '1.0', configurationId: 'example',
        bucket: { name: bucket.name, ownerIdentity: { principalId: 'EXAMPLE' }, arn: `arn:aws:s3:::${bucket.name}` },
        object: { key: ordinal === 1 ? key : key.replace(/(?=\.[^./]*$|$)/u, `-${ordinal}`), ...(isRemoval ? {} : { size: given.size ?? 1024, eTag: '0123456789abcdef0123456789abcdef' }), sequencer: '0A1B2C3D4E5F678901' },
      },
    })),
  };
}

/** A key that the filter lets through, URL-encoded as in real events. */
function objectKey(filter: Plain): string {
  const key = isRecord(filter) ? (filter['S3Key'] ?? filter['Key']) : undefined;
  const rules = isRecord(key) ? listOf(key['Rules']) : [];
  const valueOf = (name: string): string => {
    const rule = rules.find((one) => isRecord(one) && String(one['Name']).toLowerCase() === name);
    return isRecord(rule) && typeof rule['Value'] === 'string' ? rule['Value'] : '';
  };
  return encodedKey(`${valueOf('prefix')}example${valueOf('suffix') || '.txt'}`);
}

function encodedKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function sqsEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const queue = naming.resource(properties['Queue']);
  const text = given.body ?? body;
  const fifo = (ordinal: number): object => (queue.name.endsWith('.fifo') ? { MessageGroupId: given.key ?? 'example', MessageDeduplicationId: `example-${ordinal}`, SequenceNumber: `1884949646046769${7127 + ordinal}` } : {});
  const messageAttributes = Object.fromEntries(Object.entries(given.attributes ?? {}).map(([name, value]) => [name, { stringValue: value, stringListValues: [], binaryListValues: [], dataType: 'String' }]));
  return {
    Records: batch(given, (ordinal) => ({
      messageId: uuid(ordinal), receiptHandle: 'EXAMPLE', body: text,
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(seconds * 1000), SenderId: 'EXAMPLE', ApproximateFirstReceiveTimestamp: String(seconds * 1000), ...fifo(ordinal) },
      messageAttributes, md5OfBody: createHash('md5').update(text).digest('hex'), eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${naming.region}:${naming.account}:${queue.name}`, awsRegion: naming.region,
    })),
  };
}

/** One record always: SNS calls the function once for each notification. */
function snsEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const topic = `arn:aws:sns:${naming.region}:${naming.account}:${naming.resource(properties['Topic']).name}`;
  return {
    Records: [{
      EventVersion: '1.0', EventSubscriptionArn: `${topic}:${uuid(2)}`, EventSource: 'aws:sns',
      Sns: {
        Type: 'Notification', MessageId: uuid(1), TopicArn: topic, Subject: given.subject ?? 'Example', Message: given.body ?? body, Timestamp: time,
        SignatureVersion: '1', Signature: 'EXAMPLE', SigningCertUrl: 'EXAMPLE', UnsubscribeUrl: 'EXAMPLE',
        MessageAttributes: Object.fromEntries(Object.entries(given.attributes ?? {}).map(([name, value]) => [name, { Type: 'String', Value: value }])),
      },
    }],
  };
}

function tableEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const table = naming.resource(properties['Stream']);
  const name = typeof properties['Stream'] === 'string' ? (/table\/([^/]+)/u.exec(properties['Stream'])?.[1] ?? table.name) : table.name;
  const action = given.action ?? 'INSERT';
  return {
    Records: batch(given, (ordinal) => {
      const keys = withGiven(keysOf(table), given, ordinal);
      return {
        eventID: String(ordinal).padStart(32, '0'), eventName: action, eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: naming.region,
        dynamodb: { ApproximateCreationDateTime: seconds, Keys: keys, ...imagesOf(table, { keys, action, given }), SequenceNumber: String(110 + ordinal), SizeBytes: given.size ?? 26, StreamViewType: viewOf(table) },
        eventSourceARN: `arn:aws:dynamodb:${naming.region}:${naming.account}:table/${name}/stream/2026-01-01T00:00:00.000`,
      };
    }),
  };
}

type Attributes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Keys with the values that are asked for; later records of a batch get others, as no two items have the same. */
function withGiven(keys: Attributes, { attributes }: Given, ordinal: number): Attributes {
  return Object.fromEntries(Object.entries(keys).map(([name, value]) => {
    const [type = 'S', text = ''] = Object.entries(value)[0] ?? [];
    const wanted = attributes?.[name];
    if (wanted !== undefined) return [name, { [type]: wanted }];
    return [name, { [type]: ordinal === 1 ? text : type === 'N' ? String(ordinal) : `${text}-${ordinal}` }];
  }));
}

function viewOf(table: NamedResource): string {
  const given = isRecord(table.properties['StreamSpecification']) ? table.properties['StreamSpecification']['StreamViewType'] : undefined;
  return typeof given === 'string' ? given : 'NEW_AND_OLD_IMAGES';
}

/** The key attributes that the table declares, in DynamoDB's JSON. */
function keysOf(table: NamedResource): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const simple = table.properties['PrimaryKey'];
  const schema = listOf(table.properties['KeySchema']).flatMap((one) => (isRecord(one) && typeof one['AttributeName'] === 'string' ? [one['AttributeName']] : []));
  const types = new Map(listOf(table.properties['AttributeDefinitions']).flatMap((one) => (isRecord(one) ? [[one['AttributeName'], String(one['AttributeType'])] as const] : [])));
  const names = schema.length > 0 ? schema : [isRecord(simple) && typeof simple['Name'] === 'string' ? simple['Name'] : 'id'];
  return Object.fromEntries(names.map((name) => [name, types.get(name) === 'N' || (isRecord(simple) && simple['Type'] === 'Number') ? { N: '1' } : { S: 'example' }]));
}

/** The item as it is and as it was, as far as the table's stream shows them. */
function imagesOf(table: NamedResource, { keys, action, given }: { readonly keys: Attributes; readonly action: string; readonly given: Given }): object {
  const view = viewOf(table);
  const others = Object.fromEntries(Object.entries(given.attributes ?? {}).filter(([name]) => !(name in keys)).map(([name, value]) => [name, typed(value)]));
  const item = { ...keys, ...(hasAny(given.attributes) ? others : { message: { S: 'hello' } }) };
  const before = action === 'MODIFY' && !hasAny(given.attributes) ? { ...item, message: { S: 'before' } } : item;
  return {
    ...(action !== 'REMOVE' && /^NEW_(?:IMAGE|AND_OLD_IMAGES)$/u.test(view) ? { NewImage: item } : {}),
    ...(action !== 'INSERT' && /^(?:OLD_IMAGE|NEW_AND_OLD_IMAGES)$/u.test(view) ? { OldImage: before } : {}),
  };
}

/** A value in DynamoDB's JSON: numbers and truth values as such, all else as text. */
function typed(value: string): object {
  if (/^-?\d+(?:\.\d+)?$/u.test(value)) return { N: value };
  return value === 'true' || value === 'false' ? { BOOL: value === 'true' } : { S: value };
}

function kinesisEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const stream = naming.resource(properties['Stream']);
  return {
    Records: batch(given, (ordinal) => {
      const sequenceNumber = `4959033827149025660855969253836157109592157598913658${8897 + ordinal}`;
      return {
        kinesis: { kinesisSchemaVersion: '1.0', partitionKey: given.key ?? '1', sequenceNumber, data: base64(given.body ?? body), approximateArrivalTimestamp: seconds },
        eventSource: 'aws:kinesis', eventVersion: '1.0', eventID: `shardId-000000000000:${sequenceNumber}`, eventName: 'aws:kinesis:record',
        invokeIdentityArn: `arn:aws:iam::${naming.account}:role/example`, awsRegion: naming.region, eventSourceARN: `arn:aws:kinesis:${naming.region}:${naming.account}:stream/${stream.name}`,
      };
    }),
  };
}

function kafkaEvent(eventSource: string): EventMaker {
  return (properties, naming, given = {}) => {
    const topic = String(listOf(properties['Topics'])[0] ?? 'example');
    const cluster = naming.resource(properties['Stream']);
    return {
      eventSource,
      ...(eventSource === 'aws:kafka' ? { eventSourceArn: `arn:aws:kafka:${naming.region}:${naming.account}:cluster/${cluster.name}/00000000-0000-4000-8000-000000000001-1` } : {}),
      bootstrapServers: 'b-1.example.com:9092',
      records: { [`${topic}-0`]: [{ topic, partition: 0, offset: 15, timestamp: seconds * 1000, timestampType: 'CREATE_TIME', key: base64(given.key ?? 'example'), value: base64(given.body ?? body), headers: [] }] },
    };
  };
}

function mqEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const broker = naming.resource(properties['Broker']);
  const queue = String(listOf(properties['Queues'])[0] ?? 'example');
  return {
    eventSource: 'aws:mq', eventSourceArn: `arn:aws:mq:${naming.region}:${naming.account}:broker:${broker.name}:b-00000000-0000-4000-8000-000000000001`,
    messages: [{
      messageID: 'ID:example-1', messageType: 'jms/text-message', deliveryMode: 1, replyTo: null, type: null, expiration: '0', priority: 0, correlationId: '', redelivered: false,
      destination: { physicalName: queue }, data: base64(given.body ?? body), timestamp: seconds * 1000, brokerInTime: seconds * 1000, brokerOutTime: seconds * 1000, properties: {},
    }],
  };
}

function documentEvent(properties: Properties, naming: Naming): object {
  const cluster = naming.resource(properties['Cluster'] ?? properties['Stream']);
  const named = (name: string, otherwise: string): string => (typeof properties[name] === 'string' ? properties[name] : otherwise);
  return {
    eventSourceArn: `arn:aws:rds:${naming.region}:${naming.account}:cluster:${cluster.name}`, eventSource: 'aws:docdb',
    events: [{
      event: {
        _id: { _data: '0163eeb6e7000000090100000009000041e1' }, clusterTime: { $timestamp: { t: seconds, i: 9 } }, documentKey: { _id: { $oid: '63eeb6e7d418cd98afb1c1d7' } },
        fullDocument: { _id: { $oid: '63eeb6e7d418cd98afb1c1d7' }, message: 'hello' }, ns: { db: named('DatabaseName', 'example'), coll: named('CollectionName', 'example') }, operationType: 'insert',
      },
    }],
  };
}

function listOf(value: Plain): readonly Plain[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
