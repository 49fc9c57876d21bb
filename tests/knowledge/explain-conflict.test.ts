import { describe, expect, it } from 'vitest';
import { explainConflict } from '../../src/knowledge/explain-conflict.ts';

describe('the reason that uv gives, in words', () => {
  it.each([
    {
      what: 'a later Python',
      stderr: `error: No solution found when resolving dependencies
  cause: Because the requested Python version (>=3.8) does not satisfy Python>=3.9 and scikit-learn==1.5.0 depends on Python>=3.9, we can conclude that scikit-learn==1.5.0 cannot be used.
         And because you require scikit-learn==1.5.0, we can conclude that your requirements are unsatisfiable.

hint: The \`--python-version\` value (>=3.8) includes Python versions that are not supported by your dependencies.
`,
      expected: 'scikit-learn 1.5.0 needs Python 3.9 or later, and the function has 3.8',
    },
    {
      what: 'a Python between two',
      stderr: 'error: No solution found when resolving dependencies\n  cause: Because the requested Python version (>=3.12) does not satisfy Python>=3.7,<3.11 and numba==0.56.4 depends on Python>=3.7,<3.11, we can conclude that numba==0.56.4 cannot be used.\n',
      expected: 'numba 0.56.4 needs Python 3.7 or later and before 3.11, and the function has 3.8',
    },
    {
      what: 'two lines that exclude each other, as older versions of uv print it',
      stderr: '  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 depends on b<2 and you require b==2, we can conclude that your\n      requirements and a==1 are incompatible.\n      And because you require a==1, we can conclude that your requirements are unsatisfiable.\n',
      expected: 'a==1 depends on b<2 and you require b==2, so your requirements and a==1 are incompatible; you require a==1, so there is no set that fits',
    },
    {
      what: 'a name that is not there',
      stderr: 'error: No solution found when resolving dependencies\n  cause: Because no-such was not found in the package registry and you require no-such, we can conclude that your requirements are unsatisfiable.\n',
      expected: 'the package index has no no-such',
    },
    {
      what: 'a source that does not build',
      stderr: "error: Failed to build `sklearn==0.0.post12`\n  cause: The build backend returned an error\n\n         [stderr]\n         The 'sklearn' PyPI package is deprecated, use 'scikit-learn'\n         rather than 'sklearn' for pip commands. \n\n         More\n\nhint: `sklearn` is often confused\n",
      expected: "sklearn 0.0.post12 has no wheel for Python 3.8, and its source cannot be built: The 'sklearn' PyPI package is deprecated, use 'scikit-learn' rather than 'sklearn' for pip commands",
    },
    {
      what: 'a source whose set-up fails, and an index with a password',
      stderr: 'error: Failed to build `old @ https://me:secret@example.org/old.tar.gz`\n  cause: The build backend returned an error\n\n         [stderr]\n         Traceback (most recent call last):\n           File "setup.py", line 1\n         ModuleNotFoundError: No module named \'numpy\'\n',
      expected: "old @ https://***@example.org/old.tar.gz has no wheel for Python 3.8, and its source cannot be built: ModuleNotFoundError: No module named 'numpy'",
    },
  ])('$what', ({ stderr, expected }) => {
    expect(explainConflict(stderr, '3.8')).toBe(expected);
  });

  it('cuts what is longer than anybody reads', () => {
    const many = Array.from({ length: 200 }, (_, i) => `a<${i}`).join(' or ');
    const text = explainConflict(`error: No solution found\n  cause: Because only ${many} are there, we can conclude that your requirements are unsatisfiable.\n`, '3.12');
    expect(text.length).toBeLessThan(430);
    expect(text.endsWith(' …')).toBe(true);
  });
});
