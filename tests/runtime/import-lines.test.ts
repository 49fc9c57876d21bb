import { describe, expect, it } from 'vitest';
import { importLinesOf } from '../../src/runtime/import-lines.ts';

describe('the imports that a module begins with', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['plain ones', 'import json\nimport os.path as p, sys\nfrom a.b import c as d, e\nfrom f import *\n\nX = 1\nimport late\n', ['import json', 'import os.path as p, sys', 'from a.b import c as d, e', 'from f import *']],
    ['after comments and a docstring', '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n"""What\n\nit does."""  # said\nimport json # why\n', ['import json']],
    ['after a docstring of one line', "'what it does'\nimport json\n", ['import json']],
    ['with CRLF', 'import json\r\nimport os\r\n', ['import json', 'import os']],
    ['none after other code', 'X = 1\nimport json\n', []],
    ['none after a docstring with an escape, which is not surely one', '"""a\\"""" """\nimport json\n', []],
    ['until several statements on a line', 'import json\nimport os; os.environ["A"] = "1"\nimport sys\n', ['import json']],
    ['until parentheses and continuations', 'import json\nfrom a import (\n    b,\n)\nimport sys\n', ['import json']],
    ['until a condition', 'import json\ntry:\n    import numpy\nexcept ImportError:\n    pass\n', ['import json']],
    ['until a relative one', 'import json\nfrom . import own\nimport sys\n', ['import json']],
    ['none of an indented text', '    import json\n', []],
  ])('%s', (_, source, lines) => {
    expect(importLinesOf(source).map(({ text }) => text)).toEqual(lines);
  });

  it('names the packages', () => {
    expect(importLinesOf('import os.path as p, sys\nfrom a.b import c\n').map(({ roots }) => roots)).toEqual([['os', 'sys'], ['a']]);
  });
});
