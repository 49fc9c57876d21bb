import fc from 'fast-check';
import type { Member } from './tar.ts';

const part = fc.constantFrom('a', 'b', 'c');
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const member = fc.oneof(
  fc.record({ name: path, content: fc.constantFrom('1', '2') }),
  fc.record({ name: path.map((name) => `${name}/`), type: fc.constant('folder' as const) }),
  fc.record({ name: path, type: fc.constant('symlink' as const), link: part }),
);

/** Layers over each other, in which few names meet often as files, folders and links. */
export const anyLayers: fc.Arbitrary<Member[][]> = fc.array(fc.array(member, { maxLength: 6 }), { minLength: 2, maxLength: 3 });
