import { describe, expect, it } from 'vitest';
import { filesBelow } from '../../src/model/files-below.ts';
import { sourcesBelow } from '../../src/model/sources-below.ts';
import type { Project } from '../../src/project/project.ts';
import { project } from '../project/temporary-project.ts';

const zip = (folder: string): string => `    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: ${folder}}\n`;
const files = {
  'service/template.yaml': `Resources:\n  A:\n${zip('a')}  B:\n${zip('../shared')}`,
  'service/a/app.py': '', 'service/a/lib/part.py': '', 'service/a-b/app.py': '', 'service/a.txt': '', 'service/b/app.py': '', 'shared/app.py': '',
};
const opened = async (): Promise<Project> => await project(files, { template: 'service/template.yaml' });

describe('files and sources below a folder', () => {
  it.each([
    { folder: 'service/a', files: ['app.py', 'lib/part.py'] },
    { folder: 'service/a-b', files: ['app.py'] },
    { folder: 'service', files: ['a-b/app.py', 'a.txt', 'a/app.py', 'a/lib/part.py', 'b/app.py', 'template.yaml'] },
    { folder: 'shared', files: ['app.py'] },
    { folder: 'nowhere', files: [] },
  ])('$folder', async ({ folder, files: expected }) => {
    const one = await opened();
    expect(filesBelow(one, `${one.folder}/${folder}`).map(({ path }) => path)).toEqual(expected);
    expect(filesBelow(one, `${one.folder}/${folder}`)).toBe(filesBelow(one, `${one.folder}/${folder}`));
  });

  it('takes the folder itself, and one above it', async () => {
    const one = await opened();
    expect(filesBelow(one, one.folder)).toHaveLength(7);
    const above = one.folder.slice(0, one.folder.lastIndexOf('/'));
    const name = one.folder.slice(above.length + 1);
    expect(filesBelow(one, above).map(({ path }) => path)).toContain(`${name}/shared/app.py`);
  });

  it('has sources by every folder above them', async () => {
    const one = await opened();
    expect(sourcesBelow(one, `${one.folder}/service/a`).map(({ path }) => path.slice(one.folder.length))).toEqual(['/service/a/app.py', '/service/a/lib/part.py']);
    expect(sourcesBelow(one, `${one.folder}/nowhere`)).toEqual([]);
  });
});
