/** Puts colour around text. */
export interface Paint {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;

/** Leaves text as it is: what every renderer uses unless told otherwise. */
export const plain: Paint = { red: same, yellow: same, green: same, blue: same, bold: same, dim: same };

/** ANSI colours (ECMA-48, SGR). */
export const coloured: Paint = { red: code(31, 39), yellow: code(33, 39), green: code(32, 39), blue: code(34, 39), bold: code(1, 22), dim: code(2, 22) };

function code(on: number, off: number): (text: string) => string {
  return (text) => (text === '' ? '' : `\u001B[${on}m${text}\u001B[${off}m`);
}
