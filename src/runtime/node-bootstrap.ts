/**
 * The Node.js side of the Runtime API for zip functions: loads the handler (CommonJS or ES module, as Node
 * itself tells them apart) and passes events to it, with callbacks, promises and response streaming.
 */
export const nodeBootstrap: string = String.raw`import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { PassThrough } from 'node:stream';

const { AWS_LAMBDA_RUNTIME_API: api, _HANDLER: name, LAMBDA_TASK_ROOT: root } = process.env;
const runtime = '/2018-06-01/runtime';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const separator = api.lastIndexOf(':');
const target = { host: api.slice(0, separator), port: Number(api.slice(separator + 1)), agent };
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
let requestId = '';

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMING]: 'response' }),
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

class RuntimeError extends Error {
  constructor(kind, message, stack) {
    super(message);
    this.name = kind;
    if (stack) this.stack = stack;
  }
}

function call(method, where, body = '', headers = {}) {
  return new Promise((resolve, reject) => {
    const all = method === 'POST' ? { 'Content-Length': Buffer.byteLength(body), ...headers } : headers;
    const request = http.request({ ...target, method, path: runtime + where, headers: all }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function describe(error) {
  if (error instanceof Error) {
    const trace = String(error.stack ?? '').split('\n');
    return { errorType: error.name, errorMessage: error.message, trace };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function log(level, values) {
  const text = values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ').replaceAll('\n', '\r');
  process.stdout.write(new Date().toISOString() + '\t' + requestId + '\t' + level + '\t' + text + '\n');
}

for (const [method, level] of Object.entries({ log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' })) {
  console[method] = (...values) => log(level, values);
}

function logError(title, document) {
  log('ERROR', [title, JSON.stringify({ ...document, stack: document.trace, trace: undefined })]);
}

async function loadHandler() {
  const file = path.posix.basename(name);
  const dot = file.indexOf('.');
  if (dot <= 0) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler: ' + name);
  const module = path.join(root, path.posix.dirname(name), file.slice(0, dot));
  const names = file.slice(dot + 1).split('.');
  const found = [module, module + '.js', module + '.mjs', module + '.cjs'].find((candidate) => existsSync(candidate));
  let loaded;
  try {
    if (found === undefined) throw new RuntimeError('Runtime.ImportModuleError', "Error: Cannot find module '" + file.slice(0, dot) + "'");
    loaded = found === module ? createRequire(import.meta.url)(module) : await import(pathToFileURL(found));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('Runtime.UserCodeSyntaxError', String(error), error.stack);
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw new RuntimeError('Runtime.ImportModuleError', String(error), error.stack);
    }
    throw error;
  }
  const pick = (from) => names.reduce((value, key) => value?.[key], from);
  const handler = pick(loaded) ?? pick(loaded.default);
  if (handler === undefined) throw new RuntimeError('Runtime.HandlerNotFound', name + ' is undefined or not exported');
  if (typeof handler !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', name + ' is not a function');
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parsed = (text) => (text ? JSON.parse(text) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    clientContext: parsed(headers['lambda-runtime-client-context']),
    identity: parsed(headers['lambda-runtime-cognito-identity']),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    context.done = callback;
    context.succeed = (value) => callback(null, value);
    context.fail = (error) => callback(error ?? new Error('handled'));
    const result = handler(event, context, callback);
    if (typeof result?.then === 'function') result.then(resolve, reject);
  });
}

async function stream(handler, event, context, where) {
  let contentType = 'application/octet-stream';
  const body = new PassThrough();
  body.setContentType = (type) => { contentType = type; };
  const sent = new Promise((resolve, reject) => {
    let request;
    const open = () => {
      if (request) return request;
      const headers = {
        'Content-Type': contentType,
        'Lambda-Runtime-Function-Response-Mode': 'streaming',
        'Transfer-Encoding': 'chunked',
        Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
      };
      request = http.request({ ...target, method: 'POST', path: runtime + where + '/response', headers }, (response) => {
        response.resume().on('end', resolve);
      });
      request.on('error', reject);
      return request;
    };
    body.on('data', (chunk) => open().write(chunk));
    body.on('end', () => open().end());
    body.on('error', (error) => {
      const document = describe(error);
      const encoded = Buffer.from(JSON.stringify(document)).toString('base64');
      open().addTrailers({
        'Lambda-Runtime-Function-Error-Type': document.errorType,
        'Lambda-Runtime-Function-Error-Body': encoded,
      });
      request.end();
    });
  });
  try {
    await handler(event, body, context);
  } catch (error) {
    logError('Invoke Error ', describe(error));
    body.destroy(error instanceof Error ? error : new Error(String(error)));
  }
  await sent;
}

async function serve(handler) {
  for (;;) {
    const next = await call('GET', '/invocation/next');
    if (next.status !== 200) process.exit(1);
    requestId = next.headers['lambda-runtime-aws-request-id'];
    process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'];
    const where = '/invocation/' + requestId;
    try {
      const event = JSON.parse(next.body.toString('utf8'));
      const context = contextOf(next.headers);
      if (handler[STREAMING]) {
        await stream(handler, event, context, where);
        continue;
      }
      const value = await run(handler, event, context);
      const response = await call('POST', where + '/response', JSON.stringify(value === undefined ? null : value) ?? 'null', { 'Content-Type': 'application/json' });
      if (response.status !== 202) throw new RuntimeError('Runtime.ResponseRefused', 'the response was refused with status ' + response.status);
    } catch (error) {
      const document = describe(error);
      if (document.errorType === 'Runtime.ResponseRefused') process.exit(1);
      logError('Invoke Error ', document);
      await call('POST', where + '/error', JSON.stringify(document), { 'Lambda-Runtime-Function-Error-Type': document.errorType });
    }
  }
}

async function failUnhandled(kind, error) {
  const document = describe(error);
  const wrapped = kind === 'UnhandledPromiseRejection' ? { ...document, errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(error) } : document;
  logError(kind === 'UnhandledPromiseRejection' ? 'Unhandled Promise Rejection ' : 'Uncaught Exception ', wrapped);
  const where = requestId === '' ? '/init/error' : '/invocation/' + requestId + '/error';
  await call('POST', where, JSON.stringify(wrapped), { 'Lambda-Runtime-Function-Error-Type': wrapped.errorType }).catch(() => undefined);
  process.exit(128);
}

process.on('uncaughtException', (error) => failUnhandled('UncaughtException', error));
process.on('unhandledRejection', (error) => failUnhandled('UnhandledPromiseRejection', error));

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  const document = describe(error);
  logError('Uncaught Exception ', document);
  await call('POST', '/init/error', JSON.stringify(document), { 'Lambda-Runtime-Function-Error-Type': document.errorType });
  process.exit(1);
}
await serve(handler);
`;
