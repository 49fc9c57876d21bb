import { join } from 'node:path';
import { expect, it } from 'vitest';
import { open, temporaryFolder } from './temporary-project.ts';

const files = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  'README.md': '# all\n',
  'scripts/deploy/backend.sh': 'sam deploy\n',
  'tests/unit/api/test_get.py': 'def test_get(): ...\n',
  'tests/node_modules/jest/test.js': '',
  'other/src/test_other.py': '',
  'backend/template.yaml': 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src/ }\n',
  'backend/src/app.py': 'def handler(event, context): ...\n',
};

it('reads scripts and tests of the repository above a project, also in folders of their own', async () => {
  const project = await open(join(temporaryFolder(files), 'backend'));
  expect(project.developerFiles.map(({ path }) => path)).toEqual(['../README.md', '../scripts/deploy/backend.sh', '../tests/unit/api/test_get.py']);
});
