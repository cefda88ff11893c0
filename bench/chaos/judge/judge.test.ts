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

function told(how: 'voice' | 'panel', atMs: number, toMs = atMs): JournalEvent {
  return { kind: 'told', how, atMs, toMs, id: 'fail.llm' };
}

function kinds(...journal: JournalEvent[]): readonly string[] {
  return judge(journal, later).findings.map(({ kind }) => kind);
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

test('a sentence why not is an answer when it is said after the question, or still stands on the panel', () => {
  expect(kinds(asked(), told('voice', 12_000))).toEqual([]);
  expect(kinds(asked(), told('voice', 5_000))).toEqual(['silent']);
  expect(kinds(asked(), told('panel', 5_000, 10_500))).toEqual([]);
  expect(kinds(asked(), told('panel', 5_000, 9_000))).toEqual(['silent']);
  expect(judge([asked(), told('voice', 12_000)], later)).toMatchObject({ told: 1, answered: 0 });
});

test('a sentence of the same fault, read a moment before, holds for the next question, too', () => {
  expect(kinds(asked(), fault(4_000, 9_000), told('voice', 5_000))).toEqual([]);
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

test('a command is replied to, unless a fault stood when it was typed', () => {
  const typed = (repliedAtMs?: number): JournalEvent => ({
    kind: 'command',
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
