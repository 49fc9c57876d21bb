import { chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWatcher, type Watcher } from '../../src/watch/watcher.ts';

let root: string;
let watcher: Watcher;
const why: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'shear-watch-'));
  for (const folder of ['src', 'src/deep', '.git', 'node_modules']) mkdirSync(join(root, folder));
  for (const name of ['a.py', 'b.py', 'deep/c.py']) writeFileSync(join(root, 'src', name), 'one');
  watcher = startWatcher({ isRecursive: false, onPolling: (text) => void why.push(text) });
});
afterEach(() => {
  watcher.close();
  why.length = 0;
  rmSync(root, { recursive: true, force: true });
});

const at = (path: string): string => join(root, path);
const aim = (): boolean => watcher.aim({ folders: [root, at('src'), at('src/deep')], isOfInterest: (path) => path.startsWith(at('src')) && !path.endsWith('.swp') });
const next = async (): Promise<readonly string[]> => {
  const changes = await watcher.next();
  if (changes === undefined || changes === 'anything') throw new Error(`no paths: ${String(changes)}`);
  return [...changes].map((path) => relative(root, path)).toSorted();
};

describe('watching folders', () => {
  it('tells of a write, a deletion, a new file and a change of permissions', async () => {
    expect(aim()).toBe(true);
    writeFileSync(at('src/a.py'), 'two');
    expect(await next()).toEqual(['src/a.py']);
    rmSync(at('src/deep/c.py'));
    expect(await next()).toEqual(['src/deep/c.py']);
    writeFileSync(at('src/new.py'), 'new');
    expect(await next()).toEqual(['src/new.py']);
    chmodSync(at('src/b.py'), 0o755);
    expect(await next()).toEqual(['src/b.py']);
    symlinkSync('a.py', at('src/link'));
    expect(await next()).toEqual(['src/link']);
  });

  it('tells of an editor that writes beside a file and renames over it once', async () => {
    aim();
    writeFileSync(at('src/.a.py.swp'), 'two');
    renameSync(at('src/.a.py.swp'), at('src/a.py'));
    expect(await next()).toEqual(['src/a.py']);
  });

  it('gives what happens in one go at once, and nothing of it again', async () => {
    aim();
    for (let number = 0; number < 1000; number++) writeFileSync(at(`src/deep/${number}.py`), 'x');
    expect(await next()).toHaveLength(1000);
    writeFileSync(at('src/a.py'), 'last');
    expect(await next()).toEqual(['src/a.py']);
  });

  it('keeps what happens while nobody waits', async () => {
    aim();
    const first = next();
    writeFileSync(at('src/a.py'), 'two');
    await first;
    writeFileSync(at('src/b.py'), 'two');
    rmSync(at('src/deep/c.py'));
    expect(await next()).toEqual(['src/b.py', 'src/deep/c.py']);
  });

  it('is not woken by what is of no interest', async () => {
    aim();
    for (const path of ['.git/index', 'node_modules/x.js', 'src/a.swp', 'README.md']) writeFileSync(at(path), 'x');
    writeFileSync(at('src/a.py'), 'two');
    expect(await next()).toEqual(['src/a.py']);
  });

  it('sees a folder that was moved away, and its successor', async () => {
    aim();
    renameSync(at('src/deep'), at('elsewhere'));
    expect(await next()).toEqual(['src/deep']);
    expect(aim()).toBe(false);
    mkdirSync(at('src/deep'));
    expect(await next()).toEqual(['src/deep']);
    expect(aim()).toBe(true);
    writeFileSync(at('src/deep/c.py'), 'again');
    expect(await next()).toEqual(['src/deep/c.py']);
  });

  it('watches a folder anew that was made again between two looks', async () => {
    aim();
    rmSync(at('src/deep'), { recursive: true });
    mkdirSync(at('src/deep'));
    expect(await next()).toEqual(expect.arrayContaining(['src/deep']));
    expect(aim()).toBe(true);
    writeFileSync(at('src/deep/new.py'), 'x');
    expect(await next()).toEqual(['src/deep/new.py']);
  });

  it('ends its waiting when it is closed', async () => {
    aim();
    const waiting = watcher.next();
    watcher.close();
    expect(await waiting).toBe(undefined);
  });
});

describe('where the system cannot watch', () => {
  it('says so once and asks for comparisons instead', async () => {
    watcher.close();
    let count = 0;
    watcher = startWatcher({
      isRecursive: false, onPolling: (text) => void why.push(text),
      watchFolder: () => {
        if (count++ < 2) return { on: () => undefined, close: () => undefined };
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    });
    aim();
    expect(why).toEqual(['the system takes no more than 2 watched folders (ENOSPC)']);
    expect(await watcher.next()).toBe('anything');
    expect(await watcher.next()).toBe('anything');
    aim();
    expect(why).toHaveLength(1);
  });

  it('takes one watch for a whole tree where the system has such', async () => {
    watcher.close();
    const watched: string[] = [];
    let tell: (event: string, name: string | null) => void = () => undefined;
    watcher = startWatcher({
      isRecursive: true, onPolling: (text) => void why.push(text),
      watchFolder: (folder, { recursive }, listener) => {
        watched.push(`${basename(folder)} ${recursive}`);
        tell = listener;
        return { on: () => undefined, close: () => undefined };
      },
    });
    watcher.aim({ folders: [at('src'), at('src/deep'), root], isOfInterest: (path) => path === at('src/deep/c.py') });
    expect(watched).toHaveLength(1);
    tell('rename', 'src/deep/c.py');
    tell('change', null);
    expect(await next()).toEqual(['src/deep/c.py']);
  });
});
