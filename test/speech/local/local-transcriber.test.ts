import { admitChosenLanguage } from '#src/base/expected-language.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import {
  findWords,
  openLocalTranscriber,
} from '#src/speech/local/local-transcriber.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { listUpdates, testTranscriber } from '#test/contracts/transcriber-contract.ts';
import { readRecording } from '#test/speech/recordings.ts';

const models = new LocalModels();
let transcriber: Transcriber;
beforeAll(async () => {
  transcriber = await openLocalTranscriber({ models });
}, 60_000);
afterAll(() => models[Symbol.asyncDispose]());

const utterances = [
  {
    ...readRecording('human-something'),
    text: 'Go somewhere and do something.',
  },
  {
    ...readRecording('synth-flite-slt-what-time-is-it'),
    text: 'What time is it?',
  },
] as const;
testTranscriber('Whisper', () => transcriber, utterances);

test('Whisper names the language that it hears, unless it is told', async () => {
  const [{ pcm }] = utterances;
  expect((await listUpdates(transcriber, pcm)).at(-1)).toMatchObject({
    transcript: { language: 'en', usage: { by: { kind: 'local' } } },
  });
  expect(
    (
      await listUpdates(
        await openLocalTranscriber({ models, language: admitChosenLanguage('de-AT') }),
        pcm,
      )
    ).at(-1),
  ).toMatchObject({
    transcript: { language: 'de' },
  });
});

const usual = {
  language: 'en',
  logProbability: -0.35,
  noSpeechProbability: 0.1,
  isEndless: false,
};

test.each([
  ['It rains [coughs] in (music) Rome.', 'It rains in Rome.'],
  ['*click*', undefined],
  ['[BLANK_AUDIO', undefined],
  ['♪ la la', undefined],
  ['...', undefined],
  ['5, 5', '5, 5'],
  ['Play rain. Play rain. Play rain.', 'Play rain.'],
  ['Play rain. Then stop. Play rain.', 'Play rain. Then stop. Play rain.'],
])('of the text %j only words are kept: %j', (text, words) =>
  expect(findWords({ ...usual, text })).toBe(words),
);

test('words of which the model is not sure are dropped, sooner where it hears no speech, or one word', () => {
  const heard = { ...usual, text: 'Thank you.' };
  expect(findWords({ ...heard, logProbability: -1.2 })).toBeUndefined();
  expect(findWords({ ...heard, logProbability: -1 })).toBe('Thank you.');
  expect(
    findWords({ ...heard, logProbability: -1, noSpeechProbability: 0.7 }),
  ).toBeUndefined();
  expect(findWords({ ...heard, logProbability: -1, text: 'Okay.' })).toBeUndefined();
  expect(findWords({ ...heard, isEndless: true })).toBeUndefined();
});
