import { expect, test } from 'vitest';
import {
  type AddressEvent,
  addressingRules,
  closed,
  dismissed,
  initialAddressing,
  stepAddressing,
  windowFor,
} from '#src/turn/addressing/addressing-windows.ts';

const rules = { ...addressingRules, names: ['Nova'] };
const after = (...events: readonly AddressEvent[]) =>
  events.reduce((state, event) => stepAddressing(state, event, rules), initialAddressing);
const asked = (personId: string, atMs: number) => ({ kind: 'asked', personId, atMs }) as const;
const answered = (personId: string, atMs: number, endsInQuestion = false) =>
  ({ kind: 'answered', personId, atMs, endsInQuestion }) as const;

test('a window is kept for 90 s after its end, until its last words must have been judged', () => {
  const windows = (atMs: number) => after(asked('ana', 0), asked('ben', atMs)).windows;
  expect(windows(15_000 + 89_999)).toHaveLength(2);
  expect(windows(15_000 + 90_000).map(({ personId }) => personId)).toEqual(['ben']);
});

test('of several open windows Ask comes before a reply, and a reply before a follow-up', () => {
  const spoken = { speakerId: 'ana', fromMs: 3_000 };
  const state = after(answered('ana', 1_000), answered('ana', 2_000, true));
  expect(windowFor(state, spoken, rules)).toBe('reply');
  expect(windowFor(stepAddressing(state, asked('ana', 2_500), rules), spoken, rules)).toBe(
    'window',
  );
});

test('an answer closes the window of its making and no other', () => {
  const state = after(
    { kind: 'answering', personId: 'ana', atMs: 0 },
    { kind: 'answering', personId: 'ben', atMs: 0 },
    asked('ana', 0),
    answered('ana', 5_000),
  );
  expect(state.windows.map(({ personId, kind, untilMs }) => [personId, kind, untilMs])).toEqual([
    ['ana', 'answering', 5_000],
    ['ben', 'answering', 120_000],
    ['ana', 'asked', 15_000],
    ['ana', 'follow-up', 13_000],
  ]);
});

test('of the talk of others only what sounded since the window opened counts', () => {
  const talk = (ms: number, atMs: number): AddressEvent => ({
    kind: 'talked',
    personId: 'ben',
    ms,
    atMs,
  });
  const state = after(answered('ana', 1_000), talk(60_000, 2_999));
  expect(state.windows[0]).toMatchObject({ othersMs: 1_999, untilMs: 9_000 });
  const more = stepAddressing(state, talk(1, 3_500), rules);
  expect(more.windows[0]).toMatchObject({ othersMs: 2_000, untilMs: 3_500 });
  expect(stepAddressing(more, talk(500, 4_000), rules).windows[0]?.untilMs).toBe(3_500);
});

test('talk that ends as the window opens is from before it', () => {
  const talked = { kind: 'talked', personId: 'ben', ms: 5_000, atMs: 1_000 } as const;
  expect(after(answered('ana', 1_000), talked).windows[0]?.othersMs).toBe(0);
});

test('others talking close neither the window of Ask nor that of an answer being made', () => {
  const talked = { kind: 'talked', personId: 'ben', ms: 9_000, atMs: 9_000 } as const;
  const state = after(asked('ana', 0), { kind: 'answering', personId: 'ana', atMs: 0 }, talked);
  expect(state.windows.map(({ untilMs }) => untilMs)).toEqual([15_000, 120_000]);
});

test('closing a window never makes it longer, and leaves other kinds and other people alone', () => {
  const state = after(asked('ana', 0), answered('ana', 0), answered('ben', 0));
  const untils = (atMs: number) =>
    closed(state, 'ana', atMs, ['follow-up', 'reply']).windows.map(({ untilMs }) => untilMs);
  expect(untils(2_000)).toEqual([15_000, 2_000, 8_000]);
  expect(untils(20_000)).toEqual([15_000, 8_000, 8_000]);
});

test('a dismissal within 30 s of being meant counts, and two of them in ten minutes ask for the exact name', () => {
  const meant = { ...initialAddressing, lastMeantAtMs: 0 };
  expect(dismissed(meant, 'ana', 30_001, rules).dismissedAtMs).toEqual([]);
  const once = dismissed(meant, 'ana', 30_000, rules);
  expect(once.dismissedAtMs).toEqual([30_000]);
  expect(once.exactUntilMs).toBe(Number.NEGATIVE_INFINITY);
  const again = (atMs: number) =>
    dismissed({ ...once, lastMeantAtMs: atMs }, 'ben', atMs, rules).exactUntilMs;
  expect(again(629_999)).toBe(629_999 + 600_000);
  expect(again(630_000)).toBe(Number.NEGATIVE_INFINITY);
});

test('after an answer a dismissal is about the bot, however long ago the question was', () => {
  const state = after(answered('ana', 500_000));
  expect(dismissed(state, 'ana', 510_000, rules).dismissedAtMs).toEqual([510_000]);
  const earlier = stepAddressing(
    { ...state, lastMeantAtMs: 600_000 },
    answered('ana', 550_000),
    rules,
  );
  expect(earlier.lastMeantAtMs).toBe(600_000);
});

test('a dismissal ends every window of who says it', () => {
  const state = after(
    asked('ana', 0),
    { kind: 'answering', personId: 'ana', atMs: 0 },
    answered('ana', 100, true),
    answered('ana', 200),
  );
  const { windows } = dismissed(state, 'ana', 300, rules);
  expect(windows.map(({ untilMs }) => untilMs)).toEqual([300, 100, 300, 300]);
});
