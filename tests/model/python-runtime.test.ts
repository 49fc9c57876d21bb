import { describe, expect, it } from 'vitest';
import { interpreterModules, runtimeModules } from '../../src/model/python-runtime.ts';

describe("what Lambda's Python runtimes bring", () => {
  it.each([
    [11, true, false, false],
    [12, false, true, false],
    [13, false, true, true],
  ])('for Python 3.%i', (minor, hasSetuptools, hasSnapshots, isDurable) => {
    const modules = runtimeModules({ major: 3, minor });
    expect(modules).toEqual(expect.arrayContaining(['boto3', 'botocore', 'urllib3', 'pip', 'simplejson']));
    expect(modules.includes('pkg_resources')).toBe(hasSetuptools);
    expect(modules.includes('snapshot_restore_py')).toBe(hasSnapshots);
    expect(modules.includes('aws_durable_execution_sdk_python')).toBe(isDurable);
    expect(modules).not.toContain('cfnresponse');
  });

  it('for a Python that is not known, whatever one of them brings', () => expect(runtimeModules()).toEqual(expect.arrayContaining(['setuptools', 'snapshot_restore_py'])));

  it('is more than an interpreter brings elsewhere', () => {
    expect(interpreterModules({ major: 3, minor: 13 })).toEqual(['pip']);
    expect(interpreterModules({ major: 3, minor: 11 })).toEqual(['pip', 'setuptools', 'pkg_resources', 'wheel']);
  });
});
