import { join } from 'node:path';
import { Failure } from '../../src/base/fault.ts';
import { provideTool } from '../../src/tools/provide-tool.ts';
import { testHost } from './host.ts';

/**
 * Path of a uv for tests: the one on PATH, else shear's own, installed once below node_modules. Undefined where neither
 * can be had; tests that need it are then skipped, with a warning.
 */
export async function findTestUv(): Promise<string | undefined> {
  const host = testHost({ env: process.env, cacheFolder: join(import.meta.dirname, '../../node_modules/.cache/shear-tests') });
  try {
    return (await provideTool(host, 'uv')).path;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.warn(`tests with uv are skipped: ${error.message}`);
    return undefined;
  }
}
