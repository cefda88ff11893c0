import { expect, test } from 'vitest';
import { firstAudibleMs, offsetMs } from '#bench/page/aligned.ts';
import { speech } from '#test/audio/speech.ts';

const { samples: clip, rateHz } = speech('human-cards-004');

/** Silence of `beforeMs`, the clip at a quarter of its loudness, and silence. */
function recorded(beforeMs: number): Int16Array {
  const before = (beforeMs * rateHz) / 1_000;
  const sound = new Int16Array(before + clip.length + rateHz);
  sound.set(
    clip.map((sample) => sample / 4),
    before,
  );
  return sound;
}

test('a clip is found where it was said, however loud', () => {
  for (const beforeMs of [0, 500, 1_234])
    expect(offsetMs(clip, recorded(beforeMs), rateHz)).toBe(beforeMs);
});

test('the first audible sound counts from an instant on, and quiet noise is none', () => {
  const sound = new Int16Array(rateHz).map((_, n) => (n < rateHz / 2 ? 20 : 8_000));
  expect(firstAudibleMs(sound, rateHz, 0)).toBe(500);
  expect(firstAudibleMs(sound, rateHz, 700)).toBe(700);
  expect(firstAudibleMs(sound.subarray(0, rateHz / 2), rateHz, 0)).toBeUndefined();
});
