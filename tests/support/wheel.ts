import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a zip made by hand, so that tests do not depend on the code that they test. */
export interface HandMember {
  readonly name: string;
  readonly text: string | Uint8Array;
  /** Unix st_mode; a plain file of mode 0644 when absent. */
  readonly mode?: number;
  readonly isStored?: boolean;
  readonly hasDescriptor?: boolean;
}

/** A zip archive, plainly written. `patch` may spoil the central record of a member. */
export function handZip(members: readonly HandMember[], patch: (record: Buffer, name: string) => void = () => undefined): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, text, mode = 0o100644, isStored = false, hasDescriptor = false } of members) {
    const bytes = Buffer.from(text);
    const data = isStored ? bytes : deflateRawSync(bytes);
    const rawName = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE((hasDescriptor ? 8 : 0) | (/[^\0-\x7f]/u.test(name) ? 0x800 : 0), 2);
    common.writeUInt16LE(isStored ? 0 : 8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(rawName.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common]);
    if (hasDescriptor) local.fill(0, 14, 26);
    const descriptor = Buffer.alloc(hasDescriptor ? 16 : 0);
    if (hasDescriptor) {
      descriptor.writeUInt32LE(0x08074b50, 0);
      common.copy(descriptor, 4, 10, 22);
    }
    const record = Buffer.alloc(46);
    record.write('PK\x01\x02', 'latin1');
    record.writeUInt16LE((3 << 8) | 20, 4);
    common.copy(record, 6);
    record.writeUInt32LE((mode << 16) >>> 0, 38);
    record.writeUInt32LE(offset, 42);
    patch(record, name);
    central.push(record, rawName);
    parts.push(local, rawName, data, descriptor);
    offset += local.length + rawName.length + data.length + descriptor.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** A wheel to be made. */
export interface WheelSpec {
  readonly name: string;
  readonly version: string;
  /** `py3-none-any` when absent. */
  readonly tag?: string;
  readonly files?: readonly HandMember[];
  readonly entryPoints?: string;
  readonly requires?: readonly string[];
}

/** A wheel as an index serves it. */
export interface MadeWheel {
  readonly name: string;
  readonly fileName: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** A tiny wheel, valid in every part that an installer looks at. */
export function makeWheel({ name, version, tag = 'py3-none-any', files, entryPoints, requires = [] }: WheelSpec): MadeWheel {
  const distribution = name.replace(/[-.]+/gu, '_');
  const info = `${distribution}-${version}.dist-info`;
  const metadata = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, ...requires.map((line) => `Requires-Dist: ${line}`), '', ''].join('\n');
  const members: HandMember[] = [
    ...(files ?? [{ name: `${distribution}/__init__.py`, text: `VERSION = "${version}"\n` }]),
    { name: `${info}/METADATA`, text: metadata },
    { name: `${info}/WHEEL`, text: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n` },
    ...(entryPoints === undefined ? [] : [{ name: `${info}/entry_points.txt`, text: entryPoints }]),
  ];
  const rows = members.map((member) => {
    const bytes = Buffer.from(member.text);
    return `${member.name},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}\n`;
  });
  const bytes = handZip([...members, { name: `${info}/RECORD`, text: `${rows.join('')}${info}/RECORD,,\n` }]);
  return { name, fileName: `${distribution}-${version}-${tag}.whl`, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
