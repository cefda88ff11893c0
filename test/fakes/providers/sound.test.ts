import { expect, test } from 'vitest';
import { lazySound, soundBytes, steadyTone, tone } from './sound.ts';

const text = 'A sentence of some length, said again and again. '.repeat(3);
const rateHz = 24_000;
const spoken = tone(text, rateHz).map((sample, n) => sample * (n % 3));

test.each([
  ['a hum', tone],
  ['a chord', steadyTone],
  ['any other voice', () => spoken],
])('the lazy sound of %s is that of the voice, wherever it is cut', (_, voice) => {
  const whole = soundBytes(voice(text, rateHz), rateHz, 'pcm');
  const sound = lazySound(text, rateHz, voice);
  expect(sound.length).toBe(whole.length);
  for (const size of [999, 48_000, 70_001, whole.length]) {
    const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
      sound.subarray(n * size, (n + 1) * size),
    );
    expect(Buffer.concat(pieces).equals(whole), `${size}`).toBe(true);
  }
});
