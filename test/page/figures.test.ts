import { expect, test } from 'vitest';
import { breakerWords, countWords, reception, spent, summary } from '#page/owner/figures.js';
import type { LinkCounts } from '#src/discord/events.ts';

/** All that a voice link counts, once each. */
const counts: LinkCounts = {
  ...{ opened: 1, foreign: 1, short: 1, notAllowed: 1, held: 1, sealed: 1, unparsed: 1, ahead: 1 },
  ...{ replayed: 1, overflowed: 1, sent: 1, refused: 1, shifts: 1, dropped: 1, errors: 1 },
  unreachable: 1,
};

test('everything that a voice link counts has words', () => {
  const lines = countWords(counts);
  expect(lines).toHaveLength(Object.keys(counts).length);
  for (const name of Object.keys(counts)) expect(lines).not.toContain(`1 ${name}`);
  expect(countWords({ opened: 1_200, sent: 0, sealed: 0 })).toEqual([
    '1,200 packets received',
    '0 packets sent',
  ]);
});

test('of providers the one that is asked, those that stand by and those that rest are told apart', () => {
  const late = { state: 'open', restMs: 4_000, code: 'provider.late' } as const;
  const lines = breakerWords([
    { provider: 'a', ...late },
    { provider: 'b', ...late, restMs: 0 },
    { provider: 'c', state: 'trial', restMs: 0 },
    { provider: 'd', state: 'closed' },
    { provider: 'e', state: 'closed' },
  ]);
  expect(lines).toEqual([
    'a rests for 4 s more after provider.late',
    'b has rested after provider.late, and is tried by the next request',
    'c is being tried again',
    'd is asked',
    'e stands by',
  ]);
});

test('the first line says how it is', () => {
  const providers = [{ role: 'chat', state: 'works' as const }];
  const snapshot = { atWallMs: 0, rooms: [], providers, alerts: [], stages: {} };
  expect(summary(snapshot)).toBe(
    'In no channel, no alert, all providers work, nothing was answered yet',
  );
  const alert = { name: 'udp-dead', meaning: 'it is dead', cause: 'no answer' };
  const troubled = {
    ...snapshot,
    providers: [{ role: 'chat', state: 'fails' as const }],
    alerts: [alert, alert],
    stages: { firstSentMs: { p50Ms: 410, p95Ms: 1_600 } },
  };
  expect(summary(troubled)).toBe(
    'In no channel, 2 alerts, trouble with chat, answers begin after 410 ms (p95 1,600)',
  );
});

test('a budget says what is left, and reception what was lost and how unevenly it came', () => {
  const budget = { usd: 4.2, minutes: 1, capUsd: 5, capMinutes: 0, isUnpriced: false, turns: 1 };
  expect(spent({ ...budget, step: 'cheaper' })).toBe(
    '$4.2000 of $5.00, 1 answer, over 80 %: the cheaper voice speaks',
  );
  expect(reception({ lossShare: 0.031, jitterMs: 12 })).toBe(
    '3.1 % lost, jitter 12 ms, in the last 5 minutes',
  );
});
