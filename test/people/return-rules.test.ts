import { expect, test } from 'vitest';
import { judgeReturn, type ReturnFacts, returnMs } from '#src/people/return-rules.ts';
import { fc } from '#test/properties.ts';

const awaited: ReturnFacts = { idleMs: 0, joining: { kind: 'fine' }, isAwaited: true };
const full = { kind: 'full', members: 2, limit: 2 } as const;

test('the bot returns to people it may hear, also as audience of a stage', () => {
  expect(judgeReturn(awaited)).toEqual({ kind: 'return' });
  expect(judgeReturn({ ...awaited, joining: { kind: 'stage' } })).toEqual({ kind: 'return' });
  expect(judgeReturn({ ...awaited, idleMs: returnMs - 1 })).toEqual({ kind: 'return' });
});

test('it does not return after 15 minutes, to nobody, nor where it may not be', () => {
  expect(judgeReturn({ ...awaited, idleMs: 900_000 })).toEqual({ kind: 'too-old' });
  expect(judgeReturn({ ...awaited, joining: undefined })).toEqual({ kind: 'no-channel' });
  expect(judgeReturn({ ...awaited, isAwaited: false })).toEqual({ kind: 'nobody' });
  expect(judgeReturn({ ...awaited, joining: full })).toEqual({ kind: 'barred', joining: full });
});

test('whatever else holds, it returns only to a young seat with somebody to hear', () => {
  const joining = fc.constantFrom({ kind: 'fine' }, { kind: 'no-view' }, full, undefined);
  fc.assert(
    fc.property(fc.nat(2 * returnMs), joining, fc.boolean(), (idleMs, verdict, isAwaited) => {
      const facts = { idleMs, joining: verdict as ReturnFacts['joining'], isAwaited };
      if (judgeReturn(facts).kind !== 'return') return;
      expect([idleMs < returnMs, verdict?.kind, isAwaited]).toEqual([true, 'fine', true]);
    }),
    { numRuns: 100 },
  );
});
