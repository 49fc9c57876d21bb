import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { syncAdvice } from '../../src/session/sync-advice.ts';
import { testHost } from '../support/host.ts';

const folder = mkdtempSync(join(tmpdir(), 'shear-sync-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'src'));
writeFileSync(join(folder, 'src', 'app.py'), '');
writeFileSync(join(folder, 'Dockerfile'), 'FROM public.ecr.aws/lambda/python:3.12\nCOPY src ./\nCMD ["app.handler"]\n');
writeFileSync(join(folder, 'template.yaml'), `Transform: AWS::Serverless-2016-10-31
Resources:
  Zip: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src } }
  Image: { Type: AWS::Serverless::Function, Metadata: { Dockerfile: Dockerfile, DockerContext: . }, Properties: { PackageType: Image } }
  Flow: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: flow.json } }
`);
const advise = (samconfig: string): ReturnType<typeof syncAdvice> => {
  writeFileSync(join(folder, 'samconfig.toml'), `version = 0.1\n${samconfig}`);
  return syncAdvice(testHost({ cwd: folder }), { folder, template: undefined, profile: 'default', parameterOverrides: {} });
};

describe('which way suits which change', () => {
  it('is said for every function, layer and definition, and for the template', async () => {
    const { paths, syncCommand, syncLacks, profile } = await advise('[dev.sync.parameters]\nstack_name = "a-dev"\nimage_repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a"\n');
    expect(paths.map(({ subject, change }) => `${subject}: ${change}`)).toEqual(['Zip: code', 'Zip: requirements', 'Image: code', 'Image: Dockerfile, dependencies', 'Flow: its definition', 'template: memory, timeout, variables, events, policies, resources']);
    expect(paths.at(-1)?.best).toBe('sam deploy --config-env dev, which shear dev --cloud runs by itself');
    expect({ syncCommand, syncLacks, profile }).toEqual({ syncCommand: 'sam sync --watch --config-env dev', syncLacks: undefined, profile: 'dev' });
  });

  it('tells what sam sync still needs', async () => {
    expect((await advise('[dev.sync.parameters]\nstack_name = "a-dev"\n')).syncLacks).toContain('[dev.sync.parameters] lacks image_repository');
    expect((await advise('[default.deploy.parameters]\nstack_name = "a"\n')).syncLacks).toContain('there is no [default.sync.parameters]; it needs stack_name and image_repository');
  });
});
