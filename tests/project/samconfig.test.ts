import { describe, expect, it } from 'vitest';
import { samParameters } from '../../src/model/samconfig.ts';
import { parameterOverrides, readOverrides } from '../../src/project/parameter-overrides.ts';
import { environmentsOf } from '../../src/project/samconfig.ts';
import { project } from './temporary-project.ts';

const template = { 'template.yaml': 'Resources: {}\n' };

const toml = `version = 0.1

[default.global.parameters]
stack_name = "app"
region = "eu-west-1"

[default.build.parameters]
cached = true
parallel = true
stack_name = "other"
container_env_var = ["A=1", "B=2"]

[prod.deploy.parameters]
parameter_overrides = { Stage = "prod", Names = ["a", "b"], Debug = true, Size = 512 }
`;

const yaml = `version: 0.1
default:
  global:
    parameters:
      stack_name: app
  local_start_api:
    parameters:
      warm_containers: EAGER
`;

describe('samParameters', () => {
  it("gives the command's section over global, of one environment alone", async () => {
    const opened = await project({ ...template, 'samconfig.toml': toml });
    expect(samParameters(opened, 'default', 'build').map(({ name, value, section, place }) => [name, value, section, place.line])).toEqual([
      ['stack_name', 'other', 'build', 10],
      ['region', 'eu-west-1', 'global', 5],
      ['cached', true, 'build', 8],
      ['parallel', true, 'build', 9],
      ['container_env_var', ['A=1', 'B=2'], 'build', 11],
    ]);
    expect(samParameters(opened, 'prod', 'build')).toEqual([]);
    expect(samParameters(opened, 'nowhere', 'deploy')).toEqual([]);
    expect(environmentsOf(opened.samconfig)).toEqual(['default', 'prod']);
  });

  it('reads YAML, and commands as they are typed', async () => {
    const opened = await project({ ...template, 'samconfig.yaml': yaml });
    expect(samParameters(opened, 'default', 'local start-api').map(({ name, value }) => [name, value])).toEqual([['stack_name', 'app'], ['warm_containers', 'EAGER']]);
  });

  it('prefers TOML, as sam does', async () => {
    const opened = await project({ ...template, 'samconfig.yaml': yaml, 'samconfig.toml': toml });
    expect(opened.samconfig?.kind).toBe('toml');
  });

  it('is empty without a samconfig', async () => {
    expect(samParameters(await project(template), 'default', 'build')).toEqual([]);
  });
});

describe('parameter overrides', () => {
  it.each([
    ['A=1 B=two', { A: '1', B: 'two' }],
    ["A='two words' B=\"three more words\"", { A: 'two words', B: 'three more words' }],
    ['A="say \\"hi\\""', { A: 'say "hi"' }],
    ['ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue="x y"', { A: '1', B: 'x y' }],
    ['A= B=2', { A: '', B: '2' }],
    ['A=x=y', { A: 'x=y' }],
    ['file://params.yaml A=1', { A: '1' }],
    ['', {}],
    [['A=1', 'B=two words'], { A: '1', B: 'two' }],
    [['A="two words"', { B: 'x' }], { A: 'two words', B: 'x' }],
    [{ A: 'two words', C: ['x', 'y'], T: true, N: 3 }, { A: 'two words', C: 'x,y', T: 'True', N: '3' }],
    [7, {}],
  ])('in the form %j', (value, expected) => {
    expect(Object.fromEntries(readOverrides(value))).toEqual(expected);
  });

  it('come from build, else deploy, of the environment', async () => {
    const opened = await project({ ...template, 'samconfig.toml': toml });
    expect([...parameterOverrides(opened.samconfig, 'prod')]).toEqual([['Stage', 'prod'], ['Names', 'a,b'], ['Debug', 'True'], ['Size', '512']]);
    expect([...parameterOverrides(opened.samconfig, 'default')]).toEqual([]);
  });
});

