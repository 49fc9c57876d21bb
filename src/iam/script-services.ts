/** boto3's names of the services, by the end of a client package of the AWS SDK for JavaScript v3 (`@aws-sdk/client-sfn`) and by the class of v2 (`AWS.StepFunctions`). */
const clients: readonly (readonly [service: string, v3: string, v2: string])[] = [
  ['s3', 's3', 'S3'], ['dynamodb', 'dynamodb', 'DynamoDB'], ['sqs', 'sqs', 'SQS'], ['sns', 'sns', 'SNS'], ['ssm', 'ssm', 'SSM'], ['secretsmanager', 'secrets-manager', 'SecretsManager'],
  ['lambda', 'lambda', 'Lambda'], ['events', 'eventbridge', 'EventBridge'], ['stepfunctions', 'sfn', 'StepFunctions'], ['kinesis', 'kinesis', 'Kinesis'], ['firehose', 'firehose', 'Firehose'],
  ['cloudwatch', 'cloudwatch', 'CloudWatch'], ['logs', 'cloudwatch-logs', 'CloudWatchLogs'], ['ses', 'ses', 'SES'], ['sesv2', 'sesv2', 'SESV2'], ['polly', 'polly', 'Polly'], ['translate', 'translate', 'Translate'],
  ['comprehend', 'comprehend', 'Comprehend'], ['rekognition', 'rekognition', 'Rekognition'], ['textract', 'textract', 'Textract'], ['transcribe', 'transcribe', 'TranscribeService'], ['athena', 'athena', 'Athena'],
  ['bedrock-runtime', 'bedrock-runtime', 'BedrockRuntime'], ['cognito-idp', 'cognito-identity-provider', 'CognitoIdentityServiceProvider'], ['kms', 'kms', 'KMS'], ['sts', 'sts', 'STS'], ['xray', 'xray', 'XRay'],
  ['sagemaker-runtime', 'sagemaker-runtime', 'SageMakerRuntime'], ['apigatewaymanagementapi', 'apigatewaymanagementapi', 'ApiGatewayManagementApi'],
];

const byPackage: ReadonlyMap<string, string> = new Map(clients.map(([service, v3]) => [`@aws-sdk/client-${v3}`, service]));
const byClass: ReadonlyMap<string, string> = new Map([...clients.map(([service, , v2]) => [v2, service] as const), ['CloudWatchEvents', 'events'] as const]);

/** What a module of npm's calls: services of the SDK, or doubts about service prefixes (`*` for all). */
export interface ScriptModule {
  readonly services: readonly string[];
  readonly doubts: readonly string[];
}

const nothing: ScriptModule = { services: [], doubts: [] };
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Node's own modules. Source: Node's documentation, `module.builtinModules`. */
const builtin = words('assert async_hooks buffer child_process cluster console constants crypto dgram dns domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib');

/** Packages that never call AWS by themselves. Source: each package's own sources or dependencies. */
const harmless = words('aws-lambda @types/aws-lambda @aws-sdk/util-dynamodb @aws-sdk/types @aws-sdk/util-endpoints @aws-sdk/url-parser @smithy/types @smithy/node-http-handler @smithy/util-stream @smithy/util-retry @aws-sdk/util-retry @aws-sdk/node-http-handler @aws-sdk/util-create-request aws-xray-sdk aws-xray-sdk-core @aws-lambda-powertools/logger @aws-lambda-powertools/tracer @aws-lambda-powertools/metrics @aws-lambda-powertools/commons @aws-lambda-powertools/batch @aws-lambda-powertools/parser @aws-lambda-powertools/event-handler @aws-lambda-powertools/jmespath @aws-lambda-powertools/validation @middy/core @middy/http-json-body-parser @middy/http-error-handler @middy/http-cors @middy/validator @middy/http-event-normalizer @middy/http-header-normalizer @middy/input-output-logger @middy/error-logger @middy/warmup @middy/util axios node-fetch got undici superagent request request-promise cross-fetch form-data lodash ramda underscore uuid ulid nanoid ksuid moment moment-timezone dayjs date-fns luxon ms zod joi yup ajv ajv-formats class-validator class-transformer reflect-metadata inversify tsyringe source-map-support tslib dotenv winston pino bunyan lambda-log express cors helmet body-parser serverless-http @vendia/serverless-express @codegenie/serverless-express aws-serverless-express fastify @fastify/aws-lambda koa hono graphql graphql-tag @apollo/server apollo-server-lambda jsonwebtoken jwks-rsa jose aws-jwt-verify bcrypt bcryptjs crypto-js pg pg-promise mysql mysql2 mongodb mongoose redis ioredis knex sequelize typeorm @prisma/client drizzle-orm kafkajs amqplib ws sharp jimp gm pdf-lib pdfkit puppeteer puppeteer-core chrome-aws-lambda @sparticuz/chromium playwright-core cheerio jsdom xml2js fast-xml-parser csv-parse csv-parser csv-stringify papaparse exceljs xlsx yaml js-yaml handlebars mustache ejs marked nodemailer mailparser stripe twilio openai @slack/web-api @slack/bolt telegraf discord.js react react-dom next vue http-errors http-status-codes qs mime mime-types file-type archiver adm-zip jszip unzipper tar fluent-ffmpeg @ffmpeg-installer/ffmpeg ffmpeg-static jest vitest mocha chai sinon ts-jest @jest/globals aws-sdk-client-mock aws-sdk-mock nock supertest ts-node typescript esbuild rxjs p-limit p-retry p-map async bluebird retry semver debug chalk lru-cache node-cache fp-ts io-ts neverthrow ts-pattern decimal.js big.js bignumber.js mathjs google-auth-library googleapis firebase-admin @google-cloud/storage @sentry/node @sentry/serverless @opentelemetry/api ethers web3 @solana/web3.js discord-interactions discord-api-types tweetnacl resend pg-pool is-valid-domain @anthropic-ai/sdk lodash-es @hono/node-server node-telegram-bot-api @line/bot-sdk rss-parser turndown socket.io-client validator');

const callers: Readonly<Record<string, string>> = {
  '@aws-lambda-powertools/parameters': 'ssm secretsmanager appconfig dynamodb kms', '@aws-lambda-powertools/idempotency': 'dynamodb kms', '@middy/ssm': 'ssm kms', '@middy/secrets-manager': 'secretsmanager kms',
  'dynamoose': 'dynamodb kms', 'dynamodb-toolbox': 'dynamodb kms', 'electrodb': 'dynamodb kms', 'dynamodb-onetable': 'dynamodb kms', '@typedorm/core': 'dynamodb kms',
};

/** Whom an imported package may call. */
export function scriptModule(specifier: string): ScriptModule {
  const name = specifier.replace(/^node:/u, '');
  const top = name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? '');
  const service = byPackage.get(top);
  if (service !== undefined) return { services: [service], doubts: [] };
  if (top === '@aws-sdk/lib-dynamodb') return { services: ['dynamodb'], doubts: [] };
  if (top === '@aws-sdk/lib-storage' || top === '@aws-sdk/s3-request-presigner' || top === '@aws-sdk/s3-presigned-post') return { services: ['s3'], doubts: [] };
  if (top === 'aws-sdk') return classModule(name);
  if (builtin.has(top) || harmless.has(top) || top.startsWith('@types/')) return nothing;
  if (top.startsWith('@aws-lambda-powertools/') && !Object.hasOwn(callers, top)) return { services: [], doubts: ['*'] };
  return { services: [], doubts: Object.hasOwn(callers, top) ? (callers[top] ?? '*').split(' ') : ['*'] };
}

/** `aws-sdk/clients/s3`. */
function classModule(name: string): ScriptModule {
  const client = /^aws-sdk\/clients\/(\w+)$/u.exec(name)?.[1];
  if (client === undefined) return name === 'aws-sdk' || /^aws-sdk\/(?:lib\/config|global)/u.test(name) ? nothing : { services: [], doubts: ['*'] };
  const found = [...byClass].find(([className]) => className.toLowerCase() === client);
  return found ? { services: [found[1]], doubts: [] } : { services: [], doubts: ['*'] };
}

/** The service of a class of the SDK's second version; undefined for a class that shear does not know. */
export function serviceOfClass(name: string): string | undefined {
  return byClass.get(name);
}

/** Parts of `AWS` that are no clients. */
export const plainParts: ReadonlySet<string> = new Set(['config', 'Config', 'AWSError', 'DynamoDB', 'XRay', 'Converter', 'Endpoint', 'Service', 'Request']);

/** What the document clients call their methods and commands. Source: API references of DocumentClient and lib-dynamodb. */
export const documentMethods: Readonly<Record<string, string>> = { get: 'getitem', put: 'putitem', delete: 'deleteitem', update: 'updateitem', batchget: 'batchgetitem', batchwrite: 'batchwriteitem' };

/** Waiters of v3: `waitUntilObjectExists`. */
export const scriptWaiter: RegExp = /^waitUntil(\w+)$/u;
