import { describe, expect, it } from 'vitest';
import { fault } from '../../src/base/fault.ts';
import { cloudText, driftText, logText } from '../../src/report/cloud-text.ts';

describe('what a cloud session tells', () => {
  it('of a send, with its time, its bytes and the new version', () => {
    expect(cloudText({ kind: 'updated', name: 'Pay', ms: 412, bytes: 10_400, version: '7' })).toBe('cloud Pay  0.4 s, 10.4 kB sent, version 7');
  });

  it('of what is in the way, and when it is tried again', () => {
    expect(cloudText({ kind: 'waiting', name: 'Pay', seconds: 4, fault: fault('network/unreachable', 'the registry got no answer', { why: 'ECONNREFUSED', next: 'check the network' }) })).toBe('waiting Pay: the registry got no answer\n  ECONNREFUSED\n  next: check the network\n  again in 4 s');
  });

  it('of a template that differs', () => {
    expect(cloudText({ kind: 'differs', stack: 'shop-dev', differences: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })).toBe('shop-dev and the template differ: a, b, c, d, e and 2 more');
  });

  it('of what it leaves behind', () => {
    expect(driftText({ stack: 'shop-dev', profile: 'dev', drift: [] })).toBeUndefined();
    expect(driftText({ stack: 'shop-dev', profile: 'dev', drift: [{ name: 'Pay', sentAt: Date.UTC(2026, 0, 2, 3, 4) }] })).toBe(
      '1 function of shop-dev runs code that its template does not know:\n  Pay  sent 2026-01-02 03:04 UTC\n`sam deploy --config-env dev` brings stack and code together again; a rollback or another deployment replaces it.',
    );
  });

  it('of a log line, its name padded to the longest', () => {
    expect(logText({ name: 'Pay', time: Date.UTC(2026, 0, 1, 10, 20, 30, 5), text: 'two\nlines' }, { names: ['Pay', 'Refund'] })).toBe('10:20:30.005 Pay    two\n                    lines');
  });
});
