import { timed } from './shear-cli.ts';
import { serveOnce } from './runtime-once.ts';

/** An image to run one event in. */
export interface ContainerRun {
  readonly image: string;
  readonly event: string;
  /** Of the docker client. */
  readonly engine: Readonly<Record<string, string>>;
  /** Of the function. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs one event in a container of a Docker engine, on the machine's own network; the container is gone afterwards. */
export async function runInContainer({ image, event, engine, env }: ContainerRun): Promise<unknown> {
  const api = await serveOnce(event);
  const variables = Object.entries({ ...env, AWS_LAMBDA_RUNTIME_API: api.address }).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const name = `shear-once-${process.pid}-${Math.floor(performance.now())}`;
  const ended = timed('docker', ['run', '--rm', '--name', name, '--network', 'host', ...variables, image], { cwd: '/', env: engine });
  const failed = ended.then(({ code, stderr }): never => {
    throw new Error(`the container ended with code ${code}: ${stderr.trim().slice(-2000)}`);
  });
  try {
    return await Promise.race([api.answer, failed]);
  } finally {
    failed.catch(() => undefined);
    await timed('docker', ['kill', name], { cwd: '/', env: engine });
    await api.stop();
  }
}
