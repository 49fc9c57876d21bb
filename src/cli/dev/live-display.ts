import { writeOut } from '../write-out.ts';
import { createPlainDisplay } from './plain-display.ts';
import type { DevDisplay } from './display.ts';
import { createTable, type FunctionTable } from './function-table.ts';

/** Milliseconds between two drawings; nothing is drawn while nothing happens. */
const pause = 50;

/** What happens scrolls by above a table of functions, which stays at the bottom of the terminal. */
export function createLiveDisplay({ isColoured }: { readonly isColoured: boolean }): DevDisplay {
  const table: FunctionTable = createTable(isColoured);
  let waiting: string[] = [];
  let height = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    timer = undefined;
    const { columns, rows } = process.stdout;
    // Some terminals do not say how large they are: 0 by 0.
    const lines = table.lines(columns > 0 ? columns : 80, Math.max(3, Math.floor((rows > 0 ? rows : 24) / 2)));
    const above = waiting.map((line) => `${line}\n`).join('');
    waiting = [];
    // Up to where the table began, and what is below goes: then what happened, and the table again.
    writeOut(`${height === 0 ? '' : `\u001b[${height}A\r\u001b[J`}${above}${lines.map((line) => `${line}\n`).join('')}`);
    height = lines.length;
  };
  const plan = (): void => {
    timer ??= setTimeout(draw, pause);
  };
  const plain = createPlainDisplay((text) => {
    waiting.push(...text.split('\n'));
    plan();
  }, false);
  process.stdout.on('resize', plan);
  return {
    show: (event) => {
      table.take(event);
      plain.show(event);
      plan();
    },
    close: () => {
      clearTimeout(timer);
      process.stdout.off('resize', plan);
      draw();
    },
  };
}
