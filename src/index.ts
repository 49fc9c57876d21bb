export { build, type BuildOptions } from './session/build.ts';
export { invokeBuilt, type InvokeBuiltRequest } from './session/invoke-built.ts';
export { push, type PushedFunction } from './session/push.ts';
export type { BuildReport, FunctionReport } from './build/report.ts';
export { Failure, type Fault, type FaultCode } from './base/fault.ts';
export type { Host } from './base/host.ts';
export type { Event } from './base/event.ts';
