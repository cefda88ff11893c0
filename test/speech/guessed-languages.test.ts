import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import { openClient } from '#src/provider/api-client.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { createPaidRecogniser } from '#src/spending/paid-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import {
  openTranscriptions,
  type TranscriptionsOptions,
} from '#test/fakes/providers/mock-transcriptions.ts';
import { readRecording } from './recordings.ts';

const { pcm } = readRecording('human-cards-004');
const never = new AbortController().signal;
const german = 'Wie lange muss man ein Ei kochen?';
const settledOnGerman: ExpectedLanguage = {
  kind: 'likely',
  languages: [
    { language: 'de', weight: 4 },
    { language: 'fr', weight: 2 },
  ],
  others: 1,
};

async function openHearing(rules: TranscriptionsOptions, model = 'mine') {
  const server = await openTranscriptions(rules);
  const habits: ServerHabit[] = [];
  const transcriber = new OpenAiTranscriber(openClient({ baseUrl: server.baseUrl }), {
    model,
    report: (habit) => void habits.push(habit),
  });
  const listTold = () =>
    server.requests.map(({ form }) => form.get('language') ?? form.get('languages[]'));
  return { ...server, habits, told: listTold, transcriber };
}

/** Money for so many requests. */
function reserveMoney(count: number) {
  let [held, paid] = [0, 0];
  const reservation = new Reservation({
    guildId: noGuild,
    hold: async () => {
      if (++held > count) throw new BotError('budget.used', false, 'No money is left.');
      return { maxUnits: 10_000, release: () => undefined };
    },
    pay: () => void paid++,
  });
  return { reservation, getPaid: () => paid, getHeld: () => held };
}

async function hearIn(transcriber: Transcriber, language: ExpectedLanguage) {
  for await (const update of transcriber.transcribe(pcm, never, { language }))
    if (update.kind === 'final') return update.transcript;
  return expect.fail('There was no final.');
}

test.each(['whisper-1', 'gpt-transcribe'])(
  'a server that detects languages is told none that %s would have to obey, unless somebody set it',
  async (model) => {
    await using server = await openHearing({}, model);
    const guessed = await hearIn(server.transcriber, settledOnGerman);
    expect(guessed.language).toBeUndefined();
    const set = { kind: 'set', language: admitChosenLanguage('de-AT') } as const;
    expect(await hearIn(server.transcriber, set)).toMatchObject({ language: 'de' });
    expect(server.told()).toEqual([null, 'de']);
  },
);

test('a server that refuses to do without a language gets the guess, which is remembered and told', async () => {
  await using server = await openHearing({ hearsIn: () => german });
  for (let n = 0; n < 2; n++)
    expect(await hearIn(server.transcriber, settledOnGerman)).toMatchObject({
      text: german,
    });
  expect(server.told()).toEqual([null, 'de', 'de']);
  expect(server.habits.map(({ mend }) => mend)).toEqual([
    expect.stringContaining('TRANSCRIPTION_LANGUAGE'),
  ]);
});

test.each([
  ['no words', '', 'fr', 'Combien de temps faut-il pour cuire un œuf ?'],
  ['one word again and again', 'du du du du du', 'fr', 'Où est la gare de la ville ?'],
  [
    'words of another language',
    'How long does it take to boil an egg?',
    'en',
    'How long do eggs boil in water?',
  ],
  [
    'a Japanese sentence without blanks',
    '卵を茹でる時間は何分ですか',
    'ja',
    '卵は何分茹でますか',
  ],
  ['one Japanese word', 'はい', 'ja', 'はい、そうです'],
  [
    'a Chinese sentence without blanks',
    '煮一个鸡蛋需要多长时间呢',
    'zh',
    '煮鸡蛋要多久',
  ],
  [
    'a Chinese word again and again',
    '谢谢谢谢谢谢谢谢',
    'fr',
    'Où est la gare de la ville ?',
  ],
])(
  'where a guess brings %s, that server is asked once more in another language',
  async (_, text, otherText, better) => {
    await using server = await openHearing({
      hearsIn: (language) => (language === otherText ? better : text),
    });
    await hearIn(server.transcriber, settledOnGerman);
    expect((await hearIn(server.transcriber, settledOnGerman)).text).toBe(better);
    expect(server.told().slice(3)).toEqual(['de', otherText]);
  },
);

test.each(['42', 'Stop!', 'OK, Nova.'])(
  'a text that is too short to tell is good: %s',
  async (text) => {
    await using server = await openHearing({ hearsIn: () => text });
    await hearIn(server.transcriber, settledOnGerman);
    expect((await hearIn(server.transcriber, settledOnGerman)).text).toBe(text);
    expect(server.told()).toEqual([null, 'de', 'de']);
  },
);

test('a second look that is no better changes nothing, and there is no third', async () => {
  await using server = await openHearing({ hearsIn: () => '' });
  await hearIn(server.transcriber, settledOnGerman);
  expect((await hearIn(server.transcriber, settledOnGerman)).text).toBe('');
  expect(server.told()).toEqual([null, 'de', 'fr', 'de', 'fr']);
});

test('a language that somebody set is asked for once, whatever comes of it', async () => {
  await using server = await openHearing({ hearsIn: () => '' });
  const set = { kind: 'set', language: admitChosenLanguage('de') } as const;
  expect((await hearIn(server.transcriber, set)).text).toBe('');
  expect(server.told()).toEqual(['de']);
});

test('each look is reserved and paid, and without money for the second the first counts', async () => {
  await using server = await openHearing({
    hearsIn: (language) => (language === 'fr' ? 'Où est la gare de la ville ?' : ''),
  });
  await hearIn(server.transcriber, settledOnGerman); // learns what the server demands
  const paidEngine = createPaidRecogniser(server.transcriber);
  const rich = reserveMoney(2);
  const words = await hearIn(
    paidEngine.withReservation(rich.reservation),
    settledOnGerman,
  );
  expect([words.text, rich.getHeld(), rich.getPaid()]).toEqual([
    'Où est la gare de la ville ?',
    2,
    2,
  ]);
  const poor = reserveMoney(1);
  const none = await hearIn(
    paidEngine.withReservation(poor.reservation),
    settledOnGerman,
  );
  expect([none.text, poor.getPaid()]).toEqual(['', 1]);
  expect(server.told().slice(3)).toEqual(['de', 'fr', 'de']);
});
