import { expect, it } from 'vitest';
import { importsWhatWent } from '../../src/workflow/absent-imports.ts';

const project = (...paths: readonly string[]): Parameters<typeof importsWhatWent>[2] => ({ areFilesComplete: true, files: paths.map((path) => ({ path, size: 1 })) });

it.each<readonly [test: string, text: string, files: string, isGone: boolean]>([
  ['tests/unit/test_handler.py', 'from hello_world import app\n', 'charts/app.py', true],
  ['tests/unit/test_handler.py', 'from hello_world import app\n', 'hello_world/app.py', false],
  ['tests/test_app.py', 'import app\n', 'src/app.py', false],
  ['tests/test_app.py', 'import app\n', 'src/main.py', true],
  ['tests/test_app.py', 'from src.app import handler\n', 'lib/app.py', true],
  ['tests/test_app.py', 'import application\nfrom apps import handler\n', 'lib/app.py', false],
  ['tests/test_app.py', 'from moto import mock_aws\n', 'lib/app.py', false],
  ['tests/unit/join.test.js', "const { handler } = require('../../app');\n", 'src/join.js', true],
  ['tests/unit/join.test.ts', "import { handler } from '../../src/join.js';\n", 'src/join.ts', false],
  ['tests/unit/join.test.ts', "import { handler } from '../../src/join';\n", 'src/join/index.ts', false],
  ['tests/unit/join.test.mjs', "import { handler } from '../../dist/join.mjs';\n", 'src/join.ts', false],
  ['tests/unit/join.test.js', "const event = require('../events/get.json');\n", 'tests/events/get.json', false],
  ['../tests/join.test.js', "const { handler } = require('../app');\n", 'join.js', false],
])('%s with %j beside %s: %s', (path, text, files, isGone) => {
  expect(importsWhatWent(path, text, project(...files.split(' ')))).toBe(isGone);
});
