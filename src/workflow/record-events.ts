import { createHash } from 'node:crypto';
import { isRecord, type NamedResource, type EventMaker, type Naming, type Plain } from './names.ts';

type Properties = Readonly<Record<string, Plain>>;

/** Batches of records from a service (Lambda developer guide, "Using AWS Lambda with other services"). */
export const recordEvents: Readonly<Record<'S3' | 'SQS' | 'SNS' | 'DynamoDB' | 'Kinesis' | 'MSK' | 'Kafka' | 'MQ' | 'DocumentDB', EventMaker>> = {
  S3: s3Event, SQS: sqsEvent, SNS: snsEvent, DynamoDB: tableEvent, Kinesis: kinesisEvent, MSK: kafkaEvent('aws:kafka'), Kafka: kafkaEvent('SelfManagedKafka'), MQ: mqEvent, DocumentDB: documentEvent,
};

const time = '2026-01-01T00:00:00.000Z';
const seconds = Date.parse(time) / 1000;
const body = JSON.stringify({ message: 'hello' });

function s3Event(properties: Properties, naming: Naming): object {
  const bucket = naming.resource(properties['Bucket']);
  const name = String(listOf(properties['Events'])[0] ?? 's3:ObjectCreated:*').replace(/^s3:/u, '').replace(/\*$/u, 'Put');
  const isRemoval = name.startsWith('ObjectRemoved');
  return {
    Records: [{
      eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: naming.region, eventTime: time,
      eventName: isRemoval ? name.replace(/Put$/u, 'Delete') : name,
      userIdentity: { principalId: 'EXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': 'EXAMPLE123456789', 'x-amz-id-2': 'EXAMPLE' },
      s3: {
        s3SchemaVersion: '1.0', configurationId: 'example',
        bucket: { name: bucket.name, ownerIdentity: { principalId: 'EXAMPLE' }, arn: `arn:aws:s3:::${bucket.name}` },
        object: { key: objectKey(properties['Filter']), ...(isRemoval ? {} : { size: 1024, eTag: '0123456789abcdef0123456789abcdef' }), sequencer: '0A1B2C3D4E5F678901' },
      },
    }],
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
  return encodeURIComponent(`${valueOf('prefix')}example${valueOf('suffix') || '.txt'}`).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function sqsEvent(properties: Properties, naming: Naming): object {
  const queue = naming.resource(properties['Queue']);
  const fifo = queue.name.endsWith('.fifo') ? { MessageGroupId: 'example', MessageDeduplicationId: 'example-1', SequenceNumber: '18849496460467696128' } : {};
  return {
    Records: [{
      messageId: '00000000-0000-4000-8000-000000000001', receiptHandle: 'EXAMPLE', body,
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(seconds * 1000), SenderId: 'EXAMPLE', ApproximateFirstReceiveTimestamp: String(seconds * 1000), ...fifo },
      messageAttributes: {}, md5OfBody: createHash('md5').update(body).digest('hex'), eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${naming.region}:${naming.account}:${queue.name}`, awsRegion: naming.region,
    }],
  };
}

function snsEvent(properties: Properties, naming: Naming): object {
  const topic = `arn:aws:sns:${naming.region}:${naming.account}:${naming.resource(properties['Topic']).name}`;
  return {
    Records: [{
      EventVersion: '1.0', EventSubscriptionArn: `${topic}:00000000-0000-4000-8000-000000000002`, EventSource: 'aws:sns',
      Sns: {
        Type: 'Notification', MessageId: '00000000-0000-4000-8000-000000000001', TopicArn: topic, Subject: 'Example', Message: body, Timestamp: time,
        SignatureVersion: '1', Signature: 'EXAMPLE', SigningCertUrl: 'EXAMPLE', UnsubscribeUrl: 'EXAMPLE', MessageAttributes: {},
      },
    }],
  };
}

function tableEvent(properties: Properties, naming: Naming): object {
  const table = naming.resource(properties['Stream']);
  const name = typeof properties['Stream'] === 'string' ? (/table\/([^/]+)/u.exec(properties['Stream'])?.[1] ?? table.name) : table.name;
  const keys = keysOf(table);
  return {
    Records: [{
      eventID: '00000000000000000000000000000001', eventName: 'INSERT', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: naming.region,
      dynamodb: { ApproximateCreationDateTime: seconds, Keys: keys, ...imagesOf(table, keys), SequenceNumber: '111', SizeBytes: 26, StreamViewType: viewOf(table) },
      eventSourceARN: `arn:aws:dynamodb:${naming.region}:${naming.account}:table/${name}/stream/2026-01-01T00:00:00.000`,
    }],
  };
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

function imagesOf(table: NamedResource, keys: object): object {
  return /^(?:NEW_IMAGE|NEW_AND_OLD_IMAGES)$/u.test(viewOf(table)) ? { NewImage: { ...keys, message: { S: 'hello' } } } : {};
}

function kinesisEvent(properties: Properties, naming: Naming): object {
  const stream = naming.resource(properties['Stream']);
  return {
    Records: [{
      kinesis: { kinesisSchemaVersion: '1.0', partitionKey: '1', sequenceNumber: '49590338271490256608559692538361571095921575989136588898', data: base64(body), approximateArrivalTimestamp: seconds },
      eventSource: 'aws:kinesis', eventVersion: '1.0', eventID: 'shardId-000000000000:49590338271490256608559692538361571095921575989136588898', eventName: 'aws:kinesis:record',
      invokeIdentityArn: `arn:aws:iam::${naming.account}:role/example`, awsRegion: naming.region, eventSourceARN: `arn:aws:kinesis:${naming.region}:${naming.account}:stream/${stream.name}`,
    }],
  };
}

function kafkaEvent(eventSource: string): (properties: Properties, naming: Naming) => object {
  return (properties, naming) => {
    const topic = String(listOf(properties['Topics'])[0] ?? 'example');
    const cluster = naming.resource(properties['Stream']);
    return {
      eventSource,
      ...(eventSource === 'aws:kafka' ? { eventSourceArn: `arn:aws:kafka:${naming.region}:${naming.account}:cluster/${cluster.name}/00000000-0000-4000-8000-000000000001-1` } : {}),
      bootstrapServers: 'b-1.example.com:9092',
      records: { [`${topic}-0`]: [{ topic, partition: 0, offset: 15, timestamp: seconds * 1000, timestampType: 'CREATE_TIME', key: base64('example'), value: base64(body), headers: [] }] },
    };
  };
}

function mqEvent(properties: Properties, naming: Naming): object {
  const broker = naming.resource(properties['Broker']);
  const queue = String(listOf(properties['Queues'])[0] ?? 'example');
  return {
    eventSource: 'aws:mq', eventSourceArn: `arn:aws:mq:${naming.region}:${naming.account}:broker:${broker.name}:b-00000000-0000-4000-8000-000000000001`,
    messages: [{
      messageID: 'ID:example-1', messageType: 'jms/text-message', deliveryMode: 1, replyTo: null, type: null, expiration: '0', priority: 0, correlationId: '', redelivered: false,
      destination: { physicalName: queue }, data: base64(body), timestamp: seconds * 1000, brokerInTime: seconds * 1000, brokerOutTime: seconds * 1000, properties: {},
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
