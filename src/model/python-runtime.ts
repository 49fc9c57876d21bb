import type { PythonVersion } from './function.ts';

/**
 * Top-level modules that Lambda's Python runtimes and base images of every version have beside the standard library: the SDK with what it
 * needs, the runtime's own client with what that needs, and pip. Source: Lambda developer guide, "Runtime-included SDK versions"; the base
 * images' /var/runtime and /var/lang site-packages. `cfnresponse` is not among them: only code that stands in a template gets it.
 */
const everyVersion: readonly string[] = ['boto3', 'botocore', 's3transfer', 'jmespath', 'dateutil', 'six', 'urllib3', 'awslambdaric', 'runtime_client', 'simplejson', 'bootstrap', 'lambda_internal', 'pip'];

/** With the interpreters before 3.12. Source: What's New In Python 3.12, "ensurepip". */
const before312: readonly string[] = ['setuptools', 'pkg_resources', 'wheel'];

/** From 3.12 on. Source: Lambda developer guide, "Lambda SnapStart runtime hooks for Python". */
const since312: readonly string[] = ['snapshot_restore_py'];

/** From 3.13 on. Source: Lambda developer guide, "Supported runtimes for durable functions". */
const since313: readonly string[] = ['aws_durable_execution_sdk_python'];

/** The modules that the runtime of a Python version brings; without a version, those that some runtime brings. */
export function runtimeModules(python?: PythonVersion): readonly string[] {
  const minor = python?.minor;
  return [...everyVersion, ...(minor === undefined || minor < 12 ? before312 : []), ...(minor === undefined || minor >= 12 ? since312 : []), ...(minor === undefined || minor >= 13 ? since313 : [])];
}

/** The modules that come with an interpreter of a version elsewhere, in the official Python images for instance. */
export function interpreterModules({ minor }: PythonVersion): readonly string[] {
  return ['pip', ...(minor < 12 ? before312 : [])];
}
