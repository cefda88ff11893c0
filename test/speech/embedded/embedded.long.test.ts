import { afterAll, beforeAll, expect, test } from 'vitest';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { timeSentence } from '#src/chat/stand-in.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { text } from '#src/texts/texts.ts';
import { loudnessOf } from '#test/audio/loudness-of.ts';
import { soundOf, synthesizerContract } from '#test/contracts/synthesizer.ts';
import { textOf } from '#test/contracts/transcriber.ts';
import { patientClock } from '#test/fakes/clock.ts';

const models = new LocalModels();
let transcriber: Transcriber;
let synthesizer: Synthesizer & AsyncDisposable;

beforeAll(async () => {
  [transcriber, synthesizer] = await Promise.all([
    openLocalTranscriber({ models }),
    openEmbeddedSynthesizer({ clock: patientClock }),
  ]);
}, 60_000);

afterAll(async () => {
  await models[Symbol.asyncDispose]();
  await synthesizer[Symbol.asyncDispose]();
});

synthesizerContract('local voice', () => synthesizer);

test('the local voice is understood by the local recogniser', async () => {
  const text = 'You said two nine three four zero. Together that makes eighteen.';
  const pcm = await soundOf(synthesizer, text);
  expect(pcm.rateHz).toBe(listenRateHz);
  expect(await textOf(transcriber, pcm)).toBe('You said 2, 9, 3, 4, 0, together that makes 18.');
});

test.each(['...', '🙂', 'Привет', 'こんにちは'])(
  'the local voice says that it cannot say "%s"',
  async (text) => {
    await expect(soundOf(synthesizer, text)).rejects.toMatchObject({ code: 'speech.unspeakable' });
  },
);

const answers = [
  timeSentence(0, 'UTC'),
  text('join.spoken'),
  'Two and three. Together that makes five.',
];

test('every local voice speaks at -16 LUFS as far as its peaks allow, which stay below -1 dB', async () => {
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

test('the local voice refuses a text in a language that it does not speak', async () => {
  await expect(soundOf(synthesizer, 'Guten Morgen', { language: 'de-AT' })).rejects.toMatchObject({
    code: 'speech.no_voice',
    retryable: false,
  });
  expect(
    (await soundOf(synthesizer, 'Good morning', { language: 'en-GB', name: 'alloy' })).samples
      .length,
  ).toBeGreaterThan(0);
});
