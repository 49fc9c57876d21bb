import { describe, expect, it } from 'vitest';
import { tellingLines } from '../../src/build/telling-lines.ts';

describe('the lines of an output that tell why a build failed', () => {
  it('are found among much else, with what goes on below them', () => {
    const output = [
      'Starting Build use cache', 'Manifest file is changed (new hash: 1) or dependency folder is missing', 'Building codeuri: /p/src runtime: nodejs22.x', ' Running NodejsNpmEsbuildBuilder:CopySource',
      '✘ [ERROR] Expected ";" but found "x"', '', '    app.ts:3:7:', '      3 │ const y x', '        ╵         ^', '1 error',
      ...Array.from({ length: 20 }, (_, i) => ` step ${i}`), 'Build Failed',
    ].join('\n');
    expect(tellingLines(output, 12)).toBe('✘ [ERROR] Expected ";" but found "x"\n    app.ts:3:7:\n      3 │ const y x\n        ╵         ^\n1 error');
  });

  it.each([
    ['Go', 'go: downloading x\napp.go:5:2: undefined: fmt\n', 'app.go:5:2: undefined: fmt'],
    ['TypeScript', 'src/app.ts(3,1): error TS1005: \';\' expected.\n', 'src/app.ts(3,1): error TS1005: \';\' expected.'],
    ['Maven', '[INFO] Scanning for projects...\n[ERROR] COMPILATION ERROR : \n[ERROR] /p/App.java:[3,1] class expected\n[INFO] 1 error\n', '[ERROR] COMPILATION ERROR : \n[ERROR] /p/App.java:[3,1] class expected\n[INFO] 1 error'],
    ['pip', 'Build Failed\nError: PythonPipBuilder:ResolveDependencies - {requests==99(sdist)}\n', 'Error: PythonPipBuilder:ResolveDependencies - {requests==99(sdist)}'],
    ['npm', 'npm WARN deprecated x\nnpm ERR! code E404\nnpm ERR! 404 Not Found\n', 'npm ERR! code E404\nnpm ERR! 404 Not Found'],
    ['Python', 'Traceback (most recent call last):\n  File "/x/y.py", line 3, in <module>\nKeyError: \'a\'\n', "KeyError: 'a'"],
  ])('of %s', (_, output, expected) => expect(tellingLines(output, 12)).toBe(expected));

  it('are not made up where nothing looks like an error', () => expect(tellingLines('building\ndone\n0 errors\n', 12)).toBeUndefined());
});
