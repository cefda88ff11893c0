import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import { openClient } from '#src/provider/api-client.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import { normaliseHints, withTranscriptionOptions } from '#src/speech/hints.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import { createPaidRecogniser } from '#src/spending/paid-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import {
  openTranscriptions,
  type TranscriptionsOptions,
} from '#test/fakes/providers/mock-transcriptions.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import questions from '#test/fixtures/languages/short-questions.json' with {
  type: 'json',
};
import { readRecording } from './recordings.ts';

type Rule = 'as gpt-transcribe' | 'refuses hints' | 'refuses everything';

/** A recogniser that notes the fields of each form, and refuses what OpenAI's refuses: keywords that are no plain line. */
async function openRecogniser(rule: Rule = 'as gpt-transcribe') {
  const forms: FormData[] = [];
  const refused: FormData[] = [];
  const served = await openListeningServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const type = `${request.headers['content-type']}`;
    const headers = { 'content-type': type };
    const form = await new Response(Buffer.concat(chunks), { headers }).formData();
    forms.push(form);
    const keywords = form.getAll('keywords[]').map(String);
    const hasHints = ['keywords[]', 'prompt', 'hotwords'].some((field) =>
      form.has(field),
    );
    const isBad =
      rule === 'refuses everything' ||
      (rule === 'refuses hints' && hasHints) ||
      keywords.some((word) => /[<>\r\n\p{Cc}]/u.test(word) || word.trim() === '');
    if (isBad) refused.push(form);
    const body = isBad ? { error: { message: 'Invalid field.' } } : { text: 'hello' };
    response.writeHead(isBad ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const baseUrl = `${served.origin}/v1`;
  const openTranscriber = (model: string) =>
    new OpenAiTranscriber(openClient({ baseUrl }), { model });
  return { forms, refused, open: openTranscriber, ...served };
}

const sound: Pcm = {
  samples: Int16Array.from({ length: 16_000 }, (_, n) => 8_000 * Math.sin(n / 10)),
  rateHz: 16_000,
  channels: 1,
};

test('names become hints of one plain line each, without doubles', () => {
  const names = [
    'Nova',
    'ANA',
    'Ana',
    'B\r\nen',
    '<script>alert</script>',
    '★彡',
    '  ',
    'Jürgen-Óscar',
  ];
  expect(normaliseHints(names)).toEqual([
    'Nova',
    'ANA',
    'B en',
    'script alert script',
    '彡',
    'Jürgen-Óscar',
  ]);
  expect(
    normaliseHints(Array.from({ length: 200 }, (_, n) => `Ana ${n}`)).join(', ').length,
  ).toBeLessThan(600);
});

test('a server that refuses hints is asked without them, and only once with', async () => {
  using server = await openRecogniser('refuses hints');
  const transcriber = withTranscriptionOptions(server.open('whisper-1'), {
    hints: ['Nova'],
  });
  for (let n = 0; n < 3; n++)
    expect(await transcribeText(transcriber, sound)).toBe('hello');
  expect(server.forms.map((form) => form.get('prompt'))).toEqual([
    'Nova.',
    null,
    null,
    null,
  ]);
  await transcribeText(
    withTranscriptionOptions(server.open('faster-whisper'), { hints: ['Nova', 'Ana'] }),
    sound,
  );
  expect(server.forms[4]?.get('hotwords')).toBe('Nova, Ana');
});

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

const detector = new NgramLanguageDetector();

test.each(Object.entries(questions))(
  'of short questions in %s none is taken for another language, and seven in eight are sure',
  async (language, texts) => {
    const matches = await Promise.all(texts.map((text) => detector.detect(text, [])));
    const sure = matches.filter((one) => one !== undefined && one.probability >= 0.8);
    expect(sure.map((one) => one?.language)).toEqual(sure.map(() => language));
    expect(sure.length).toBeGreaterThanOrEqual(language === 'ru' ? 4 : 7);
  },
);

test('among the languages of a server the likeliest is found, with more certainty', async () => {
  const text = 'Завтра будет дождь?';
  const [anywhere, here] = [
    await detector.detect(text, []),
    await detector.detect(text, ['ru', 'en-GB']),
  ];
  expect(here?.language).toBe('ru');
  expect(here?.probability).toBeGreaterThan(anywhere?.probability ?? 1);
});

test.each(['', '123', '?!', '🎉', 'toss a coin'])(
  '%j is surely of no language',
  async (text) =>
    expect((await detector.detect(text, []))?.probability ?? 0).toBeLessThan(0.8),
);
