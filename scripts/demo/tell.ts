/** Says what comes next, and how long it took once it is done. */
export async function act<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const isTerminal = process.stderr.isTTY === true;
  if (!isTerminal) process.stderr.write(`… ${title}\n`);
  const tick = isTerminal ? setInterval(() => process.stderr.write(`\r… ${title}, ${seconds(started)} `), 250) : undefined;
  const end = (mark: string): void => {
    clearInterval(tick);
    process.stderr.write(`${isTerminal ? '\r' : ''}${mark} ${title}, ${seconds(started)}   \n`);
  };
  try {
    const result = await work();
    end('✓');
    return result;
  } catch (error) {
    end('✗');
    throw error;
  }
}

/** A line of its own, on standard output. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
