import { expect, test } from 'vitest';
import {
  breakerWords,
  countWords,
  money,
  peopleWords,
  reception,
  shardWords,
  spendingTotal,
  spent,
  summary,
} from '#page/owner/figures.js';
import type { LinkCounts } from '#src/discord/events.ts';

/** All that a voice link counts, once each. */
const counts: LinkCounts = {
  ...{ opened: 1, foreign: 1, short: 1, notAllowed: 1, held: 1, sealed: 1, unparsed: 1, ahead: 1 },
  ...{ replayed: 1, sent: 1, refused: 1, shifts: 1, dropped: 1, errors: 1 },
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
  const snapshot = { atWallMs: 0, rooms: {}, servers: {}, providers, alerts: [], stages: {} };
  expect(summary({ ...snapshot, total: { usd: 4, capUsd: 5 } })).toContain(
    'all servers spent $4.00 of $5.00 today (UTC)',
  );
  expect(summary(snapshot)).toBe(
    'In no channel, no alert, all providers work, nothing was answered yet',
  );
  const alert = { name: 'link-down', meaning: 'it is dead', action: 'Wait.', cause: 'no answer' };
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

test('amounts, people and shards are short, and nothing is a dash', () => {
  expect([money(1_234.5, 0), money(0.0042, 0), money(0, 3.46), money(1, 1)]).toEqual([
    ...['$1,234.50', 'under $0.01', '3.5 min', '$1.00 + 1 min'],
  ]);
  expect([money(0, 0), money(0, 0.01)]).toEqual(['–', '–']);
  expect(peopleWords({ heard: 0, unheard: 0 })).toBe('–');
  expect(peopleWords({ heard: 2, unheard: 0, state: 'speaking' })).toBe('2');
  expect(peopleWords({ heard: 2, unheard: 1, state: 'speaking' })).toBe('2 of 3 heard');
  expect(['0 to 2, 5, 7 to 8', 'none']).toEqual([shardWords([0, 1, 2, 5, 7, 8]), shardWords([])]);
  const day = { day: '2026-11-20', usd: 1.5, minutes: 2, answers: 1_200, requests: 0 };
  expect(spendingTotal([day, day])).toBe(
    '$3.00 in 2 days, 2,400 answers, 4 min without a known price',
  );
});
