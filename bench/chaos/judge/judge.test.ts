import { expect, test } from 'vitest';
import type { AskedQuestion, JournalEvent } from './journal.ts';
import { judge } from './judge.ts';

const canary = { who: 1, number: 7 };
const later = 1_000_000;

function asked(more: Partial<AskedQuestion> = {}): JournalEvent {
  const times = { fromMs: 10_000, toMs: 11_000 };
  return {
    kind: 'asked',
    question: { ...canary, ...times, consent: 'yes', isOwed: true, ...more },
  };
}

function heard(atMs: number, part = 0): JournalEvent {
  return { kind: 'heard', atMs, canary, part };
}

function fault(fromMs: number, toMs: number, isMute = false): JournalEvent {
  return { kind: 'fault', name: 'REST 500', isMute, fromMs, toMs };
}

function reportOf(
  how: 'voice' | 'panel',
  atMs: number,
  toMs = atMs,
): Extract<JournalEvent, { kind: 'told' }> {
  return { kind: 'told', how, atMs, toMs, id: 'fail.llm' };
}

/** Findings about questions and commands, one by one. */
function kinds(...journal: JournalEvent[]): readonly string[] {
  const { findings } = judge(journal, later);
  return findings
    .filter(({ words }) => !words.startsWith('outside faults'))
    .map(({ kind }) => kind);
}

test('a question is answered within 15 s, or nobody said anything', () => {
  expect(kinds(asked(), heard(25_900))).toEqual([]);
  expect(kinds(asked(), heard(26_100))).toEqual(['silent']);
});

test('an answer the model gave and nobody heard is lost, not silent', () => {
  expect(kinds(asked(), { kind: 'modelled', atMs: 12_000, canary })).toEqual(['lost']);
});

test('the answer to another question answers nothing', () => {
  const other = { ...canary, number: 8 };
  expect(kinds(asked(), { kind: 'heard', atMs: 12_000, canary: other, part: 0 })).toEqual([
    'silent',
  ]);
});

test('a fault gives 15 s from its end, and so does one that follows closely', () => {
  expect(kinds(asked(), fault(9_000, 20_000), heard(34_000))).toEqual([]);
  expect(kinds(asked(), fault(9_000, 20_000), heard(36_000))).toEqual(['silent']);
  expect(kinds(asked(), fault(9_000, 20_000), fault(30_000, 40_000), heard(54_000))).toEqual([]);
});

test('a sentence why not is an answer when it came with a fault of the question, and after it or still on the panel', () => {
  const broken = fault(4_500, 10_500);
  expect(kinds(asked(), broken, reportOf('voice', 12_000))).toEqual([]);
  expect(kinds(asked(), broken, reportOf('panel', 5_000, 10_500))).toEqual([]);
  expect(kinds(asked(), broken, reportOf('panel', 5_000, 9_000))).toEqual(['silent']);
  expect(judge([asked(), broken, reportOf('voice', 12_000)], later)).toMatchObject({
    reported: 1,
    answered: 0,
  });
});

test('where no fault stands a sentence excuses nothing, and one of an earlier fault excuses no later question', () => {
  expect(kinds(asked(), reportOf('voice', 12_000))).toContain('silent');
  const standing = reportOf('panel', 0, Number.POSITIVE_INFINITY);
  expect(kinds(asked(), standing)).toContain('silent');
  const late = { fromMs: 60_000, toMs: 61_000 };
  expect(kinds(asked(late), fault(0, 5_000), standing, fault(59_000, 60_500))).toContain('silent');
});

test('a private reply is the reason for its reader alone', () => {
  const broken = fault(9_000, 10_500);
  const reply = (who: number): JournalEvent => ({
    ...reportOf('voice', 12_000),
    how: 'reply',
    who,
  });
  expect(kinds(asked(), broken, reply(1))).toEqual([]);
  expect(kinds(asked(), broken, reply(2))).toEqual(['silent']);
});

test('outside faults at least 95 of 100 questions have to be answered', () => {
  const many = Array.from({ length: 100 }, (_, number) => asked({ number }));
  const answers = (count: number) =>
    many.slice(0, count).map(
      (_, number): JournalEvent => ({
        kind: 'heard',
        atMs: 12_000,
        canary: { who: 1, number },
        part: 0,
      }),
    );
  const shares = (count: number) =>
    judge([...many, ...answers(count)], later).findings.filter(({ words }) =>
      words.startsWith('outside faults'),
    );
  expect(shares(95)).toEqual([]);
  expect(shares(94)).toHaveLength(1);
  expect(judge([...many, ...answers(95)], later).calm).toEqual({ asked: 100, answered: 95 });
});

test('outside faults a question is put to the model once, or twice where an answer was begun ahead', () => {
  const modelled: JournalEvent = { kind: 'modelled', atMs: 11_500, canary };
  expect(kinds(asked(), heard(12_000), modelled, modelled)).toEqual([]);
  expect(kinds(asked(), heard(12_000), modelled, modelled, modelled)).toEqual(['twice']);
  const broken = fault(9_000, 10_500);
  expect(kinds(asked(), heard(12_000), modelled, modelled, modelled, broken)).toEqual([]);
});

test('a sentence of the same fault, read a moment before, holds for the next question, too', () => {
  expect(kinds(asked(), fault(4_000, 9_000), reportOf('voice', 5_000))).toEqual([]);
});

test('what is said into a dead line is nobody to blame for, but only then', () => {
  const dead = fault(12_000, 14_000, true);
  expect(kinds(asked(), dead)).toEqual([]);
  expect(kinds(asked({ fromMs: 15_000, toMs: 16_000 }), dead)).toEqual(['silent']);
  expect(kinds(asked(), fault(12_000, 14_000))).toEqual(['silent']);
});

test('what may still be answered is not judged yet', () => {
  expect(judge([asked()], 20_000)).toMatchObject({ pending: 1, findings: [] });
});

test('an answer that is resumed was given once; one that begins anew after its end, twice', () => {
  const parts = (...all: number[]) => all.map((part, n) => heard(12_000 + 300 * n, part));
  expect(kinds(asked(), ...parts(0, 1, 0, 1, 2))).toEqual([]);
  expect(kinds(asked(), ...parts(0, 1, 2, 0))).toEqual(['twice']);
});

test('an answer that broke off may be written; one that was heard to its end may not, nor twice', () => {
  const written = (messageId: string): JournalEvent => ({
    kind: 'written',
    atMs: 13_000,
    canary,
    messageId,
  });
  expect(kinds(asked(), heard(12_000), written('a'))).toEqual([]);
  expect(kinds(asked(), heard(12_000), heard(12_300, 2), written('a'))).toEqual(['twice']);
  expect(kinds(asked(), written('a'), written('a'))).toEqual([]);
  expect(kinds(asked(), written('a'), written('b'))).toEqual(['twice']);
});

test('the words of somebody who said no may reach no recogniser', () => {
  const recognised: JournalEvent = { kind: 'recognised', atMs: 11_500, canary };
  const unowed = { isOwed: false } as const;
  expect(kinds(asked({ consent: 'no', ...unowed }), recognised)).toEqual(['consent']);
  expect(kinds(asked({ consent: 'unclear', ...unowed }), recognised)).toEqual([]);
  expect(kinds(asked({ consent: 'no', ...unowed }))).toEqual([]);
});

test('a reminder that is told twice was set twice; thirds of it and edits of its message are one', () => {
  const reminder = { atMs: 40_000, kind: 'reminded', canary } as const;
  const aloud = (part: number): JournalEvent => ({ ...reminder, by: { part } });
  const written = (messageId: string): JournalEvent => ({ ...reminder, by: { messageId } });
  expect(kinds(asked(), heard(12_000), aloud(0), aloud(1), aloud(2))).toEqual([]);
  expect(kinds(asked(), heard(12_000), ...[0, 1, 2, 0, 1].map(aloud))).toEqual(['twice']);
  expect(kinds(asked(), heard(12_000), written('a'), written('a'))).toEqual([]);
  expect(kinds(asked(), heard(12_000), written('a'), written('b'))).toEqual(['twice']);
});

test('a command is replied to, unless a fault stood when it was typed', () => {
  const typed = (repliedAtMs?: number): JournalEvent => ({
    kind: 'command',
    who: 1,
    line: 'join',
    fromMs: 10_000,
    repliedAtMs,
  });
  expect(kinds(typed(12_000))).toEqual([]);
  expect(kinds(typed())).toEqual(['silent']);
  expect(kinds(typed(), fault(9_000, 11_000))).toEqual([]);
});

test('a bot that has ended or does not start again is a finding of its own', () => {
  const why = 'it did not start again: TimeoutError';
  const down = { kind: 'down', atMs: 20_000, why } as const;
  const { findings } = judge([asked(), heard(12_000), fault(15_000, 20_000), down], later);
  expect(findings).toEqual([{ kind: 'down', atMs: 20_000, words: why, faults: ['REST 500'] }]);
});
