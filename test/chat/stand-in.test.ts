import type { ChatMessage } from '#src/chat/chat-model.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import { findCall, findIntent } from '#src/chat/stand-in/find-intent.ts';
import { abilities } from '#src/chat/stand-in/replies.ts';
import { calculateSum } from '#src/chat/stand-in/sums.ts';
import { foldText, getWordings } from '#src/chat/stand-in/wordings.ts';
import {
  buildCitedAnswerPrompt,
  findCitedLines,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import { requestRecap } from '#src/features/captions/answers/recap.ts';
import { tools } from '#src/features/features.ts';
import type { ModelPrompt } from '#src/pipeline/pipeline.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, type Locale } from '#src/texts/texts.ts';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import {
  makeLine,
  numberLines,
  toFound,
} from '#test/features/captions/transcript-lines.ts';
import { fc } from '#test/properties.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';
import strange from './stand-in-strange.json' with { type: 'json' };
import utterances from './stand-in-utterances.json' with { type: 'json' };

const signal = new AbortController().signal;

function openStandIn(deps: { wallMs?: number; random?: number } = {}) {
  return createStandIn({
    wallMs: () => deps.wallMs ?? Date.UTC(2026, 10, 20, 16, 25),
    timeZone: 'UTC',
    random: () => deps.random ?? 0.1,
    botName: 'Nova',
  });
}

const makeQuestion = (content: string): ChatMessage => ({
  role: 'user',
  name: 'Adam',
  content,
});
const makeAnswer = (content: string): ChatMessage => ({ role: 'assistant', content });

async function answerMessages(messages: readonly (ChatMessage | string)[], deps = {}) {
  const allMessages = messages.map((each) =>
    typeof each === 'string' ? makeQuestion(each) : each,
  );
  const got = await Array.fromAsync(openStandIn(deps).reply(allMessages, [], signal));
  return got.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** Without tools it claims only what needs none. */
const honest =
  'I am only the built-in stand-in. I can tell the time, do sums, and tell jokes. For more, connect a model with npm run setup.';
const short = 'That needs a model. Try: what time is it.';

testChatModel('the stand-in', async () => ({
  model: openStandIn(),
  [Symbol.asyncDispose]: async () => undefined,
}));

test.each([
  [Date.UTC(2026, 10, 20, 16, 25), 'The time is now twenty five minutes past four.'],
  [Date.UTC(2026, 10, 20, 0, 0), "The time is now twelve o'clock."],
  [Date.UTC(2026, 10, 20, 11, 30), 'The time is now half past eleven.'],
  [Date.UTC(2026, 10, 20, 12, 59), 'The time is now one minute to one.'],
  [Date.UTC(2026, 10, 20, 9, 45), 'The time is now fifteen minutes to ten.'],
])('it tells the time', async (wallMs, text) => {
  for (const question of [
    'what time is it',
    'Nova, what time is it now?',
    'what time as it',
    'Can you tell me the time, please?',
  ]) {
    expect(await answerMessages([question], { wallMs })).toBe(text);
  }
});

test('it tells time and date, and reads times, in the zone that its instructions tell', async () => {
  const tokyo: ChatMessage = { role: 'system', content: '', timeZone: 'Asia/Tokyo' };
  const wallMs = Date.UTC(2026, 10, 20, 16, 25);
  expect(await answerMessages([tokyo, 'what time is it'], { wallMs })).toBe(
    'The time is now twenty five minutes past one.',
  );
  expect(await answerMessages([tokyo, 'what day is it'], { wallMs })).toBe(
    'Today is Saturday, 21 November 2026.',
  );
});

test('the built-in stand-in counts, so that people can try to interrupt it', async () =>
  expect(await answerMessages(['Count to twelve'])).toMatch(
    /^Talk over me.* twelve\.$/,
  ));

test('the built-in stand-in tosses a coin', async () => {
  expect(await answerMessages(['flip a coin'], { random: 0.49 })).toBe('It is heads.');
  expect(await answerMessages(['Toss a coin!'], { random: 0.5 })).toBe('It is tails.');
});

test('the built-in stand-in greets people, and says what it can do', async () => {
  expect(await answerMessages(['Hello!'])).toBe(
    'Hello, I am Nova. Ask me what time it is, or what I can do.',
  );
  for (const question of ['what can you do', 'help', 'Nova, who are you?'])
    expect(await answerMessages([question])).toMatch(/^I am Nova.*I can tell the time/);
});

test.each([
  'what is the capital of france',
  'stop the music',
  'what time is it in tokyo',
  '',
  'go somewhere and do something',
])('it admits what it is when asked: %s', async (question) =>
  expect(await answerMessages([question])).toBe(honest),
);

test('it tells its limit in full once to each person, then in ten words', async () => {
  const strange = 'What is the capital of France?';
  const toAdam = [makeQuestion(strange), makeAnswer(honest)];
  expect(await answerMessages([...toAdam, makeQuestion('And of Spain?')])).toBe(short);
  expect(short.split(' ').length).toBeLessThanOrEqual(10);
  const ben: ChatMessage = { role: 'user', name: 'Ben', content: strange };
  expect(await answerMessages([...toAdam, ben])).toBe(honest);
  const cut = [makeQuestion(strange), makeAnswer('I am only the built-in stand-in.')];
  expect(await answerMessages([...cut, makeQuestion('And of Spain?')])).toBe(short);
  const german: ChatMessage = { role: 'system', content: '', language: 'de-AT' };
  const told = await answerMessages([
    german,
    makeQuestion('Wie hoch ist der Eiffelturm?'),
  ]);
  expect(told).toMatch(
    /^Ich bin nur der eingebaute Ersatz\. Ich kann .* npm run setup\.$/,
  );
  expect(
    await answerMessages([
      german,
      makeQuestion('Wie hoch?'),
      makeAnswer(told),
      makeQuestion('Und wie breit ist er?'),
    ]),
  ).toBe('Dafür braucht es ein Modell. Versuch: Wie spät ist es?');
});

test('the built-in stand-in answers any input, in several parts without numerals', async () => {
  const role = fc.constantFrom<ChatMessage>(makeQuestion('x'), makeAnswer('y'), {
    role: 'system',
    content: 'z',
  });
  const message = fc
    .tuple(role, fc.string())
    .map(([base, content]) => ({ ...base, content }));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 4 }), async (messages) => {
      expect(await answerMessages(messages)).not.toBe('');
    }),
  );
  const chatParts = await Array.fromAsync(
    openStandIn().reply([makeQuestion('what time is it')], [], signal),
  );
  expect(chatParts.length).toBeGreaterThan(1);
});

const never = new AbortController().signal;
const standIn = createStandIn({
  wallMs: () => 0,
  timeZone: 'UTC',
  random: () => 0,
  botName: 'Nova',
});

async function replyTo(messages: readonly ChatMessage[]) {
  const chatParts = await Array.fromAsync(standIn.reply(messages, [], never));
  return chatParts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
const askStandIn = ({ system, user }: ModelPrompt) =>
  replyTo([
    { role: 'system', content: system },
    { role: 'user', name: '', content: user },
  ]);

const talk = toFound(
  makeLine(0, 'When do we meet on Friday?'),
  makeLine(10_000, 'We decided on Friday at eight, my place', { name: 'Ben' }),
  makeLine(20_000, 'The Millau Viaduct is 343 metres high.', { name: 'Cleo' }),
  makeLine(30_000, 'I will book a table for us.', { name: 'Cleo' }),
  makeLine(40_000, 'mhm'),
  makeLine(50_000, 'Bring bread and butter.', { name: 'Ben' }),
);

const numbered = numberLines(talk);
const listCitedLines = async (question: string) =>
  findCitedLines(
    await askStandIn(buildCitedAnswerPrompt(question, numbered)),
    numbered,
  ).map(({ line }) => line.text);

test('the stand-in cites the lines that share most words with a question', async () => {
  expect(await listCitedLines('what did we decide about Friday?')).toEqual([
    talk[1]?.line.text,
  ]);
  expect(await listCitedLines('What about Friday?')).toEqual([talk[1]?.line.text]);
  expect(await listCitedLines('How high is the viaduct?')).toEqual([
    talk[2]?.line.text,
  ]);
  expect(await listCitedLines('Who stole the cookies?')).toEqual([]);
});

test('the stand-in makes a recap whose points are lines', async () => {
  expect(
    (await requestRecap(talk, { maxChars: 10_000 }, askStandIn)).map(
      ({ text }) => text,
    ),
  ).toEqual([
    'We decided on Friday at eight, my place',
    'The Millau Viaduct is 343 metres high.',
    'I will book a table for us.',
    'Bring bread and butter.',
  ]);
  const long = toFound(
    ...Array.from({ length: 60 }, (_, n) =>
      makeLine(n * 1_000, `This is the sentence number ${n}.`),
    ),
  );
  expect(await requestRecap(long, { maxChars: 700 }, askStandIn)).toHaveLength(5);
});

test('a recap of the stand-in leaves out what it says of itself', async () => {
  const own = ['Hallo!', 'What is the capital of France?', 'And what can you do?'];
  const answers: string[] = [];
  const messages: ChatMessage[] = [];
  for (const content of [...own, 'And the capital of Spain?']) {
    messages.push({ role: 'user', name: 'Adam', content });
    const utterance = await replyTo(messages);
    messages.push({ role: 'assistant', content: utterance });
    answers.push(utterance);
  }
  const lines = toFound(
    ...answers.map((text, n) => makeLine(n * 1_000, text, { name: 'Nova' })),
    makeLine(9_000, 'I will book a table for us.', { name: 'Cleo' }),
  );
  const points = await requestRecap(lines, { maxChars: 10_000 }, askStandIn);
  expect(points.map(({ text }) => text)).toEqual(['I will book a table for us.']);
});

const calculateText = (text: string, locale: Locale = 'en') => {
  const result = calculateSum(text, getWordings(locale));
  if (!result || result.kind === 'by-zero') return result?.kind;
  return result.kind === 'exact' ? result.digits : `about ${result.digits}`;
};

test.each<[string, string | undefined, Locale?]>([
  ['two plus two', '4'],
  ['What is 12 times 7?', '84'],
  ['0.1 + 0.2', '0.3'],
  ['two plus three times four', '14'],
  ['one hundred and five minus six', '99'],
  ['one point five plus two', '3.5'],
  ['12.5 % of 80', '10'],
  ['10 / 4', '2.5'],
  ['2 divided by 3', 'about 0.6667'],
  ['minus five plus 3', '-2'],
  ['7 x 8', '56'],
  ['5 divided by zero', 'by-zero'],
  ['einundzwanzig mal 3', '63', 'de'],
  ['1.000 plus 1', '1001', 'de'],
  ['quatre-vingt-dix moins dix', '80', 'fr'],
  ['veintiuno por dos', '42', 'es'],
  ['vinte e um mais dois', '23', 'pt-BR'],
  ['dwadzieścia jeden razy dwa', '42', 'pl'],
  ['百から', undefined, 'ja'],
  ['百引く一は？', '99', 'ja'],
  ['24/7', undefined],
  ['555-1234', undefined],
  ['I have two plus one', undefined],
  ['two', undefined],
  ['plus two', undefined],
  ['2 +', undefined],
  ['12345678901234567890 + 1', undefined],
  [`1${' + 1'.repeat(60)}`, undefined],
])('%j is %s', (text, result, locale) =>
  expect(calculateText(text, locale)).toBe(result),
);

test('sums of whole numbers are exact', () => {
  const number = fc.integer({ min: 0, max: 999_999_999_999 });
  const sign = fc.constantFrom('+', '-', '*');
  fc.assert(
    fc.property(number, sign, number, (a, operator, b) => {
      const [x, y] = [BigInt(a), BigInt(b)];
      const expected = { '+': x + y, '-': x - y, '*': x * y }[operator];
      expect(calculateText(`${a} ${operator} ${b}`)).toBe(`${expected}`);
    }),
  );
});

test('any text ends in a result or in none', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'0123456789.,+-*/% ()x=aé') }),
      (text) => {
        expect(['undefined', 'string']).toContain(typeof calculateText(text));
      },
    ),
  );
});

const partsOf = (messages: readonly ChatMessage[]) =>
  Array.fromAsync(standIn.reply(messages, tools, new AbortController().signal));

/** The call for these words, if its arguments fit the tool of the bot that it names. */
async function callFor(text: string) {
  const [part] = await partsOf([makeQuestion(text)]);
  if (part?.kind !== 'tool') return undefined;
  const { argumentsJson, name } = part.call;
  const fit = tools
    .find((tool) => tool.name === name)
    ?.bind({})
    .parseArguments(argumentsJson);
  expect(fit).toHaveProperty('effect');
  return [name, JSON.parse(argumentsJson)];
}

test.each([
  ['Louder, please.', 'volume', { change: 20 }],
  ['slower', 'speed', { change: 'slower' }],
  ['Say that again.', 'repeat', {}],
  ['Captions on.', 'captions', { on: true }],
  ['Follow me.', 'follow', { follow: true }],
  ['Nova, play me some rain, please', 'play_sound', { sound: 'rain' }],
  ['Pause the music.', 'change_track', { deed: 'pause' }],
  [
    'Nova, set a timer for ten minutes.',
    'set_reminder',
    { when: expect.stringMatching(/ten minutes$/) },
  ],
  ['set a timer of an hour and a half', 'set_reminder', { when: 'an hour and a half' }],
  [
    'Remind me in ten minutes to take the tea out.',
    'set_reminder',
    { when: 'in ten minutes', text: 'take the tea out' },
  ],
  [
    'remind me tomorrow at nine about the report',
    'set_reminder',
    { when: 'tomorrow at nine', text: 'the report' },
  ],
  ['What timers do I have?', 'list_reminders', {}],
  ['Cancel the timer.', 'cancel_reminder', {}],
])('the stand-in calls a tool for %j', async (text, name, fields) =>
  expect(await callFor(text)).toEqual([name, fields]),
);

test.each([
  'What time is it?',
  'I play the piano.',
  'She is a skipper.',
  'Who follows me?',
])('the stand-in calls no tool for %j', async (text) =>
  expect(await callFor(text)).toBeUndefined(),
);

test.each([
  [
    { when: 'at six' },
    { result: { outcome: 'You have 20 reminders.' } },
    'You have 20 reminders.',
  ],
  [
    {},
    { result: { reminders: 'number 1, a timer for 18:30' } },
    'number 1, a timer for 18:30',
  ],
  [{}, { result: { waiting: 'Nothing yet.' } }, 'Press Confirm in the chat, please.'],
  [{}, { error: 'There is no such tool.' }, 'There is no such tool.'],
])('it says what came of a call (%j, %j)', async (fields, result, text) => {
  const call = {
    id: 'c1',
    name: 'set_reminder',
    argumentsJson: JSON.stringify(fields),
  };
  const chatParts = await partsOf([
    makeQuestion('set a timer'),
    { role: 'assistant', content: '', calls: [call] },
    { role: 'tool', callId: 'c1', content: JSON.stringify(result) },
  ]);
  expect(
    chatParts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
  ).toBe(text);
});

test('it says what came of a call in the language of the request', async () => {
  const call = { id: 'c1', name: 'set_reminder', argumentsJson: '{}' };
  const chatParts = await partsOf([
    makeQuestion('Stell einen Timer auf zehn Sekunden.'),
    { role: 'assistant', content: '', calls: [call] },
    {
      role: 'tool',
      callId: 'c1',
      content: '{"result":{"outcome":"Timer 1 for 10 seconds is set."}}',
      lines: [{ id: 'reminder.set.seconds', with: { n: 1, seconds: 10 } }],
    },
  ]);
  expect(
    chatParts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
  ).toBe('Timer 1 läuft: 10 Sekunden.');
});

function findRequestIntent(request: string, locale: Locale) {
  const context = { nowWallMs: 0, timeZone: 'UTC', botName: 'Nova', locale };
  return findIntent(request, context);
}

async function askInLanguage(content: string, language: string) {
  const standIn = createStandIn({
    wallMs: () => Date.UTC(2026, 10, 29, 14, 5),
    timeZone: 'UTC',
    random: () => 0,
    botName: 'Nova',
  });
  const messages: readonly ChatMessage[] = [
    { role: 'system', content: '', language },
    { role: 'user', name: 'Adam', content },
  ];
  const replyStream = standIn.reply(messages, tools, new AbortController().signal);
  const texts = await Array.fromAsync(replyStream, (part) =>
    part.kind === 'text' ? part.text : '',
  );
  return texts.join('');
}

/** Lists requests for an ability: its wordings, with a time, a sound and a text. */
function listRequests(intent: (typeof abilities)[number]['intent'], locale: Locale) {
  if (intent === 'sum') return utterances[locale].sum;
  const { durationPattern, sounds, wordings } = getWordings(locale);
  const [time = ''] = utterances[locale].timer.flatMap(
    (timer) => foldText(timer).match(durationPattern) ?? [],
  );
  const [sound = ''] = Object.keys(sounds);
  return wordings[intent].map((wording) =>
    wording.replace('{time}', time).replace('{sound}', sound).replace('{text}', 'Ana'),
  );
}

/** A request is done by a call that its tool takes, or by an answer that is not the limit. */
async function whatBecomes(utterance: string, locale: Locale) {
  const foundIntent = findRequestIntent(utterance, locale);
  const call = foundIntent && findCall(foundIntent);
  const tool = tools.find(({ name }) => name === call?.name);
  const isDone = call
    ? 'effect' in { ...tool?.bind({}).parseArguments(JSON.stringify(call.input)) }
    : !(await askInLanguage(utterance, locale)).includes('npm run setup');
  return { said: utterance, intent: foundIntent?.intent, isDone };
}

describe.each(textLocales)('in %s', (locale) => {
  test('the stand-in knows what people say first', () => {
    const expected = Object.entries(utterances[locale]).flatMap(([intent, texts]) =>
      texts.map((text) => [text, intent, locale]),
    );
    const matches = expected.map(([text = '']) => {
      const { intent, locale: language } = findRequestIntent(text, locale) ?? {};
      return [text, intent, language];
    });
    expect(matches).toEqual(expected);
  });

  test('a greeting in another language is answered in it', () => {
    const [text = ''] = utterances[locale].joke;
    const others = textLocales.map((other) => findRequestIntent(text, other)?.locale);
    expect(others).toEqual(textLocales.map(() => locale));
  });

  test('the stand-in takes at most 5 % of strange sentences for requests', () => {
    const taken = strange[locale].filter((text) => findRequestIntent(text, locale));
    expect(taken.length / strange[locale].length, taken.join('\n')).toBeLessThanOrEqual(
      0.05,
    );
  });

  test('each ability that the stand-in claims is done, for each of its wordings', async () => {
    const help = await askInLanguage(utterances[locale].help[0] ?? '', locale);
    for (const { intent, text } of abilities) {
      expect(help).toContain(formatText(text, {}, locale));
      for (const utterance of listRequests(intent, locale))
        expect(await whatBecomes(utterance, locale)).toEqual({
          said: utterance,
          intent,
          isDone: true,
        });
    }
  });

  test('an unknown question meets the limit in the language of the person', async () => {
    const limit = formatText('standin.limit', { abilities: '' }, locale);
    expect(await askInLanguage(strange[locale][0] ?? '', locale)).toContain(
      limit.trim(),
    );
  });
});

test.each([
  ['en', 'What day is it?', 'Today is Sunday, 29 November 2026.'],
  ['de', 'Welcher Tag ist heute?', 'Heute ist Sonntag, 29. November 2026.'],
  ['pt', 'que dia é hoje', 'Hoje é domingo, 29 de novembro de 2026.'],
  ['ja', '今何時ですか', '今の時刻は14:05です。'],
  ['ru', 'Что ты умеешь?', expect.stringMatching(/^I am only the built-in stand-in/)],
])('in %s, %j is answered truly', async (language, utterance, answer) =>
  expect(await askInLanguage(utterance, language)).toEqual(answer),
);

test.each(['a', '1', '十', ' ', "'", '1 + ', 'zwei ', 'minuten ', '雨', '.,'])(
  'a request of %j, however often, is read in linear time',
  (unit) =>
    expect(
      findSuperlinear(
        (text) => findRequestIntent(text, 'ja'),
        repeatUnit(unit, ' one'),
      ),
    ).toBeUndefined(),
);

test('a reminder keeps the words of its asker', () => {
  const foundIntent = findRequestIntent(
    'Erinnere mich in 5 Minuten an den Müll!',
    'de',
  );
  expect(foundIntent && findCall(foundIntent)?.input).toEqual({
    when: 'in 300 seconds',
    text: 'den Müll',
  });
});
