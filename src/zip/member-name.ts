/** The upper half of code page 437, which names are in where the UTF-8 flag is not set (APPNOTE appendix D). */
const codePage437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A member's name as text; undefined when it is declared UTF-8 and is not. */
export function decodeName(raw: Buffer, isUtf8: boolean): string | undefined {
  const plain = raw.toString('latin1');
  if (/^[\u0000-\u007f]*$/u.test(plain)) return plain;
  if (!isUtf8) return Array.from(raw, (byte) => (byte < 128 ? String.fromCharCode(byte) : codePage437[byte - 128])).join('');
  try {
    return strictUtf8.decode(raw);
  } catch {
    return undefined;
  }
}

/** Why a member's name cannot be unpacked below a folder on every system, to complete "which …"; undefined for a good one. */
export function unsafeName(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.startsWith('/')) return 'is an absolute path';
  if (/^[a-z]:/iu.test(name)) return 'names a drive';
  if (name.includes('\\')) return 'holds a backslash';
  if (/[\u0000-\u001f\u007f]/u.test(name)) return 'holds a control character';
  const parts = name.split('/');
  if (parts.includes('..')) return 'leaves its folder';
  return parts.some((part) => part === '' || part === '.') ? 'has an empty part' : undefined;
}

/** As `unsafeName`, but only for what leads out of a folder on this system. */
export function escapingName(name: string): string | undefined {
  const parts = name.split('/');
  if (name.includes('\0')) return 'holds a NUL';
  return parts.some((part) => part === '' || part === '.' || part === '..') ? 'leaves its folder' : undefined;
}
