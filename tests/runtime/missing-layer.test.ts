import { expect, it } from 'vitest';
import { createPool } from '../../src/runtime/pool.ts';
import { pythonFunction, testHost } from './rig.ts';

it('a module that is not found is explained by a Lambda layer that is on AWS alone', async () => {
  const request = await pythonFunction('import aws_lambda_powertools\n\ndef handler(event, context):\n    return 1\n', { backend: 'process' });
  if (request.artefact.kind !== 'zip') throw new Error('unreachable');
  const problem = async (missingLayers: readonly string[]): Promise<string | undefined> => {
    const pool = createPool(testHost(), { request: { ...request, artefact: { ...request.artefact, missingLayers } as typeof request.artefact } });
    await pool.invoke({ payload: Buffer.from('{}') });
    const { initProblem } = pool.state();
    await pool.close();
    return initProblem;
  };
  expect(await problem(['AWSLambdaPowertoolsPythonV2:45'])).toBe("Runtime.ImportModuleError: Unable to import module 'app': No module named 'aws_lambda_powertools'; the Lambda layer AWSLambdaPowertoolsPythonV2:45 is not on this machine: what it holds cannot be imported; add its packages to the function's own for local runs, or give the layer a folder of the project");
  expect(await problem([])).toBe("Runtime.ImportModuleError: Unable to import module 'app': No module named 'aws_lambda_powertools'");
});
