import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import { isUnderstood, judgeLikeness } from '#src/console/first-run/judge.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

const never = new AbortController().signal;
const fixture = async (name: string): Promise<Pcm> =>
  readWav(await readFile(`test/fixtures/speech/${name}.wav`));

function pieces({ samples, rateHz }: Pcm): Pcm[] {
  const half = samples.length >> 1;
  return [samples.subarray(0, half), samples.subarray(half)].map((part) => ({
    samples: part,
    rateHz,
    channels: 1,
  }));
}

test('what was synthesised in pieces is recognised as itself at another rate', async () => {
  const made = await fixture('synth-flite-rms-capital-of-france');
  const transcriber = new FakeTranscriber({ texts: ['what is the capital of france'] });
  const verdict = await judgeLikeness(
    resample(made, 48_000),
    pieces(made),
    'What is the capital of France?',
    transcriber,
    never,
  );
  expect(verdict.similarity).toBeGreaterThan(0.9);
  expect(verdict.words).toBe(1);
  expect(transcriber.heard[0]?.rateHz).toBe(16_000);
});

test('another sentence of another voice does not pass for it', async () => {
  const [made, heard] = [await fixture('human-goforward'), await fixture('human-something')];
  const transcriber = new FakeTranscriber({ texts: ['go somewhere and do something'] });
  const verdict = await judgeLikeness(
    heard,
    pieces(made),
    'go forward ten meters',
    transcriber,
    never,
  );
  expect(verdict.similarity).toBeLessThan(0.6);
  expect(verdict.words).toBe(0.25);
});

test.each([
  { similarity: 0.94, words: 0.375, isEnough: true },
  { similarity: 0.94, words: 0.25, isEnough: false },
  { similarity: 0.89, words: 0.375, isEnough: false },
  { similarity: 0.7, words: 0.6, isEnough: true },
])('$words of the words in sound that is $similarity alike: enough is $isEnough', (given) => {
  const { similarity, words, isEnough } = given;
  expect(isUnderstood({ similarity, words, transcript: '' })).toBe(isEnough);
});
