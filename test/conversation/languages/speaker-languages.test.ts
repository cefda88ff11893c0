import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { Synthesizer, TranscriptionOptions } from '#src/speech/speech-engine.ts';
import { createTextLanguageDetector } from '#src/speech/text-language/text-language.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture as openFixture,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';

const textLanguage = createTextLanguageDetector();
await textLanguage.detect('How high is it?', []); // loads, which takes real time

type RecognisedText = { readonly text: string; readonly language?: string };

/** A channel where each utterance is understood as told. */
async function openSetup(
  recognised: readonly RecognisedText[],
  over: FixtureOptions = {},
) {
  let turn = 0;
  const hints: (string | undefined)[] = [];
  const recogniser = () =>
    Object.assign(new FakeTranscriber({ texts: [] }), {
      async *transcribe(
        _pcm: Pcm,
        _signal: AbortSignal,
        asked: TranscriptionOptions = {},
      ) {
        const { text = '', language } = recognised[turn - 1] ?? {};
        hints.push(asked.language);
        yield { kind: 'final', transcript: { text, ...(language && { language }) } };
      },
    });
  const here = openFixture({ transcriber: recogniser(), ...over });
  await here.sessions.join(lounge, 'adam');
  await here.sessions.join(lounge, 'eva');
  let fromMs = 0;
  const say = async (who: ChannelMember) => {
    turn++;
    const before = here.chat.asked.length;
    await passTime(here, 6_000, await sayWords('human-goforward', who, fromMs));
    fromMs += 6_000;
    return here.chat.asked.slice(before).at(-1)?.messages[0]?.content ?? '';
  };
  return { ...here, hints, say };
}

const inLanguage = (instructions: string) => /Answer in (\w+)/.exec(instructions)?.[1];

test('each person is answered in the language their recogniser tells', async () => {
  const here = await openSetup([
    { text: 'Wie spät ist es?', language: 'de' },
    { text: 'What time is it?', language: 'en' },
  ]);
  expect(inLanguage(await here.say(adam))).toBe('German');
  expect(inLanguage(await here.say(eva))).toBe('English');
});

test.each([
  ['Wie lange muss man ein Ei kochen?', 'German'],
  ['Quanto tempo ci vuole per bollire un uovo?', 'Italian'],
  ['Как долго нужно варить яйцо, чтобы оно было вкусным?', 'Russian'],
  ['달걀을 삶는 데 얼마나 걸리나요?', 'Korean'],
  ['كم من الوقت يستغرق سلق بيضة؟', 'Arabic'],
])(
  'where the recogniser tells no language, the text does: %s',
  async (text, language) => {
    const here = await openSetup([{ text }], { textLanguage });
    expect(inLanguage(await here.say(adam))).toBe(language);
  },
);

test.each([
  ['toss a coin', 'English'],
  ['Regnet es morgen?', 'German'],
])('after a sure sentence in English %j is answered in %s', async (text, language) => {
  const said = ['How high is the tower of this town?', text].map((one) => ({
    text: one,
  }));
  const here = await openSetup(said, { textLanguage });
  await here.say(adam);
  expect(inLanguage(await here.say(adam))).toBe(language);
});

test('"in German, please" holds for the session, until its asker is forgotten', async () => {
  const here = await openSetup([
    { text: 'In German, please.', language: 'en' },
    { text: 'What time is it?', language: 'en' },
    { text: 'And in Lima now?', language: 'en' },
    { text: 'And in Rome now?', language: 'en' },
  ]);
  for (let n = 0; n < 3; n++) expect(inLanguage(await here.say(adam))).toBe('German');
  await here.privacy.forget('g', 'adam');
  await here.privacy.allow('g', 'adam');
  expect(inLanguage(await here.say(adam))).toBe('English');
});

test('the language that a person has set wins over the recognised one, and is passed to the recogniser', async () => {
  const here = await openSetup([{ text: 'What time is it?', language: 'en' }]);
  await here.stores.personSettings.write('g', 'adam', { language: 'ja' });
  await here.peopleSettings.loadSettings('g', 'adam');
  expect(inLanguage(await here.say(adam))).toBe('Japanese');
  expect(here.hints.at(-1)).toBe('ja');
});

test('a persona that speaks one language answers everybody in it, whatever they speak or set', async () => {
  const here = await openSetup([
    { text: 'In German, please.', language: 'en' },
    { text: 'What time is it?', language: 'en' },
  ]);
  await here.personas.savePersona('g', 'lounge', { name: 'Amélie', language: 'fr' });
  await here.peopleSettings.changeSettings('g', 'eva', { language: 'ja' });
  for (const who of [adam, eva]) {
    const recognised = await here.say(who);
    expect(recognised.match(/[Aa]nswer in \w+/g)).toEqual(['answer in French']);
  }
  expect(here.hints.at(-1)).toBe('ja');
});

test('an answer in a language that no voice speaks is written, and the reason is told once', async () => {
  const voice = new FakeSynthesizer({ pieces: 10 });
  const english: Synthesizer = {
    synthesize(text, manner, signal) {
      if (manner.language === undefined || manner.language === 'en')
        return voice.synthesize(text, manner, signal);
      throw new BotError('speech.no_voice', false, 'It speaks English.');
    },
  };
  const german = { text: 'Wie spät ist es?', language: 'de' };
  const recognised = [german, german, { text: 'What time is it?', language: 'en' }];
  const here = await openSetup(recognised, { synthesizer: english });
  for (const who of [adam, adam, eva]) await here.say(who);
  expect(here.written).toEqual([
    'No voice here speaks German. You said five.',
    'You said five.',
  ]);
  expect(
    here.of('answered').map(({ finish, heardText }) => [finish, heardText]),
  ).toEqual([
    ['completed', ''],
    ['completed', ''],
    ['completed', 'You said five.'],
  ]);
  expect(here.of('failed')).toEqual([]);
});
