import { expect, test } from 'vitest';
import { RepeatLimiter } from '#src/ops/log.ts';

/** A limiter on time that passes only when told to, and what it wrote. */
function open() {
  const written: string[] = [];
  let [nowMs, due]: [number, readonly { atMs: number; run: () => void }[]] = [0, []];
  const later = (ms: number, run: () => void) => {
    due = [...due, { atMs: nowMs + ms, run }];
  };
  const limiter = new RepeatLimiter({ nowMs: () => nowMs, later });
  return {
    written,
    waiting: () => due.length,
    say: (words: string, key = words) =>
      limiter.take(key, (heldBack) => written.push(`${words} +${heldBack}`)),
    pass(ms: number) {
      nowMs += ms;
      const over = due.filter(({ atMs }) => atMs <= nowMs);
      due = due.filter(({ atMs }) => atMs > nowMs);
      for (const { run } of over) run();
    },
  };
}

test('the same line is written at once, and then once a minute with a count of those held back', () => {
  const { written, say, pass } = open();
  for (let second = 0; second < 150; second++) {
    say('full');
    pass(1_000);
  }
  expect(written).toEqual(['full +0', 'full +58', 'full +59']);
});

test('the last line that was held back is written though no other follows', () => {
  const { written, say, pass, waiting } = open();
  say('first', 'disk');
  say('second', 'disk');
  say('third', 'disk');
  pass(60_000);
  expect(written).toEqual(['first +0', 'third +1']);
  pass(60_000);
  expect([written.length, waiting()]).toEqual([2, 0]);
});

test('different lines do not hold each other back', () => {
  const { written, say } = open();
  for (const line of ['one', 'two', 'one', 'three']) say(line);
  expect(written).toEqual(['one +0', 'two +0', 'three +0']);
});

test('a flood of different lines is remembered in bounded memory', () => {
  const { written, say } = open();
  for (let n = 0; n < 2_000; n++) say(`line ${n}`);
  say('line 1999');
  say('line 0');
  expect(written).toHaveLength(2_001);
});
