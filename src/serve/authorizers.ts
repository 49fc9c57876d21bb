import type { Authorizer } from './api.ts';
import { fieldsOf, wordOf, type Fields } from './plain.ts';

/** The authorizers of one API, by who asks. */
export interface ApiAuthorizers {
  /** For an event's `Auth`: its own authorizer, else the API's default one; `NONE` is none. */
  readonly ofEvent: (auth: unknown) => Authorizer | undefined;
  /** For the names of an OpenAPI operation's security schemes. */
  readonly ofOperation: (security: readonly string[]) => Authorizer | undefined;
}

/** Reads `Auth` of an API and the security schemes of its OpenAPI document. */
export function authorizersOf(auth: unknown, definition: unknown): ApiAuthorizers {
  const api = fieldsOf(auth);
  const declared = fieldsOf(api['Authorizers']);
  const document = fieldsOf(definition);
  const schemes = { ...fieldsOf(document['securityDefinitions']), ...fieldsOf(fieldsOf(document['components'])['securitySchemes']) };
  const named = (name: string): Authorizer => ({ name, kind: name === 'AWS_IAM' ? 'iam' : kindOf(fieldsOf(declared[name] ?? schemes[name])) });
  return {
    ofEvent: (own) => {
      const fields = fieldsOf(own);
      const name = wordOf(fields['Authorizer']) ?? wordOf(api['DefaultAuthorizer']);
      if (name !== undefined && name !== 'NONE') return named(name);
      const needsKey = wordOf(fields['ApiKeyRequired'] ?? api['ApiKeyRequired']) === 'true';
      return needsKey ? { name: 'API key', kind: 'key' } : undefined;
    },
    ofOperation: (security) => (security[0] === undefined ? undefined : named(security[0])),
  };
}

function kindOf(declared: Fields): Authorizer['kind'] {
  const extension = fieldsOf(declared['x-amazon-apigateway-authorizer']);
  if (declared['UserPoolArn'] !== undefined || wordOf(extension['type']) === 'cognito_user_pools') return 'cognito';
  if (declared['JwtConfiguration'] !== undefined || wordOf(extension['type']) === 'jwt') return 'jwt';
  if (wordOf(declared['x-amazon-apigateway-authtype']) === 'awsSigv4') return 'iam';
  return declared['type'] === 'apiKey' && declared['x-amazon-apigateway-authorizer'] === undefined ? 'key' : 'lambda';
}
