import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provideEngine, type Engine, type NoEngine } from '../../scripts/peers/engine.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { provideBase } from '../../scripts/stand-in/base.ts';
import { planFix } from '../../src/fix/plan.ts';
import { noKnowledge } from '../../src/rules/knowledge.ts';
import { rules } from '../../src/rules/index.ts';
import { host } from './built-project.ts';

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata:
      Dockerfile: Dockerfile
      DockerContext: .
    Properties:
      PackageType: Image
      MemorySize: 512
      Timeout: 60
`;

interface Style {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** What fix must have changed in the Dockerfile, so that the comparison is about something. */
  readonly fixed: readonly string[];
  /** Where the image's own files are. */
  readonly folders: readonly string[];
  readonly python: string;
  /** Paths that are in the image before, and are meant not to be there after. */
  readonly gone: RegExp;
}

const styles: readonly Style[] = [
  {
    name: 'the lines that sam init writes',
    files: {
      Dockerfile: 'FROM public.ecr.aws/lambda/python:3.12\n\nCOPY app.py requirements.txt ./\n\nRUN python3.12 -m pip install -r requirements.txt -t .\n\nCMD ["app.handler"]\n',
      'app.py': 'import idna\n\n\ndef handler(event, context):\n    return idna.__version__\n', 'requirements.txt': 'idna==3.10\n',
    },
    fixed: ['COPY requirements.txt ./\nRUN python3.12 -m pip install --no-cache-dir -r requirements.txt -t .\nCOPY app.py ./\n'],
    folders: ['/var/task', '/opt', '/root'], python: '/var/lang/bin/python3.12', gone: /^\/root\/\.cache(?:\/|$)/u,
  },
  {
    name: 'everything added to a folder that is then worked in, with includes and constraints',
    files: {
      Dockerfile: 'FROM public.ecr.aws/docker/library/python:3.12\n# the code\nADD . /app\nWORKDIR /app\nRUN pip install --no-cache-dir -r requirements/prod.txt -c constraints.txt\nCMD ["app.handler"]\n',
      'app.py': 'import idna\n', 'requirements/prod.txt': '-r base.txt\n', 'requirements/base.txt': 'idna\n', 'constraints.txt': 'idna==3.10\n', 'data/table.csv': '1;2\n', 'README.md': 'The project.\n',
      'tests/test_app.py': 'def test():\n    pass\n',
    },
    fixed: ['COPY constraints.txt /app/\n', '# the code\nADD . /app\n'],
    folders: ['/app', '/usr/local/lib/python3.12/site-packages', '/usr/local/bin', '/root'], python: '/usr/local/bin/python3',
    gone: /^\/app\/(?:README\.md|template\.yaml|Dockerfile|tests(?:\/.*)?)$/u,
  },
  {
    name: 'a newer pip, packages in site-packages, and an owner set in a line of its own',
    files: {
      Dockerfile: 'FROM public.ecr.aws/docker/library/python:3.12\nWORKDIR /srv\nCOPY model.bin /opt/model.bin\nRUN chown 993:990 /opt/model.bin\nRUN pip install --upgrade pip\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY app.py .\nCMD ["app.handler"]\n',
      'app.py': 'import idna\n', 'requirements.txt': 'idna==3.10\ncertifi==2024.8.30\n', 'model.bin': 'x'.repeat(200_000),
    },
    fixed: ['COPY --chown=993:990 model.bin /opt/model.bin\n', 'AS dependencies\n', 'COPY --from=dependencies /dependencies /usr/local\n'],
    folders: ['/srv', '/opt', '/usr/local/lib/python3.12/site-packages', '/root'], python: '/usr/local/bin/python3',
    gone: /^\/root\/\.cache(?:\/|$)|^\/srv\/requirements\.txt$|site-packages\/pip(?:-[^/]*)?(?:\/|$)/u,
  },
  {
    name: 'a key beside the code, and bytecode that is not to be made',
    files: {
      Dockerfile: 'FROM public.ecr.aws/docker/library/python:3.12\nENV PYTHONDONTWRITEBYTECODE=1\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install --no-cache-dir -r requirements.txt -t /packages\nCOPY . .\nCMD ["app.handler"]\n',
      'app.py': 'import idna\n', 'requirements.txt': 'idna==3.10\n', '.env': 'DB_PASSWORD=correct-horse-battery\n', '.dockerignore': '.git\n',
    },
    fixed: [],
    folders: ['/srv', '/packages'], python: '/usr/local/bin/python3', gone: /^\/srv\/(?:\.env|\.dockerignore|template\.yaml|Dockerfile)$/u,
  },
];

describe('images before and after fix, built by a Docker engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-fixed-'));
  let engine: Engine | NoEngine;
  beforeAll(async () => {
    const base = await provideBase(host, cacheFolder);
    engine = await provideEngine(host, { cache: cacheFolder, layout: base.kind === 'stand-in' ? base.layout : undefined });
  }, 1_200_000);
  afterAll(async () => {
    if (engine.kind === 'engine') await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.for(styles)('have the same files: $name', async (style, context) => {
    const [before, after] = [join(folder, `${style.name}-before`), join(folder, `${style.name}-after`)];
    const files: Record<string, string> = { 'template.yaml': template, ...style.files };
    lay(before, files);
    const plan = await planFix(host, before, { rules: rules.filter(({ id }) => id.startsWith('dockerfile/')), gather: async () => noKnowledge });
    expect(plan.defects).toEqual([]);
    for (const change of plan.changes) files[change.path] = change.after;
    for (const text of style.fixed) expect(files['Dockerfile']).toContain(text);
    lay(after, files);
    if (engine.kind === 'none') return context.skip(engine.reason);
    const trees = [await built(before, 'shear-before', style, engine), await built(after, 'shear-after', style, engine)] as const;
    expect(trees[0].size).toBeGreaterThan(3);
    expect(Object.fromEntries([...trees[1]].filter(([path]) => !style.gone.test(path)))).toEqual(Object.fromEntries([...trees[0]].filter(([path]) => !style.gone.test(path))));
    expect([...trees[1].keys()].filter((path) => !trees[0].has(path) && !/site-packages\/pip(?:-[^/]*)?(?:\/|$)/u.test(path))).toEqual([]);
  });
});

function lay(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o644 });
  }
}

/** Type, mode, owner and content of what lies below folders. A .pyc names the time of its source, so only that it is there counts. */
const listing = `
import hashlib, json, os, sys
found = {}
for top in sys.argv[1:]:
    for folder, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(folder, name)
            stat = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else "" if os.path.isdir(path) or path.endswith(".pyc") else hashlib.sha256(open(path, "rb").read()).hexdigest()
            found[path] = "%o %d:%d %s" % (stat.st_mode, stat.st_uid, stat.st_gid, content)
print(json.dumps(found))
`;

async function built(folder: string, tag: string, { folders, python }: Style, engine: Engine): Promise<ReadonlyMap<string, string>> {
  const build = await host.run('docker', ['build', '-q', '-t', tag, '.'], { cwd: folder, env: engine.env });
  expect(build.code, build.stderr + build.stdout).toBe(0);
  const { code, stdout, stderr } = await host.run('docker', ['run', '--rm', '--entrypoint', python, tag, '-B', '-c', listing, ...folders], { env: engine.env });
  expect(code, stderr).toBe(0);
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, string>));
}
