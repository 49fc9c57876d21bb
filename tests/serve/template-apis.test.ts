import { describe, expect, it } from 'vitest';
import type { ServedApi } from '../../src/serve/api.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { settingsAtDoors } from '../../src/serve/function-settings.ts';
import { project } from '../project/temporary-project.ts';
import { apis } from './rig.ts';

const fn = (id: string, more: string): string => `
  ${id}:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.12
${more}`;

const lines = (all: readonly ServedApi[]): readonly string[] =>
  all.flatMap(({ name, stage, routes }) => routes.map(({ method, path, functionName, payload, authorizer }) =>
    `${name} ${stage}: ${method} ${path} → ${functionName} ${payload}${authorizer ? ` (${authorizer.kind} ${authorizer.name})` : ''}`));

describe('the APIs of a template', () => {
  it('are the implicit ones for events that name none', async () => {
    const found = await apis(`
Globals:
  Api:
    Cors: "'*'"
    BinaryMediaTypes: [image~1png]
Resources:${fn('One', `      Events:
        List: { Type: Api, Properties: { Path: /items, Method: get } }
        Any: { Type: Api, Properties: { Path: '/{proxy+}', Method: ANY } }
        Http: { Type: HttpApi }
        Old: { Type: HttpApi, Properties: { Path: '/old/{id}', Method: post, PayloadFormatVersion: '1.0' } }
        Bus: { Type: SQS, Properties: { Queue: x } }`)}`);
    expect(lines(found)).toEqual([
      'ServerlessRestApi Prod: GET /items → One 1.0',
      'ServerlessRestApi Prod: ANY /{proxy+} → One 1.0',
      'ServerlessHttpApi $default: ANY $default → One 2.0',
      'ServerlessHttpApi $default: POST /old/{id} → One 1.0',
    ]);
    expect(found[0]).toMatchObject({ kind: 'rest', binaryTypes: ['image/png'], cors: { origins: ['*'] } });
  });

  it('are those of resources with their stage, variables, CORS and authorizers', async () => {
    const found = await apis(`
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Variables: { COLOUR: blue }
      Cors: { AllowOrigin: "'https://example.com'", AllowHeaders: "'content-type,x-a'", MaxAge: "'600'" }
      Auth:
        DefaultAuthorizer: Users
        Authorizers:
          Users: { UserPoolArn: arn:aws:cognito-idp:eu-west-1:012345678912:userpool/x }
          Own: { FunctionArn: !GetAtt One.Arn }
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: live
      CorsConfiguration: { AllowOrigins: [https://example.com], AllowMethods: [GET], AllowCredentials: true, MaxAge: 10 }
      Auth: { Authorizers: { Token: { JwtConfiguration: { issuer: x, audience: [y] }, IdentitySource: $request.header.Authorization } } }
${fn('One', `      FunctionUrlConfig: { AuthType: AWS_IAM, InvokeMode: RESPONSE_STREAM }
      Events:
        A: { Type: Api, Properties: { Path: /a, Method: get, RestApiId: !Ref Rest } }
        B: { Type: Api, Properties: { Path: /b, Method: get, RestApiId: !Ref Rest, Auth: { Authorizer: NONE } } }
        C: { Type: Api, Properties: { Path: /c, Method: get, RestApiId: !Ref Rest, Auth: { Authorizer: Own } } }
        D: { Type: HttpApi, Properties: { Path: /d, Method: get, ApiId: !Ref Http, Auth: { Authorizer: Token } } }`)}`);
    expect(lines(found)).toEqual([
      'Rest v1: GET /a → One 1.0 (cognito Users)',
      'Rest v1: GET /b → One 1.0',
      'Rest v1: GET /c → One 1.0 (lambda Own)',
      'Http live: GET /d → One 2.0 (jwt Token)',
      'One $default: ANY $default → One 2.0 (iam AWS_IAM)',
    ]);
    expect(found[0]).toMatchObject({ stageVariables: { COLOUR: 'blue' }, cors: { origins: ['https://example.com'], headers: ['content-type', 'x-a'], maxAge: 600 } });
    expect(found[1]).toMatchObject({ cors: { origins: ['https://example.com'], methods: ['GET'], credentials: true, maxAge: 10 } });
    expect(found[2]).toMatchObject({ kind: 'url', streams: true });
  });

  it('are read from OpenAPI bodies, in the template and in files', async () => {
    const body = (indent: string): string => [
      'openapi: 3.0.1', 'paths:', '  /pets/{id}:', '    get:', '      x-amazon-apigateway-integration:', '        type: aws_proxy',
      '        uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${One.Arn}/invocations',
      '    x-amazon-apigateway-any-method:', '      x-amazon-apigateway-integration: { type: http_proxy, uri: "https://example.com" }',
    ].map((line) => `${indent}${line}\n`).join('');
    const found = await apis(`
Resources:
  Inline:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      DefinitionBody:
${body('        ')}
  File:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: api.yaml } } }
  Gone:
    Type: AWS::Serverless::Api
    Properties: { StageName: Prod, DefinitionUri: gone.yaml }
${fn('One', '      Events: { X: { Type: Api, Properties: { Path: /x, Method: get, RestApiId: !Ref Gone } } }')}`, { 'api.yaml': body('') });
    expect(lines(found)).toEqual([
      'Inline Prod: GET /pets/{id} → One 1.0',
      'Inline Prod: ANY /pets/{id} → undefined 1.0',
      'File $default: GET /pets/{id} → One 2.0',
      'File $default: ANY /pets/{id} → undefined 2.0',
      'Gone Prod: GET /x → One 1.0',
    ]);
    expect(found[2]?.remarks).toEqual(['its definition gone.yaml cannot be read: routes in it are not served']);
  });

  it('are none for functions without them, whatever stands in Events', async () => {
    expect(await apis(`Resources:${fn('One', '      Events: [a, b]')}`)).toEqual([]);
    expect(await apis(`Resources:${fn('One', '      Events: { A: { Type: Api, Properties: { Path: /a, Method: get, RestApiId: !ImportValue Elsewhere } } }')}`)).toEqual([]);
  });
});

describe('what a template says of a function before its doors', () => {
  it('is its names, aliases, retries, concurrency and batch answers', async () => {
    const template = `Resources:${fn('One', `      FunctionName: one-of-mine
      AutoPublishAlias: live
      ReservedConcurrentExecutions: 0
      EventInvokeConfig: { MaximumRetryAttempts: 1 }
      Events:
        Queue: { Type: SQS, Properties: { Queue: x, FunctionResponseTypes: [ReportBatchItemFailures] } }
        Other: { Type: SQS, Properties: { Queue: y } }`)}${fn('Two', '')}`;
    const { functions } = resolveModel(await project({ 'template.yaml': template, 'src/app.py': '' }));
    expect(functions.map(settingsAtDoors)).toEqual([
      { names: ['one-of-mine'], aliases: ['live'], retries: 1, reserved: 0, batchSources: ['Queue'] },
      { names: [], aliases: [], retries: undefined, reserved: undefined, batchSources: [] },
    ]);
  });
});
