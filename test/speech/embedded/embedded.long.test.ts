import { afterAll, beforeAll, expect, test } from 'vitest';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { timeSentence } from '#src/chat/stand-in.ts';
import { neededWords, wordsInOrder } from '#src/console/first-run/judge.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { text } from '#src/texts/texts.ts';
import { listeningContract } from '#test/contracts/listening.ts';
import { soundOf, synthesizerContract } from '#test/contracts/synthesizer.ts';
import { textOf, transcriberContract, updatesOf } from '#test/contracts/transcriber.ts';
import { patientClock } from '#test/fakes/clock.ts';
import { recording } from '#test/speech/recordings.ts';

let transcriber: Transcriber & AsyncDisposable;
let synthesizer: Synthesizer & AsyncDisposable;
const progress: number[] = [];

beforeAll(async () => {
  const onProgress = (fraction: number) => progress.push(fraction);
  [transcriber, synthesizer] = await Promise.all([
    openEmbeddedTranscriber({ clock: patientClock, onProgress }),
    openEmbeddedSynthesizer({ clock: patientClock }),
  ]);
}, 60_000);

afterAll(async () => {
  await transcriber[Symbol.asyncDispose]();
  await synthesizer[Symbol.asyncDispose]();
});

/** Those that take the recogniser least: its words are compared for every recording below. */
const utterances = [
  await recording('human-digits-2934z'),
  await recording('synth-flite-slt-what-time-is-it'),
] as const;
transcriberContract('embedded recogniser', () => transcriber, utterances);
listeningContract('embedded recogniser', () => transcriber, utterances, true);
synthesizerContract('embedded voice', () => synthesizer);

test.each([
  'human-cards-004',
  'human-goforward',
  'human-something',
  'human-digits-2934z',
  'synth-flite-slt-what-time-is-it',
  'synth-flite-rms-capital-of-france',
  'synth-flite-kal16-stop-the-music',
  'synth-flite-awb-repeat-that',
])('the embedded recogniser understands every word of %s', async (name) => {
  const { pcm, text } = await recording(name);
  expect(await textOf(transcriber, pcm)).toBe(text);
});

test('the embedded recogniser tells what it has understood so far', async () => {
  const { pcm } = await recording('human-something');
  const updates = await updatesOf(transcriber, pcm);
  expect(updates.filter(({ kind }) => kind === 'partial').length).toBeGreaterThan(1);
});

test('the embedded voice is understood by the embedded recogniser', async () => {
  const text = 'You said two nine three four zero. Together that makes eighteen.';
  const pcm = await soundOf(synthesizer, text);
  expect(pcm.rateHz).toBe(listenRateHz);
  expect(await textOf(transcriber, pcm)).toBe(
    'you said two nine three four zero together that makes eighteen',
  );
});

test('the embedded recogniser hears no obscene words', async () => {
  const pcm = await soundOf(synthesizer, 'Oh shit. What the fuck is that?');
  expect(await textOf(transcriber, pcm)).not.toMatch(/shit|fuck/);
});

test('opening the embedded recogniser tells how far it is', () => {
  expect(progress.length).toBeGreaterThan(3);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

test.each(['join.spoken', 'captions.spoken'] as const)(
  '%s, which nobody may interrupt, takes less than 3 s',
  async (id) => {
    const { samples, rateHz } = await soundOf(synthesizer, text(id));
    expect(samples.length / rateHz).toBeLessThan(3);
  },
);

test('the embedded voice serves requests in order of call', async () => {
  const order: number[] = [];
  const signal = new AbortController().signal;
  const sounds = ['A rather long first sentence, to be sure.', 'Short.', 'Last.'].map((text) =>
    synthesizer.synthesize(text, {}, signal),
  );
  const read = sounds.map(async (sound, n) => {
    await Array.fromAsync(sound);
    order.push(n);
  });
  await Promise.all(read.toReversed());
  expect(order).toEqual([0, 1, 2]);
});

test.each(['...', '🙂', 'Привет', 'こんにちは'])(
  'the embedded voice says that it cannot say "%s"',
  async (text) => {
    await expect(soundOf(synthesizer, text)).rejects.toMatchObject({ code: 'speech.unspeakable' });
  },
);

test('the embedded voice says a sentence the same way whatever it said before', async () => {
  const text = 'It is twenty five minutes past four.';
  const first = await soundOf(synthesizer, text);
  await soundOf(synthesizer, '7'.repeat(160));
  expect(await soundOf(synthesizer, text)).toEqual(first);
});

test.each([
  [0, 12],
  [0, 20],
  [8, 12],
  [2, 0],
])('the time at %i:%i is understood as the embedded voice tells it', async (hour, minute) => {
  const text = timeSentence(Date.UTC(2026, 0, 1, hour, minute), 'UTC');
  const heard = await textOf(transcriber, resample(await soundOf(synthesizer, text), 16_000));
  expect(wordsInOrder(text, heard), heard).toBeGreaterThanOrEqual(neededWords);
});

test('every embedded voice speaks as loud as the others, without clipping', async () => {
  for (const name of ['slt', 'rms', 'awb', 'kal16', 'kal']) {
    const sound = await soundOf(synthesizer, 'Go somewhere and do something.', { name });
    expect(peak(sound), name).toBeLessThan(30_000);
    expect(loudnessDb(sound), name).toBeGreaterThan(-21);
    expect(loudnessDb(sound), name).toBeLessThan(-14);
  }
});

test('the embedded voice begins to sound within a tenth of a second', async () => {
  const { samples, rateHz } = await soundOf(synthesizer, 'Go somewhere and do something.');
  expect(samples.findIndex((sample) => Math.abs(sample) > 500) / rateHz).toBeLessThan(0.1);
});

test('the embedded voice speaks faster when asked to', async () => {
  const text = 'Go somewhere and do something.';
  const usual = await soundOf(synthesizer, text);
  const fast = await soundOf(synthesizer, text, { speed: 1.5 });
  expect(fast.samples.length / usual.samples.length).toBeCloseTo(1 / 1.5, 1);
});

function peak({ samples }: Pcm): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

/** Loudness of the part that sounds. */
function loudnessDb({ samples, rateHz }: Pcm): number {
  const powers: number[] = [];
  for (let at = 0; at < samples.length; at += rateHz / 100) {
    const window = samples.subarray(at, at + rateHz / 100);
    powers.push(window.reduce((sum, sample) => sum + sample ** 2, 0) / window.length);
  }
  const loud = powers.filter((power) => power > 300 ** 2);
  return 10 * Math.log10(loud.reduce((sum, power) => sum + power, 0) / loud.length / 32_768 ** 2);
}

test('the embedded voice refuses a text in a language that it does not speak', async () => {
  await expect(soundOf(synthesizer, 'Guten Morgen', { language: 'de-AT' })).rejects.toMatchObject({
    code: 'speech.no_voice',
    retryable: false,
  });
  expect(
    (await soundOf(synthesizer, 'Good morning', { language: 'en-GB' })).samples.length,
  ).toBeGreaterThan(0);
});
