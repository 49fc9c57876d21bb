import type { LambdaFunction, Model } from '../model/function.ts';
import { plainOf } from '../model/resource-values.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import { member } from '../project/template/nodes.ts';
import type { Authorizer, Route, ServedApi } from './api.ts';
import { authorizersOf, type ApiAuthorizers } from './authorizers.ts';
import { definitionOf } from './definition.ts';
import { operationsOf } from './openapi.ts';
import { fieldsOf, referenceOf, wordOf, wordsOf, type Fields } from './plain.ts';
import { httpCors, restCors } from './template-cors.ts';

/**
 * The APIs of a project as SAM makes them: AWS::Serverless::Api and HttpApi with the Events that name them, the implicit ones for
 * Events that name none (`ServerlessRestApi`, `ServerlessHttpApi`), OpenAPI bodies, and function URLs.
 */
export function apisOfTemplate(model: Model): readonly ServedApi[] {
  return model.templates.flatMap((template) => {
    const functions = model.functions.filter((fn) => fn.template === template.template);
    return [...restAndHttp(template, functions), ...functions.flatMap(urlOf)];
  });
}

/** What is said of an API: by its resource, or by Globals for an implicit one. */
interface Declared {
  readonly id: string;
  readonly name: string;
  readonly kind: 'rest' | 'http';
  readonly properties: Fields;
  readonly definition: unknown;
  readonly remarks: readonly string[];
}

const kinds: Readonly<Record<string, 'rest' | 'http'>> = {
  'AWS::Serverless::Api': 'rest', 'AWS::Serverless::HttpApi': 'http', 'AWS::ApiGateway::RestApi': 'rest', 'AWS::ApiGatewayV2::Api': 'http',
};

function restAndHttp(template: EvaluatedTemplate, functions: readonly LambdaFunction[]): readonly ServedApi[] {
  const prefix = template.template.stackPath.map((id) => `${id}/`).join('');
  const declared = template.resources.flatMap((resource) => declaredApi(resource, template, prefix));
  const globals = fieldsOf(plainOf(member(template.template.document.root, 'Globals') ?? template.template.document.root));
  const implicit = (id: string, kind: 'rest' | 'http', section: string): Declared =>
    ({ id, name: `${prefix}${id}`, kind, properties: fieldsOf(globals[section]), definition: undefined, remarks: [] });
  return [...declared, implicit('ServerlessRestApi', 'rest', 'Api'), implicit('ServerlessHttpApi', 'http', 'HttpApi')]
    .map((api) => servedApi(api, functions))
    .filter((api) => api.routes.length > 0);
}

function declaredApi(resource: EvaluatedResource, template: EvaluatedTemplate, prefix: string): readonly Declared[] {
  const kind = kinds[resource.type];
  if (kind === undefined) return [];
  const properties = resource.properties ? fieldsOf(plainOf(resource.properties)) : {};
  const { document, remarks } = definitionOf(properties, template.template.folder);
  return [{ id: resource.logicalId, name: `${prefix}${resource.logicalId}`, kind, properties, definition: document, remarks }];
}

function servedApi(api: Declared, functions: readonly LambdaFunction[]): ServedApi {
  const { kind, properties } = api;
  const authorizers = authorizersOf(properties['Auth'], api.definition);
  const routes = [...functions.flatMap((fn) => eventRoutes(fn, api, authorizers)), ...definedRoutes(api, functions, authorizers)];
  const seen = new Set<string>();
  const once = routes.filter(({ method, path }) => !seen.has(`${method} ${path}`) && seen.add(`${method} ${path}`));
  const stageWord = wordOf(properties['StageName']);
  return {
    name: api.name, kind, routes: once, streams: false, remarks: api.remarks,
    stage: stageWord ?? (kind === 'rest' ? 'Prod' : '$default'),
    stageVariables: textMap(properties[kind === 'rest' ? 'Variables' : 'StageVariables']),
    binaryTypes: wordsOf(properties['BinaryMediaTypes'] ?? fieldsOf(api.definition)['x-amazon-apigateway-binary-media-types'] ?? []).map((type) => type.replaceAll('~1', '/')),
    cors: kind === 'rest' ? restCors(properties['Cors']) : httpCors(properties['CorsConfiguration'] ?? fieldsOf(api.definition)['x-amazon-apigateway-cors']),
  };
}

function eventRoutes(fn: LambdaFunction, api: Declared, authorizers: ApiAuthorizers): readonly Route[] {
  const events = fn.property('Events');
  return Object.values(events ? fieldsOf(plainOf(events)) : {}).flatMap((event) => {
    const { Type: type, Properties: given } = fieldsOf(event);
    if (type !== (api.kind === 'rest' ? 'Api' : 'HttpApi')) return [];
    const properties = fieldsOf(given);
    const own = properties[api.kind === 'rest' ? 'RestApiId' : 'ApiId'];
    const target = own === undefined ? (api.kind === 'rest' ? 'ServerlessRestApi' : 'ServerlessHttpApi') : referenceOf(own);
    if (target !== api.id) return [];
    const path = wordOf(properties['Path']);
    const word = (wordOf(properties['Method']) ?? 'ANY').toUpperCase();
    const method = word === 'X-AMAZON-APIGATEWAY-ANY-METHOD' || word === '*' ? 'ANY' : word;
    const payload = api.kind === 'rest' || wordOf(properties['PayloadFormatVersion'])?.startsWith('1') ? '1.0' as const : '2.0' as const;
    return [{ method, path: path ?? '$default', functionName: fn.fullPath, payload, authorizer: authorizers.ofEvent(properties['Auth']) }];
  });
}

function definedRoutes(api: Declared, functions: readonly LambdaFunction[], authorizers: ApiAuthorizers): readonly Route[] {
  return operationsOf(api.definition).map(({ method, path, functionId, payload, security }) => {
    const fn = functions.find((one) => one.logicalId === functionId);
    const authorizer: Authorizer | undefined = authorizers.ofOperation(security);
    return { method, path, functionName: fn?.fullPath, payload: payload ?? (api.kind === 'rest' ? '1.0' : '2.0'), authorizer };
  });
}

function urlOf(fn: LambdaFunction): readonly ServedApi[] {
  const node = fn.property('FunctionUrlConfig');
  if (!node) return [];
  const config = fieldsOf(plainOf(node));
  const authorizer: Authorizer | undefined = wordOf(config['AuthType']) === 'AWS_IAM' ? { name: 'AWS_IAM', kind: 'iam' } : undefined;
  return [{
    name: fn.fullPath, kind: 'url', stage: '$default', stageVariables: {}, binaryTypes: [], remarks: [],
    routes: [{ method: 'ANY', path: '$default', functionName: fn.fullPath, payload: '2.0', authorizer }],
    cors: httpCors(config['Cors']), streams: wordOf(config['InvokeMode']) === 'RESPONSE_STREAM',
  }];
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).flatMap(([name, one]) => {
    const word = wordOf(one);
    return word === undefined ? [] : [[name, word]];
  }));
}
