import { gzipSync } from 'node:zlib';
import { batch, uuid, type Given } from './given.ts';
import { isRecord, type EventMaker, type Naming, type Plain } from './names.ts';

type Properties = Readonly<Record<string, Plain>>;

/** Events that are no requests and no batches of records. */
export const otherEvents: Readonly<Record<'EventBridge' | 'Schedule' | 'Scheduler' | 'CloudWatchLogs' | 'Cognito' | 'IoTRule' | 'Alexa', EventMaker>> = { EventBridge: busEvent, Schedule: scheduledEvent, Scheduler: schedulerEvent, CloudWatchLogs: logsEvent, Cognito: cognitoEvent, IoTRule: iotEvent, Alexa: alexaEvent };

const time = '2026-01-01T00:00:00Z';
const id = uuid(1);

function busEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const input = inputOf(properties);
  if (input && given.body === undefined) return input;
  const pattern = isRecord(properties['Pattern']) ? properties['Pattern'] : {};
  return {
    'version': '0', id, 'detail-type': given.detailType ?? firstOf(pattern['detail-type']) ?? 'Example', 'source': given.source ?? firstOf(pattern['source']) ?? 'example',
    'account': naming.account, time, 'region': naming.region, 'resources': firstOf(pattern['resources']) === undefined ? [] : [firstOf(pattern['resources'])],
    'detail': given.body === undefined ? matching(pattern['detail']) : jsonOr(given.body),
  };
}

/** JSON as what it means, all else as the text that it is. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value that an event pattern matches (EventBridge user guide, "event patterns"). */
function matching(pattern: Plain): unknown {
  if (Array.isArray(pattern)) return literalOf(pattern[0]);
  if (!isRecord(pattern)) return {};
  return Object.fromEntries(Object.entries(pattern).filter(([name]) => !name.startsWith('$')).map(([name, value]) => [name, matching(value)]));
}

function literalOf(filter: Plain): unknown {
  if (!isRecord(filter)) return filter ?? null;
  const [[name, value] = ['', undefined]] = Object.entries(filter);
  if (name === 'prefix') return `${String(isRecord(value) ? Object.values(value)[0] : value)}example`;
  if (name === 'suffix') return `example${String(isRecord(value) ? Object.values(value)[0] : value)}`;
  if (name === 'equals-ignore-case' || name === 'wildcard') return String(value).replaceAll('*', 'example');
  return name === 'numeric' && Array.isArray(value) ? value[1] : 'example';
}

function firstOf(pattern: Plain): unknown {
  return Array.isArray(pattern) && pattern.length > 0 ? literalOf(pattern[0]) : undefined;
}

/** The event that a rule or schedule sends instead of its own. */
function inputOf(properties: Properties): object | undefined {
  const input = properties['Input'];
  if (typeof input !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(input);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function scheduledEvent(properties: Properties, naming: Naming): object {
  const name = typeof properties['Name'] === 'string' ? properties['Name'] : 'example';
  return inputOf(properties) ?? {
    'version': '0', id, 'detail-type': 'Scheduled Event', 'source': 'aws.events', 'account': naming.account, time, 'region': naming.region,
    'resources': [`arn:aws:events:${naming.region}:${naming.account}:rule/${name}`], 'detail': {},
  };
}

function schedulerEvent(properties: Properties, naming: Naming): object {
  const name = typeof properties['Name'] === 'string' ? properties['Name'] : 'example';
  return inputOf(properties) ?? {
    'version': '0', id, 'detail-type': 'Scheduled Event', 'source': 'aws.scheduler', 'account': naming.account, time, 'region': naming.region,
    'resources': [`arn:aws:scheduler:${naming.region}:${naming.account}:schedule/default/${name}`], 'detail': '{}',
  };
}

function logsEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const group = naming.resource(properties['LogGroupName']);
  const message = {
    messageType: 'DATA_MESSAGE', owner: naming.account, logGroup: typeof properties['LogGroupName'] === 'string' ? properties['LogGroupName'] : group.name, logStream: 'example', subscriptionFilters: ['example'],
    logEvents: batch(given, (ordinal) => ({ id: `3607286837781044700000000000000000000000000000000000000${ordinal}`.slice(0, 56), timestamp: Date.parse(time), message: given.body ?? 'hello' })),
  };
  return { awslogs: { data: gzipSync(JSON.stringify(message), { level: 9 }).toString('base64') } };
}

/** By trigger, the source that the event names and what it asks for (Cognito developer guide, "Lambda triggers"). */
const cognitoTriggers: Readonly<Record<string, readonly [source: string, request: object, response: object]>> = {
  PreSignUp: ['PreSignUp_SignUp', { validationData: null }, { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false }],
  PostConfirmation: ['PostConfirmation_ConfirmSignUp', {}, {}],
  PreAuthentication: ['PreAuthentication_Authentication', { userNotFound: false }, {}],
  PostAuthentication: ['PostAuthentication_Authentication', { newDeviceUsed: false }, {}],
  PreTokenGeneration: ['TokenGeneration_Authentication', { groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null } }, { claimsOverrideDetails: null }],
  PreTokenGenerationConfig: ['TokenGeneration_Authentication', { groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null } }, { claimsOverrideDetails: null }],
  CustomMessage: ['CustomMessage_SignUp', { codeParameter: '{####}', usernameParameter: null, linkParameter: null }, { smsMessage: null, emailMessage: null, emailSubject: null }],
  DefineAuthChallenge: ['DefineAuthChallenge_Authentication', { session: [] }, { challengeName: null, issueTokens: null, failAuthentication: null }],
  CreateAuthChallenge: ['CreateAuthChallenge_Authentication', { challengeName: 'CUSTOM_CHALLENGE', session: [] }, { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null }],
  VerifyAuthChallengeResponse: ['VerifyAuthChallengeResponse_Authentication', { privateChallengeParameters: { answer: 'example' }, challengeAnswer: 'example' }, { answerCorrect: null }],
  UserMigration: ['UserMigration_Authentication', { password: 'example', validationData: null, clientMetadata: null }, { userAttributes: null, finalUserStatus: null, messageAction: null }],
};

function cognitoEvent(properties: Properties, naming: Naming, given: Given = {}): object {
  const trigger = given.action ?? String(Array.isArray(properties['Trigger']) ? properties['Trigger'][0] : properties['Trigger']);
  const [triggerSource, request, response] = cognitoTriggers[trigger] ?? [`${trigger}_Example`, {}, {}];
  return {
    version: '1', triggerSource, region: naming.region, userPoolId: `${naming.region}_EXAMPLE`, userName: given.key ?? 'example',
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: 'EXAMPLE' },
    request: { userAttributes: { sub: id, email: 'someone@example.com', email_verified: 'true', ...given.attributes }, ...request }, response,
  };
}

/** The fields that the rule selects; a rule that selects all passes on what the device sent. */
function iotEvent(properties: Properties): object {
  const selected = /select\s+([\s\S]*?)\s+from/iu.exec(String(properties['Sql'] ?? ''))?.[1] ?? '*';
  const names = selected.split(',').map((part) => (/\bas\s+(\w+)\s*$/iu.exec(part)?.[1] ?? part).trim()).filter((name) => /^\w+$/u.test(name));
  return Object.fromEntries((names.length > 0 ? names : ['message']).map((name) => [name, 'example']));
}

function alexaEvent(): object {
  const application = { applicationId: 'amzn1.ask.skill.00000000-0000-4000-8000-000000000001' };
  const user = { userId: 'amzn1.ask.account.EXAMPLE' };
  return {
    version: '1.0', session: { new: true, sessionId: `amzn1.echo-api.session.${id}`, application, attributes: {}, user },
    context: { System: { application, user, device: { deviceId: 'EXAMPLE', supportedInterfaces: {} }, apiEndpoint: 'https://api.amazonalexa.com', apiAccessToken: 'EXAMPLE' } },
    request: { type: 'LaunchRequest', requestId: `amzn1.echo-api.request.${id}`, timestamp: time, locale: 'en-US' },
  };
}
