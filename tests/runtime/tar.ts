import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { diffId, digestOf } from '../../src/base/digest.ts';
import type { RootLayer } from '../../src/runtime/rootfs.ts';

/** A tar member as a test writes it; `name` goes into the header as it stands, however hostile. */
export interface Member {
  readonly name: string;
  readonly type?: 'file' | 'folder' | 'symlink' | 'hardlink' | 'device';
  readonly mode?: number;
  readonly link?: string;
  readonly content?: string | Buffer;
}

/** A ustar archive, written apart from the code under test so that it can hold what that would never write. */
export function tarOf(members: readonly Member[]): Buffer {
  const blocks = members.flatMap((member) => {
    const content = Buffer.from(member.content ?? '');
    const header = Buffer.alloc(512);
    const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
    header.write(member.name, 0, 100);
    header.write(octal(member.mode ?? (member.type === 'folder' ? 0o755 : 0o644), 7), 100);
    header.write(octal(0, 7), 108);
    header.write(octal(0, 7), 116);
    header.write(octal(content.length, 11), 124);
    header.write(octal(0, 11), 136);
    header.write(' '.repeat(8), 148);
    header.write({ file: '0', hardlink: '1', symlink: '2', device: '3', folder: '5' }[member.type ?? 'file'], 156);
    header.write(member.link ?? '', 157, 100);
    header.write('ustar\u000000', 257, 'latin1');
    header.write(octal(header.reduce((sum, byte) => sum + byte, 0), 6), 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A layer blob in a folder, compressed unless told otherwise. */
export function layerOf(folder: string, members: readonly Member[], compress = true): RootLayer {
  const tar = tarOf(members);
  const blob = compress ? gzipSync(tar, { level: 1 }) : tar;
  const digest = digestOf(blob);
  const path = join(folder, `${digest.slice(7)}.blob`);
  writeFileSync(path, blob);
  return { digest, diffId: diffId(`sha256:${createHash('sha256').update(tar).digest('hex')}`), path };
}
