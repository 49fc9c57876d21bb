import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { functionEvents } from '../../src/workflow/function-events.ts';
import { testHost } from '../support/host.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-own-event-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const files = {
  'template.yaml': `Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: nodejs22.x, CodeUri: src } }
Resources:
  listItemsFunction: { Type: AWS::Serverless::Function, Properties: { Handler: list.handle, Events: { Api: { Type: Api, Properties: { Path: /, Method: GET } } } } }
  putItemFunction: { Type: AWS::Serverless::Function, Properties: { Handler: put.handle, Events: { Api: { Type: Api, Properties: { Path: /, Method: POST } } } } }
  anyFunction: { Type: AWS::Serverless::Function, Properties: { Handler: any.handle, Events: { Api: { Type: Api, Properties: { Path: /, Method: ANY } } } } }
  Endpoint2: { Type: AWS::Serverless::Function, Properties: { Handler: endpoints/document_get.handle, Events: { Api: { Type: Api, Properties: { Path: '/documents/{id}', Method: GET } } } } }
`,
  'src/endpoints/document_get.js': 'exports.handle = async () => 1;\n',
  'src/list.js': 'exports.handle = async () => 1;\n',
  'src/put.js': 'exports.handle = async () => 1;\n',
  'src/any.js': 'exports.handle = async () => 1;\n',
  // As written by hand: they name a method and no path.
  'events/event-all.json': '{ "httpMethod": "GET" }\n',
  'events/event-post.json': '{ "httpMethod": "POST", "body": "{}" }\n',
  'events/authorizers/auth0/request.json': '{ "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:example/Prod/GET/", "httpMethod": "GET", "requestContext": {}, "resource": "/" }\n',
  'events/auth0/document-get.json': '{ "httpMethod": "GET" }\n',
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

it('prefers events whose method the route takes', async () => {
  const project = await openProject(testHost({ cwd: root }), { folder: root });
  const events = functionEvents(project, resolveModel(project));
  expect(Object.fromEntries(events.filter(({ subject }) => subject.logicalId !== 'Endpoint2').map(({ subject, own }) => [subject.logicalId, own.map(({ path }) => path)]))).toEqual({
    listItemsFunction: ['events/auth0/document-get.json', 'events/event-all.json', 'events/event-post.json'],
    putItemFunction: ['events/event-post.json', 'events/auth0/document-get.json', 'events/event-all.json'],
    anyFunction: ['events/auth0/document-get.json', 'events/event-all.json', 'events/event-post.json'],
  });
});

it('prefers events that are called as the function is, and takes none that an authorizer is asked with', async () => {
  const project = await openProject(testHost({ cwd: root }), { folder: root });
  const own = functionEvents(project, resolveModel(project)).find(({ subject }) => subject.logicalId === 'Endpoint2')?.own.map(({ path }) => path) ?? [];
  expect(own[0]).toBe('events/auth0/document-get.json');
  expect(own).not.toContain('events/authorizers/auth0/request.json');
});
