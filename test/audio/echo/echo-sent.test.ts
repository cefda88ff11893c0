import { expect, test } from 'vitest';
import { bandCount } from '#src/audio/echo/echo-bands.ts';
import { hopMs, SentEnvelope } from '#src/audio/echo/echo-sent.ts';

const [frameMs, frameSamples] = [20, 480];

/** Twenty milliseconds that sound otherwise than all others. */
function frame(n: number): Int16Array {
  return Int16Array.from({ length: frameSamples }, (_, at) => {
    return 8_000 * Math.sin(((n % 37) + 3) * 0.01 * at) * (1 + (n % 5)) * 0.2;
  });
}

/** Levels between two instants. */
function levels(sent: SentEnvelope, fromMs: number, toMs: number): (readonly number[])[] {
  const hops = Array.from({ length: (toMs - fromMs) / hopMs }, (_, n) => fromMs / hopMs + n);
  return hops.map((hop) => {
    const at = sent.at(hop);
    return at < 0 ? [] : [...sent.levels.subarray(at, at + bandCount)];
  });
}

/** A reply of 5 s, and one of 6 s that begins 100 ms later; frames leave up to 15 ms late. */
function speak(...envelopes: readonly SentEnvelope[]): number {
  let atMs = 1_000;
  for (let n = 0; n < 550; n++) {
    if (n === 250) atMs += 100;
    for (const sent of envelopes) sent.left(frame(n), atMs + (n % 4) * 5);
    envelopes[0]?.at(0);
    atMs += frameMs;
  }
  return Math.floor(atMs / hopMs) * hopMs;
}

test('what was sent in the last two seconds is measured the same whenever somebody asks', () => {
  const [often, once] = [new SentEnvelope(), new SentEnvelope()];
  const endMs = speak(often, once);
  const expected = levels(often, endMs - 2_000, endMs);
  expect(expected.filter((at) => Math.max(-100, ...at) > -60).length).toBeGreaterThan(240);
  expect(levels(once, endMs - 2_000, endMs)).toEqual(expected);
});

test('a pause in what was sent is measured after it, too', () => {
  const [often, once] = [new SentEnvelope(), new SentEnvelope()];
  for (let n = 0; n < 60; n++) {
    for (const sent of [often, once]) sent.left(frame(n), 1_000 + n * frameMs + (n < 30 ? 0 : 300));
    often.at(0);
  }
  expect(levels(once, 1_000, 2_480)).toEqual(levels(often, 1_000, 2_480));
});
