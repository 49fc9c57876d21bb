import { fieldsOf, isFields, referenceOf, wordOf, type Fields } from './plain.ts';

/** What an OpenAPI document says of one method of one path. */
export interface Operation {
  /** Upper case, `ANY` for x-amazon-apigateway-any-method. */
  readonly method: string;
  /** `$default` for HTTP APIs' catch-all. */
  readonly path: string;
  /** Logical ID of the function that x-amazon-apigateway-integration names; undefined for other integrations. */
  readonly functionId: string | undefined;
  readonly payload: '1.0' | '2.0' | undefined;
  /** Names of security schemes. */
  readonly security: readonly string[];
}

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'x-amazon-apigateway-any-method']);

/** The operations of an OpenAPI or Swagger document with API Gateway's extensions. */
export function operationsOf(document: unknown): readonly Operation[] {
  return Object.entries(fieldsOf(fieldsOf(document)['paths'])).flatMap(([path, item]) =>
    Object.entries(fieldsOf(item)).flatMap(([method, operation]) => {
      if (!methods.has(method.toLowerCase()) || !isFields(operation)) return [];
      return [operationOf(path === '/$default' ? '$default' : path, method.toLowerCase(), operation)];
    }));
}

function operationOf(path: string, method: string, operation: Fields): Operation {
  const integration = fieldsOf(operation['x-amazon-apigateway-integration']);
  const payload = wordOf(integration['payloadFormatVersion']);
  const security = Array.isArray(operation['security']) ? operation['security'].flatMap((one) => Object.keys(fieldsOf(one))) : [];
  return {
    method: method.startsWith('x-') ? 'ANY' : method.toUpperCase(), path, security,
    functionId: functionIn(integration['uri']),
    payload: payload === undefined ? undefined : payload.startsWith('1') ? '1.0' : '2.0',
  };
}

/** The function in `…:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations`, in `!GetAtt Fn.Arn`, or in a literal ARN. */
function functionIn(uri: unknown): string | undefined {
  const { 'Fn::Sub': sub, 'Fn::Join': join, 'Fn::GetAtt': attribute } = fieldsOf(uri);
  if (attribute !== undefined) return referenceOf(uri);
  const text = wordOf(uri) ?? wordOf(sub) ?? (Array.isArray(sub) ? wordOf(sub[0]) : undefined);
  if (text !== undefined) return /\$\{(\w+)(?:\.(?:Arn|Alias))?\}(?::\w+)?\/invocations/u.exec(text)?.[1] ?? /:function:([\w-]+)/u.exec(text)?.[1];
  const parts: readonly unknown[] = Array.isArray(join) && Array.isArray(join[1]) ? join[1] : [];
  return parts.flatMap((part) => (isFields(part) && part['Fn::GetAtt'] !== undefined ? referenceOf(part) ?? [] : []))[0];
}
