import { expect, test } from 'vitest';
import {
  type OverlapVoice,
  type OverlapVoiceEvent,
  type OverlapVoiceInput,
  stepOverlapVoice,
} from '#src/turn/overlap/overlap-voice.ts';

const voiced = 0.9;
const consonant = 0.2;
const nothing = 0.05;

/** A window every 40 ms and a packet every 20, what was noticed of them, short: `voiced 64`. */
function runEvents(probabilities: readonly number[], last?: OverlapVoiceInput): string[] {
  let overlap: OverlapVoice;
  const all: OverlapVoiceEvent[] = [];
  const step = (event: OverlapVoiceInput) => {
    const { overlap: next, noticed } = stepOverlapVoice(overlap, event);
    overlap = next;
    all.push(...noticed);
  };
  probabilities.forEach((probability, n) => {
    step({ kind: 'window', probability, levelDb: -20, atMs: n * 40 });
    step({ kind: 'packet', levelDb: -20, atMs: n * 40 });
    step({ kind: 'packet', levelDb: -20, atMs: n * 40 + 20 });
    step({ kind: 'tick', atMs: n * 40 + 30 });
  });
  if (last) step(last);
  return all.map((one) =>
    one.kind === 'overlap-began' ? one.kind : `${one.kind} ${one.voicedMs}`,
  );
}

test('the first window above the mark stirs, and every packet is told while it sounds', () => {
  expect(runEvents([nothing, voiced])).toEqual(['overlap-began', 'voiced 32', 'voiced 32']);
});

test('a voice stays one through its consonants, but does not begin with them', () => {
  expect(runEvents([consonant, consonant])).toEqual([]);
  const seven = runEvents([voiced, consonant, consonant, voiced]);
  expect(seven.filter((one) => one === 'overlap-began')).toHaveLength(1);
  expect(seven.at(-1)).toBe('voiced 128');
});

test('packets that follow the voice are no voice, and after 120 ms it is over', () => {
  const noticed = runEvents([voiced, nothing, nothing, nothing]);
  expect(noticed).toEqual([
    'overlap-began',
    'voiced 32',
    'voiced 32',
    'voiced 32',
    'overlap-ended 32',
  ]);
});

test('a microphone that closes ends it at once', () => {
  expect(runEvents([voiced], { kind: 'closed', atMs: 40 }).at(-1)).toBe('overlap-ended 32');
});

/** Packets of these levels every 20 ms, and then a window as loud as the last that is voiced: when the voice began. */
function beganMs(levelsDb: readonly number[], gapMs = 0): number | undefined {
  let overlap: OverlapVoice;
  levelsDb.forEach((levelDb, n) => {
    ({ overlap } = stepOverlapVoice(overlap, { kind: 'packet', levelDb, atMs: (n + 1) * 20 }));
  });
  const levelDb = levelsDb.at(-1) ?? 0;
  const atMs = levelsDb.length * 20 + 12 + gapMs;
  const step = stepOverlapVoice(overlap, { kind: 'window', probability: voiced, levelDb, atMs });
  return step.noticed.flatMap((one) => (one.kind === 'overlap-began' ? one.fromMs : []))[0];
}

test('a voice began with the packets before its first window that are as loud, 120 ms at most', () => {
  expect(beganMs([-60, -40, -30, -20])).toBe(20);
  expect(beganMs([-55, -55, -55, -20])).toBe(60);
  expect(beganMs(Array.from({ length: 20 }, () => -20))).toBe(412 - 120);
});

test('without such packets a voice began with its first window', () => {
  expect(beganMs([])).toBe(-20);
  expect(beganMs([-20, -20], 200)).toBe(220);
});
