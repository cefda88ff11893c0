import { afterAll, beforeAll, expect, test } from 'vitest';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { standInGrammar, timeSentence } from '#src/chat/stand-in.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';
import { asking } from '#src/speech/hints.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { text } from '#src/texts/texts.ts';
import { loudnessOf } from '#test/audio/loudness-of.ts';
import { soundOf, synthesizerContract } from '#test/contracts/synthesizer.ts';
import { textOf, transcriberContract } from '#test/contracts/transcriber.ts';
import { patientClock } from '#test/fakes/clock.ts';
import { recording } from '#test/speech/recordings.ts';

let transcriber: Transcriber & AsyncDisposable;
let synthesizer: Synthesizer & AsyncDisposable;

beforeAll(async () => {
  [transcriber, synthesizer] = await Promise.all([
    openEmbeddedTranscriber({ clock: patientClock, rules: standInGrammar }),
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

test('the embedded voice is understood by the embedded recogniser', async () => {
  const text = 'You said two nine three four zero. Together that makes eighteen.';
  const pcm = await soundOf(synthesizer, text);
  expect(pcm.rateHz).toBe(listenRateHz);
  expect(await textOf(transcriber, pcm)).toBe(
    'you said two nine three four zero together that makes eighteen',
  );
});

test.each([
  'nova tell me the time',
  'hey nova set a timer for ten minutes',
  'adam toss a coin',
  'could you bring me a glass of water',
])('"%s" is understood among people whose names are known', async (said) => {
  const named = asking(transcriber, { hints: ['Nova', 'Xq7', 'Adam'] });
  const pcm = resample(await soundOf(synthesizer, said), listenRateHz);
  expect(await textOf(named, pcm)).toBe(said);
});

test.each(['...', '🙂', 'Привет', 'こんにちは'])(
  'the embedded voice says that it cannot say "%s"',
  async (text) => {
    await expect(soundOf(synthesizer, text)).rejects.toMatchObject({ code: 'speech.unspeakable' });
  },
);

const answers = [
  timeSentence(0, 'UTC'),
  text('join.spoken'),
  'Two and three. Together that makes five.',
];

test('every embedded voice speaks at -16 LUFS as far as its peaks allow, which stay below -1 dB', async () => {
  for (const name of ['slt', 'rms', 'awb', 'kal16', 'kal']) {
    const sound = await soundOf(synthesizer, answers.join(' '), { name });
    expect(20 * Math.log10(peak(resample(sound, 4 * sound.rateHz)) / 32_768), name).toBeLessThan(
      -1,
    );
    const deviation = Math.abs((loudnessOf(sound) ?? 0) + 16);
    expect(deviation, name).toBeLessThan(name.startsWith('kal') ? 3 : 1);
  }
});

function peak({ samples }: Pcm) {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

test('the embedded voice refuses a text in a language that it does not speak', async () => {
  await expect(soundOf(synthesizer, 'Guten Morgen', { language: 'de-AT' })).rejects.toMatchObject({
    code: 'speech.no_voice',
    retryable: false,
  });
  expect(
    (await soundOf(synthesizer, 'Good morning', { language: 'en-GB', name: 'alloy' })).samples
      .length,
  ).toBeGreaterThan(0);
});
