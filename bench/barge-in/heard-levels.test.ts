import { expect, test } from 'vitest';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { steadyTone } from '#test/fakes/providers/sound.ts';
import { downAt, fullAt, levelsOf, longestGap, referenceDb, silentAt } from './heard-levels.ts';

const frameSamples = 960;

/** 2 s of speech from 1000 ms on; `gain` of each 20 ms, undefined where no frame came. */
function spoken(gain: (atMs: number) => number | undefined): HeardFrame[] {
  const tone = steadyTone('', 48_000, 0);
  return Array.from({ length: 100 }, (_, n) => 1000 + 20 * n).flatMap((atMs) => {
    const by = gain(atMs);
    if (by === undefined) return [];
    const samples = tone.slice(0, frameSamples).map((sample) => Math.round(sample * by));
    return [{ fromUserId: '1', atMs, samples, audible: true, sealed: true }];
  });
}

test('a dip of 12 dB is found where it begins', () => {
  const levels = levelsOf(spoken((atMs) => (atMs < 2000 ? 1 : 0.22)));
  const reference = referenceDb(levels, 1900);
  expect(reference).toBeCloseTo(-22.1, 0);
  expect(downAt(levels, 1900, reference, 12)).toBe(2000);
  expect(silentAt(levels, 1900, reference)).toBe(3000);
});

test('it is at its full level again after the last block that is 1 dB lower', () => {
  const levels = levelsOf(spoken((atMs) => (atMs < 2000 ? 1 : atMs < 2200 ? 0.22 : 0.95)));
  const reference = referenceDb(levels, 1900);
  expect(fullAt(levels, 1900, 2900, reference)).toBe(2200);
  expect(fullAt(levels, 1500, 1900, reference)).toBeUndefined();
});

test('frames that do not come are silence and a gap', () => {
  const levels = levelsOf(spoken((atMs) => (atMs < 2000 || atMs >= 2240 ? 1 : undefined)));
  const reference = referenceDb(levels, 1900);
  expect(silentAt(levels, 1900, reference)).toBe(2000);
  expect(longestGap(levels, 1900, 2900, reference)).toEqual({ lengthMs: 240, reported: false });
  expect(longestGap(levels, 1500, 1990, reference).lengthMs).toBe(0);
});

test('a gap is told by silence frames', () => {
  const frames = spoken(() => 1).map((frame) => {
    const { atMs } = frame;
    return atMs < 2000 || atMs >= 2100 ? frame : { ...frame, audible: false };
  });
  const levels = levelsOf(frames);
  const gap = longestGap(levels, 1900, 2900, referenceDb(levels, 1900));
  expect(gap).toEqual({ lengthMs: 100, reported: true });
});

test('a cue is no speech', () => {
  const cue = Int16Array.from({ length: frameSamples }, (_, n) =>
    Math.round(3000 * Math.sin((2 * Math.PI * 2400 * n) / 48_000)),
  );
  const frames = spoken((atMs) => (atMs < 2000 ? 1 : undefined));
  const after = [2000, 2020].map((atMs) => ({
    fromUserId: '1',
    atMs,
    samples: cue,
    audible: true,
    sealed: true,
  }));
  const levels = levelsOf([...frames, ...after]);
  expect(silentAt(levels, 1900, referenceDb(levels, 1900))).toBe(2000);
});

test('a bot that said nothing cannot be measured', () => {
  expect(() => referenceDb([], 1900)).toThrow('not speaking');
});
