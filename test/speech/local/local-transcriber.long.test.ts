import { decodeOpusFile, unpackPackets } from '#bench/turns/voice-clips.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import {
  findWords,
  openLocalTranscriber,
} from '#src/speech/local/local-transcriber.ts';
import { choosePrompt, getMarks } from '#src/speech/local/process/whisper-tokens.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import {
  stepSpeakerLanguage,
  weighLanguages,
} from '#src/turn/speaker-language/speaker-language.ts';
import { readClip } from '#test/audio/clip-archive.ts';
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

/** What the bot tells after two sentences in a language. */
function learnLanguage(language: string): ExpectedLanguage {
  const sentence = { language, probability: 1, wordCount: 5 };
  const state = stepSpeakerLanguage(stepSpeakerLanguage({}, sentence), sentence);
  return { kind: 'likely', ...weighLanguages(state, { room: [], among: [] }) };
}

test('whoever has spoken English is heard in German, and the other way round: nothing is translated', async () => {
  const file = readClip('test/fixtures/human', 'pv-cheetah-test_de_norm.opus');
  const samples = decodeOpusFile(file, await loadOpus());
  const german = { samples, rateHz: 16_000, channels: 1 } as const;
  const listenIn = async (pcm: Pcm, language: string) =>
    (
      await listUpdates(
        withTranscriptionOptions(transcriber, { language: learnLanguage(language) }),
        pcm,
      )
    ).at(-1);
  expect(await listenIn(german, 'en')).toMatchObject({
    transcript: {
      text: expect.stringContaining('Meine Lieblingszahl'),
      language: 'de',
    },
  });
  const [{ pcm, text }] = utterances;
  expect(await listenIn(pcm, 'de')).toMatchObject({
    transcript: { text, language: 'en' },
  });
});

test('a short call that hints make repeat itself is heard without them, at the first try', async () => {
  const file = readClip('test/fixtures/human', 'gcp-two_people.opus');
  const samples = decodeOpusFile(file, await loadOpus());
  const running = vi.spyOn(models, 'runJob');
  const hinted = withTranscriptionOptions(transcriber, { hints: ['Nova', 'Adam'] });
  const updates = await listUpdates(hinted, { samples, rateHz: 16_000, channels: 1 });
  expect(updates.at(-1)).toMatchObject({ transcript: { text: '2 people.' } });
  expect(running).toHaveBeenCalledTimes(1);
  running.mockRestore();
});

test('a process that is killed while it hears takes no words along', async () => {
  const [{ pcm, text }] = utterances;
  const hearing = listUpdates(transcriber, pcm);
  await expect.poll(() => models.processId).toBeDefined();
  process.kill(models.processId ?? 0, 'SIGKILL');
  expect((await hearing).at(-1)).toMatchObject({ transcript: { text } });
});

const usual = {
  language: 'en',
  logProbability: -0.2,
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
])('of the text %j only words are kept: %j', (text, sentence) =>
  expect(findWords({ ...usual, text })).toBe(sentence),
);

test('words of which the model is not sure are dropped, sooner where it hears no speech', () => {
  const heard = { ...usual, text: 'Thank you.' };
  expect(findWords({ ...heard, logProbability: -1.2 })).toBeUndefined();
  expect(findWords({ ...heard, logProbability: -1 })).toBe('Thank you.');
  expect(
    findWords({ ...heard, logProbability: -1, noSpeechProbability: 0.7 }),
  ).toBeUndefined();
  expect(findWords({ ...heard, isEndless: true })).toBeUndefined();
});

/** Reads a short call by a voice as an utterance of Discord is heard: with the silence before and behind it. */
async function readCall(name: string): Promise<Pcm> {
  const decoder = (await loadOpus()).createDecoder(16_000);
  const packets = unpackPackets(readClip('bench/manners/stops', `${name}.packets`));
  const sounds = packets.map((packet) => Int16Array.from(decoder.decode(packet)));
  const [before, behind] = [new Int16Array(240 * 16), new Int16Array(500 * 16)];
  const samples = joinSamples([before, ...sounds, behind]);
  return { samples, rateHz: 16_000, channels: 1 };
}

test.each(['awb-stop', 'kal16-stop', 'kal16-nova-stop'])(
  'a short call that is understood is not dropped because its times are uncertain: %s',
  async (name) => {
    const hinted = withTranscriptionOptions(transcriber, { hints: ['Nova'] });
    const updates = await listUpdates(hinted, await readCall(name));
    expect(updates.at(-1)).toMatchObject({
      transcript: { text: expect.stringMatching(/^(?:Nova, )?stop\.$/i) },
    });
  },
);

const marks = getMarks(50_257, 51_865);
/** Tokens of these languages, by their distance from that of English. */
const places = { en: 0, zh: 1, de: 2, es: 3, ru: 4, it: 15 } as const;

type Probabilities = Partial<Record<keyof typeof places, number>>;

/** The language that is heard, by the probabilities that Whisper's first step gives. */
function hearLanguage(probabilities: Probabilities, expected?: ExpectedLanguage) {
  const scores = new Float32Array(51_865).fill(-20);
  for (const [language, place] of Object.entries(places))
    scores[marks.start + 1 + place] = Math.log(
      probabilities[language as keyof typeof places] ?? 1e-6,
    );
  const { language, prompt } = choosePrompt(marks, scores, expected);
  // A translation is another task.
  expect(prompt[1]).toBe(marks.transcribe);
  return language;
}

function guessLanguage(
  weights: Readonly<Record<string, number>>,
  others = 1,
): ExpectedLanguage {
  const languages = Object.entries(weights).map(([language, weight]) => ({
    language,
    weight,
  }));
  return { kind: 'likely', languages, others };
}

test('the language with the best probability is heard, and English with an accent too', () => {
  expect(hearLanguage({ de: 0.9, en: 0.05 })).toBe('de');
  expect(hearLanguage({ de: 0.7, en: 0.2 })).toBe('en');
});

test.each<[string, Probabilities, string]>([
  ['sure German', { de: 0.95, en: 0.02 }, 'de'],
  ['sure English', { en: 0.95, de: 0.03 }, 'en'],
  ['sure Russian', { ru: 0.99 }, 'ru'],
])('%s stays that, whatever language was learned', (_, probabilities, transcript) => {
  for (const learned of ['en', 'de', 'es', 'ru', 'ja'])
    expect(hearLanguage(probabilities, guessLanguage({ [learned]: 4 })), learned).toBe(
      transcript,
    );
});

test('between two languages that sound alike the learned one is heard', () => {
  expect(hearLanguage({ it: 0.5, es: 0.4 })).toBe('it');
  expect(hearLanguage({ it: 0.5, es: 0.4 }, guessLanguage({ es: 4 }))).toBe('es');
  expect(hearLanguage({ it: 0.9, es: 0.05 }, guessLanguage({ es: 4 }))).toBe('it');
});

test('languages outside the list of a server are heard where they are sure', () => {
  const listed = guessLanguage({ de: 1, es: 1 }, 1 / 8);
  expect(hearLanguage({ de: 0.3, en: 0.4 }, listed)).toBe('de');
  expect(hearLanguage({ it: 0.95, es: 0.02 }, listed)).toBe('it');
});

test('a language that somebody set is obeyed, unless the model does not know it', () => {
  const setLanguage = (tag: string) =>
    ({ kind: 'set', language: admitChosenLanguage(tag) }) as const;
  expect(hearLanguage({ en: 0.99 }, setLanguage('de-AT'))).toBe('de');
  expect(hearLanguage({ en: 0.99 }, setLanguage('tlh'))).toBe('en');
});
