import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { joinTexts, listSoundedTexts } from '#test/contracts/pipeline-contract.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import {
  transcribeText,
  transcribeText as wordsOf,
} from '#test/contracts/transcriber-contract.ts';
import {
  makeHearing,
  makeUnsaid,
  shortSounds,
  unsaidTexts,
  wordyJson,
} from '#test/fakes/dialects/ear-servers.ts';
import {
  openRecipe,
  openServers,
  readRecipes,
} from '#test/fakes/dialects/provider-recipes.ts';
import {
  lengthLimits,
  loadingAnswers,
  makeAlternating,
  moderations,
  rateLimits,
  refusedKeys,
  refusingChat,
  refusingSystem,
  retryDates,
  systemRefusals,
} from '#test/fakes/dialects/refusing-servers.ts';
import { openServer, serverForms } from '#test/fakes/dialects/server-forms.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';
import { countRuns, fc } from '#test/properties.ts';
import { openBotDoors } from './bot-doors.ts';
import { openDialectBot } from './dialect-case.ts';

const answer = 'Two of them. The other one is on its way.';
const behind = {
  hears: hearWords,
  replies: [
    { match: 'again', call: { name: 'lamp', argumentsJson: '{"on":true}' } },
    { match: 'done', text: 'The lamp is on.' },
    { match: /./, text: answer },
  ],
};
const spoken = speakWords('nova one two three');
const servers = [...serverForms].map(([name, form]) => ({ name, ...form }));

/** The bot behind a server; others stand in where it does not hear, think or speak. */
async function openBot(name: string, overrides = {}, failsAfter?: number) {
  const names = ['whisper.cpp', 'ollama', 'kokoro-fastapi', name];
  const settings = names.map((one) => serverForms.get(one)?.settings);
  const stands = Object.fromEntries(
    names.map((one) => [`http://${one}`, openServer(one)]),
  );
  const failing = { ...behind, failsAfter };
  const kitchen = await openServers(
    Object.assign({}, ...settings, overrides),
    stands,
    failing,
  );
  return await openBotDoors(kitchen.environment, kitchen);
}

test.each(servers)(
  '$title: what is said is heard, thought and spoken, and a tool that is called runs',
  async ({ name, transcription }) => {
    // By this name the bot asks for words as a stream.
    const streamed = transcription?.stream && {
      TRANSCRIPTION_MODEL: 'gpt-4o-transcribe',
    };
    await using bot = await openBot(name, streamed);
    expect(await wordsOf(bot.transcriber, spoken.pcm)).toBe(spoken.text);
    const { parts, error } = await bot.answer(spoken.text);
    expect([error, joinTexts(parts)]).toEqual([undefined, answer]);
    expect(listSoundedTexts(parts)).toEqual([
      'Two of them.',
      'The other one is on its way.',
    ]);
    const { samples, rateHz } = await collectSound(bot.synthesizer, 'Two of them.');
    expect(samples).toEqual(makeTone('Two of them.', rateHz));
    expect(joinTexts((await bot.answer('again')).parts)).toBe('The lamp is on.');
    expect(bot.host.ran).toMatchObject([behind.replies[0]?.call]);
  },
);

test.each(servers.filter(({ chat }) => chat))(
  '$title: an error before the first word is $chat.failsAs, and behind words the answer broke off',
  async ({ name, chat }) => {
    for (const [count, words, code] of [
      [0, '', chat?.failsAs],
      [3, 'Two of them.', 'provider.truncated'],
    ] as const) {
      await using bot = await openBot(name, {}, count);
      const { parts, error } = await bot.answer(spoken.text);
      expect([joinTexts(parts), error]).toMatchObject([words, { code }]);
    }
  },
);

const roles = [
  ['chat', 'CHAT_COMPLETION_MODEL'],
  ['transcription', 'TRANSCRIPTION_MODEL'],
  ['speech', 'SPEECH_MODEL'],
] as const;
const refusing = servers.flatMap(({ name, title, ...form }) =>
  roles.flatMap(([role, setting]) => {
    const { model } = form[role]?.takes ?? {};
    return model ? { name, title, role, setting, status: model.status } : [];
  }),
);

test.each(refusing)(
  '$title: an unknown model of $role is an error $status',
  async ({ name, role, setting, status }) => {
    await using bot = await openBot(name, { [setting]: 'nobody' });
    const request = {
      chat: async () => Promise.reject((await bot.answer('Hi.')).error),
      transcription: () => wordsOf(bot.transcriber, spoken.pcm),
      speech: () => collectSound(bot.synthesizer, answer),
    };
    await expect(request[role]()).rejects.toMatchObject({
      code: 'provider.refused',
      about: { status },
    });
  },
);

const replies = [
  { match: 'again', call: { name: 'lamp', argumentsJson: '{"on":true}' } },
  { match: 'done', text: 'The lamp is on.' },
  { match: /./, text: answer },
];
const behindRecipe = { hears: hearWords, replies };
const recipes = [...(await readRecipes())];

/** All sound of each clause. */
function soundsOf(replyParts: readonly ReplyPart[]) {
  const clauses = new Map<string, Pcm[]>();
  for (const part of replyParts) {
    if (part.kind !== 'audio') continue;
    const { ofText = '', pcm } = part;
    clauses.set(ofText, [...(clauses.get(ofText) ?? []), pcm]);
  }
  return new Map(
    [...clauses].map(([text, pieces]) => [
      text,
      {
        ...(pieces[0] as Pcm),
        samples: joinSamples(pieces.map(({ samples }) => samples)),
      },
    ]),
  );
}

test.each(recipes)(
  '%s: with the settings of its recipe it is heard, if it hears, thought and spoken',
  async (title) => {
    const kitchen = await openRecipe(title, behindRecipe);
    const isRemote = title !== 'Ollama';
    // The local recogniser has tests of its own, and loads for seconds.
    const unheard = { TRANSCRIPTION_BASE_URL: 'http://127.0.0.1:9/v1' };
    const config = { ...(isRemote ? {} : unheard), ...kitchen.environment };
    await using bot = await openBotDoors(config, kitchen);
    const transcript = isRemote
      ? await wordsOf(bot.transcriber, spoken.pcm)
      : spoken.text;
    expect(transcript.toLowerCase()).toBe(spoken.text);
    const { parts } = await bot.answer(transcript);
    expect(joinTexts(parts)).toBe(answer);
    expect(bot.host.spendings).toHaveLength(1);
    const sounds = soundsOf(parts);
    expect([...sounds.keys()]).toEqual([
      'Two of them.',
      'The other one is on its way.',
    ]);
    for (const [clause, { samples, rateHz }] of isRemote ? sounds : []) {
      expect(samples).toEqual(makeTone(clause, rateHz));
    }
  },
);

const { pcm, text } = speakWords('one two three');

test.each(Object.entries(wordyJson))(
  '%s: JSON of a recogniser is read to its words',
  async (_, body) => {
    await using bot = await openDialectBot(makeHearing(body));
    expect(await transcribeText(bot.transcriber, pcm)).toBe(text);
  },
);

test.each(Object.entries(shortSounds))(
  '%s: sound that is too short has no words, and the server did not fail',
  async (_, [status, body]) => {
    await using bot = await openDialectBot({
      refuses: [{ role: 'ears', times: 1, status, body }],
    });
    expect(await transcribeText(bot.transcriber, pcm)).toBe('');
    expect(bot.server.listRequests('ears')).toHaveLength(1);
    expect(bot.news.filter(({ kind }) => kind === 'failed')).toEqual([]);
    expect(await transcribeText(bot.transcriber, pcm)).toBe(text);
  },
);

test.each(Object.entries(unsaidTexts))(
  '%s with status 200 is a failure of a recogniser and nobody\u2019s words',
  async (_, body) => {
    await using bot = await openDialectBot(makeUnsaid(body));
    await expect(transcribeText(bot.transcriber, pcm)).rejects.toBeInstanceOf(BotError);
  },
);

test.each(Object.entries(rateLimits))(
  '%s: a limit by the minute is no spent account, and its wait is read',
  async (_, { waitMs, ...answer }) => {
    await using bot = await openDialectBot(refusingChat(answer, Infinity));
    const { error } = await bot.exchange({
      hears: '',
      code: 'provider.rate_limited',
      requests: 1,
    });
    expect(error?.about.retryAfterMs).toBe(waitMs);
  },
);

test.each(Object.entries(retryDates))(
  'Retry-After as a date is read: %s',
  async (_, toDate) => {
    const answer = { status: 429, body: '', headers: { 'retry-after': toDate() } };
    await using bot = await openDialectBot(refusingChat(answer, Infinity));
    const { error } = await bot.exchange({
      hears: '',
      code: 'provider.rate_limited',
      requests: 1,
    });
    expect(error?.about.retryAfterMs).toBeGreaterThan(20_000);
    expect(error?.about.retryAfterMs).toBeLessThanOrEqual(31_000);
  },
);

test.each(Object.entries(loadingAnswers))(
  '%s: a model that loads is waited for while the question is fresh',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingChat(answer, 2));
    await bot.exchange({ hears: 'Tea.', requests: 3 });
  },
);

test.each(Object.entries(lengthLimits))(
  '%s: where the allowed length counts, it falls, and this is remembered',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: 'Tea.' });
    expect(bot.server.listRequests('chat').length).toBeLessThanOrEqual(3);
    await bot.exchange({ hears: 'Tea.', requests: 1 });
  },
);

test.each(Object.entries(moderations))(
  '%s: a moderation refuses this question alone, and nothing quotes it',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingChat(answer));
    const { error } = await bot.exchange({
      asks: 'hello marzipan',
      hears: '',
      code: /^provider\.(?!bad_key|unreachable)/,
      requests: 1,
    });
    const written = [error?.message, error?.about.remedy, ...bot.listNews()];
    expect(written.join()).not.toContain('marzipan');
    expect(written.join()).not.toContain('refused the key');
    await bot.exchange({ hears: 'Tea.', requests: 1 });
  },
);

test.each(Object.entries(refusedKeys))(
  'a refused key is told as such: %s',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingChat(answer, Infinity));
    await bot.exchange({ hears: '', code: 'provider.bad_key', requests: 1 });
  },
);

const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({
    role: fc.constant('user' as const),
    name: fc.constantFrom('Ana', 'Ben', ''),
    content: fc.constantFrom('And now?', 'Hm.', ' '),
  }),
  fc.record({
    role: fc.constant('assistant' as const),
    content: fc.constantFrom('So it is.', 'Word. '.repeat(200), ''),
  }),
);

test.each([400, 500])(
  'a template that wants turns in order takes every prompt, else error %d',
  async (status) => {
    await using bot = await openDialectBot(makeAlternating(status));
    const talks = fc.array(message, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(talks, async (history) => {
        await bot.exchange({ turn: { history }, hears: 'Tea.', requests: 1 });
      }),
      { numRuns: countRuns(20) },
    );
  },
);

test.each(Object.entries(systemRefusals))(
  '%s: instructions go before the first question where no system role is known',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingSystem(answer));
    await bot.exchange({ hears: 'Tea.', requests: 2 });
    await bot.exchange({ hears: 'Tea.', requests: 1 });
  },
);
