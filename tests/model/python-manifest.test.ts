import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockedNames, pythonManifests } from '../../src/model/python-manifest.ts';

function manifests(files: Readonly<Record<string, string>>): ReturnType<typeof pythonManifests> {
  return pythonManifests({ manifests: Object.entries(files).map(([path, text]) => ({ path, text })) });
}

describe('the manifests of Python tools', () => {
  it.each([
    ['a project of uv', { 'src/pyproject.toml': '[project]\nname = "x"\ndependencies = [\n  "Requests>=2",\n  "PyYAML[x] ; python_version < \'4\'",\n]\n', 'src/uv.lock': 'version = 1\n\n[[package]]\nname = "requests"\nversion = "2.32.3"\n' }, [['uv', 'src', ['requests', 'pyyaml'], ['requests']]]],
    ['Poetry, with its Python and an optional package', { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.12"\nboto3 = "*"\nPillow = { version = "^11", optional = true }\n', 'poetry.lock': '# This file is generated\n\n[[package]]\nname = "boto3"\nversion = "1"\n\n[package.dependencies]\nname = "no"\n\n[[package]]\nname = "Jmes_Path"\n' }, [['poetry', '', ['boto3'], ['boto3', 'jmes-path']]]],
    ['Pipenv, with packages for development', { 'Pipfile': '[packages]\nrequests = "*"\n\n[dev-packages]\npytest = "*"\n', 'Pipfile.lock': '{"_meta": {"hash": {}}, "default": {"requests": {}, "certifi": {}}, "develop": {"pytest": {}}}' }, [['pipenv', '', ['requests'], ['requests', 'certifi', 'pytest']]]],
    ['no tool\'s, without a lock', { 'pyproject.toml': '[project]\ndependencies = ["six"]\n' }, [[undefined, '', ['six'], undefined]]],
    ['settings alone', { 'pyproject.toml': '[tool.black]\nline-length = 120\n' }, []],
    ['broken', { 'pyproject.toml': '[project\n', 'Pipfile': '= 1' }, []],
    ['a lock that is no JSON', { 'Pipfile': '[packages]\nsix = "*"\n', 'Pipfile.lock': '<<<<<<<' }, [['pipenv', '', ['six'], []]]],
  ])('%s', (_, files, expected) => {
    expect(manifests(files).map((one) => [one.tool, one.folder, one.dependencies.map(({ normalizedName }) => normalizedName), one.lock && [...one.lock.names]])).toEqual(expected);
  });

  it('gives each package the place of its name', () => {
    const text = '[project]\ndependencies = ["six", "idna>=3"]\n[tool.poetry.dependencies]\nattrs = "*"\n';
    const [found] = manifests({ 'pyproject.toml': text });
    expect(found?.dependencies.map(({ span }) => text.slice(span.start, span.end))).toEqual(['"six"', '"idna>=3"', 'attrs']);
  });

  it('reads any text without failing', () => {
    const piece = fc.oneof(fc.constantFrom('[packages]\n', '[project]\n', 'dependencies = ', '["six"]\n', '[[package]]\n', 'name = "a"\n', '{', '}', '"', '\r\n', '[tool.poetry.dependencies]\n', 'x = 1\n'), fc.string({ maxLength: 6 }));
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      for (const one of manifests({ 'Pipfile': text, 'pyproject.toml': text, 'uv.lock': text, 'Pipfile.lock': text })) {
        for (const { span } of one.dependencies) expect(span.start >= 0 && span.end <= text.length && span.start < span.end).toBe(true);
      }
      expect(lockedNames('uv', text)).toBeInstanceOf(Set);
    }));
  });
});
