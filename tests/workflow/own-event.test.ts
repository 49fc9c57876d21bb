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
`,
  'src/list.js': 'exports.handle = async () => 1;\n',
  'src/put.js': 'exports.handle = async () => 1;\n',
  'src/any.js': 'exports.handle = async () => 1;\n',
  // As written by hand: they name a method and no path.
  'events/event-all.json': '{ "httpMethod": "GET" }\n',
  'events/event-post.json': '{ "httpMethod": "POST", "body": "{}" }\n',
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

it('prefers events whose method the route takes', async () => {
  const project = await openProject(testHost({ cwd: root }), { folder: root });
  const events = functionEvents(project, resolveModel(project));
  expect(Object.fromEntries(events.map(({ subject, own }) => [subject.logicalId, own.map(({ path }) => path)]))).toEqual({
    listItemsFunction: ['events/event-all.json', 'events/event-post.json'],
    putItemFunction: ['events/event-post.json', 'events/event-all.json'],
    anyFunction: ['events/event-all.json', 'events/event-post.json'],
  });
});
