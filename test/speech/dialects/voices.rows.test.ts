import { joinSamples } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import { drainAnswer, joinTexts } from '#test/contracts/pipeline-contract.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import {
  answerJson,
  answerSpeech,
  type FakeRoute,
  openExaminedServer,
} from '#test/doctor/run-examination.ts';
import {
  earlierChats,
  endlessSizes,
  foreignFiles,
  makeCut,
  makeEndless,
  makeFiles,
  makeForeign,
  makeTagged,
  makeUnlabelled,
  taggedTexts,
} from '#test/fakes/dialects/earlier-servers.ts';
import type { StrictManners } from '#test/fakes/dialects/strict-server.ts';
import {
  labelledRateHz,
  lengthRefusals,
  makeLabelled,
  makeListing,
  makePaced,
  makeShortVoice,
  makeSoundless,
  mostChars,
  packedVoices,
  pickyVoices,
  rateLabels,
  soundlessBodies,
  voiceLists,
  voiceText,
} from '#test/fakes/dialects/voice-servers.ts';
import { makeWriter } from '#test/fakes/dialects/word-servers.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
import { listRows } from '#test/properties.ts';
import { openBotDoors } from './bot-doors.ts';
import { expectTone, openDialectBot } from './dialect-case.ts';

const never = new AbortController().signal;
const settings = { SPEECH_INSTRUCTIONS: 'Calmly.' };
const reply = { replies: [{ match: /./, text: voiceText }] };

async function openVoice(manners: StrictManners, overrides = {}) {
  const bot = await openDialectBot(
    { ...reply, ...manners },
    { ...settings, ...overrides },
  );
  return Object.assign(bot, {
    listRequests: () => bot.server.listRequests('speech'),
    /** Says a text in a manner, and expects it as a tone. */
    async say(text: string, voice: SpeechVoice = {}) {
      const heard = await drainAnswer(
        bot.synthesizer.synthesize(text, voice, never)[Symbol.asyncIterator](),
      );
      if (heard.error) throw heard.error;
      const samples = joinSamples(heard.parts.map((part) => part.samples));
      const rateHz = heard.parts[0]?.rateHz ?? 0;
      expectTone({ samples, rateHz }, text);
      return rateHz;
    },
  });
}

test.each(listRows(Object.entries(pickyVoices)))(
  '%s: a part that a voice refuses is given up, remembered and told',
  async (_, make) => {
    await using bot = await openVoice(make());
    await bot.exchange({ hears: voiceText });
    const tried = bot.listRequests().length;
    expect(tried).toBeLessThanOrEqual(4);
    await bot.say('Another one.');
    expect(bot.listRequests()).toHaveLength(tried + 1);
    expect(bot.listHabits()).not.toEqual([]);
  },
);

test.each(listRows(Object.entries(lengthRefusals)))(
  '%s: texts that are too long for a voice are split, and this is remembered',
  async (_, [status, body]) => {
    const sentences = ['It is a fine day. ', 'We go out for a walk. '];
    const long = Array.from({ length: 24 }, (_, n) => sentences[n % 2])
      .join('')
      .trim();
    await using bot = await openVoice(makeShortVoice(status, body));
    await collectSound(bot.synthesizer, long);
    const inputs = bot.listRequests().map((request) => `${request.body.input}`);
    const taken = inputs.filter(({ length }) => length <= mostChars);
    expect(taken.join(' ').replace(/\s+/g, ' ')).toBe(long);
    await collectSound(bot.synthesizer, `${long} So.`);
    const later = bot.listRequests().slice(inputs.length);
    expect(later.every((request) => `${request.body.input}`.length <= mostChars)).toBe(
      true,
    );
  },
);

test.each(listRows(Object.entries(packedVoices)))(
  '%s: packed sound is unpacked and heard',
  async (_, make) => {
    await using bot = await openVoice(make());
    await bot.exchange({ hears: voiceText });
    await bot.say('Another one.');
  },
);

test.each(listRows(Object.entries(rateLabels)))(
  'the rate of bare samples is read from %s',
  async (_, headers) => {
    await using bot = await openVoice(makeLabelled(headers));
    expect(await bot.say(voiceText)).toBe(labelledRateHz);
  },
);

test.each(listRows(Object.entries(soundlessBodies)))(
  '%s with status 200 is a failure of the voice, and the words stand in writing',
  async (_, body) => {
    await using bot = await openVoice(makeSoundless(body));
    const { parts, error } = await bot.answer('hello');
    const isTold = error === undefined || error instanceof BotError;
    const isHeard = parts.some(({ kind }) => kind === 'audio');
    expect([joinTexts(parts), isTold, isHeard]).toEqual([voiceText, true, false]);
    expect(bot.news).toContainEqual(
      expect.objectContaining({ kind: 'failed', role: 'text to speech' }),
    );
    await expect(collectSound(bot.synthesizer, voiceText)).rejects.toBeInstanceOf(
      BotError,
    );
  },
);

test('a pace that rules out a stream is asked without one, and the usual pace still streams', async () => {
  await using bot = await openVoice(makePaced());
  await collectSound(bot.synthesizer, voiceText);
  for (const speed of [1.3, 1, 1.3]) {
    await drainAnswer(
      bot.synthesizer.synthesize(voiceText, { speed }, never)[Symbol.asyncIterator](),
    );
  }
  expect(bot.listRequests().map(({ body }) => [body.stream, body.speed])).toEqual([
    [true, undefined],
    [true, 1.3],
    [undefined, 1.3],
    [true, undefined],
    [undefined, 1.3],
  ]);
});

test.each(listRows(Object.entries(voiceLists)))(
  'without SPEECH_VOICE the first of the list speaks: %s',
  async (_, list) => {
    await using bot = await openVoice(makeListing(list));
    await bot.exchange({ hears: voiceText });
    await bot.say('Another one.');
    expect(bot.listRequests().at(-1)?.body.voice).toBe('af_bella');
  },
);

/** A speech server that takes these voices alone, with what it says of them. */
function openVoices(voices: readonly string[], refusal: object, list?: object) {
  const speakKnownVoice: FakeRoute = (response, request) => {
    const isKnown = voices.includes(`${request.body.voice}`);
    (isKnown ? answerSpeech(24_000) : answerJson(refusal, 400))(response, request);
  };
  return openExaminedServer({
    'POST /v1/audio/speech': speakKnownVoice,
    ...(list && { 'GET /v1/audio/voices': answerJson(list) }),
  });
}

const elsewhere = 'http://127.0.0.1:9/v1';

/** Speaks twice with SPEECH_BASE_URL alone, and returns the voices that the server was asked for. */
async function speakTwice(server: Awaited<ReturnType<typeof openVoices>>) {
  await using bot = await openBotDoors({
    CHAT_COMPLETION_BASE_URL: elsewhere,
    TRANSCRIPTION_BASE_URL: elsewhere,
    SPEECH_BASE_URL: `${server.origin}/v1`,
  });
  for (const text of ['Hello there.', 'Good morning.']) {
    const { samples, rateHz } = await collectSound(bot.synthesizer, text);
    expect(samples).toEqual(makeTone(text, rateHz, 20));
  }
  return server.asked.flatMap(({ body: { voice } }) => voice ?? []);
}

test('SPEECH_BASE_URL alone speaks in the first voice of the list, from the first sentence on', async () => {
  const refusal = { detail: "Voice 'alloy' is not available" };
  using server = await openVoices(['af_bella'], refusal, {
    voices: ['af_bella', 'am_adam'],
  });
  expect(await speakTwice(server)).toEqual(['af_bella', 'af_bella']);
});

test.each([
  ['value must be one of [Fritz-PlayAI, Aaliyah-PlayAI]', 'Fritz-PlayAI'],
  ["Voice 'alloy' not found. Available voices: af_bella, am_adam", 'af_bella'],
  ["Input should be 'tara', 'leah' or 'jess'", 'tara'],
  ['unknown voice; supported voices are: "Ana Maria", "Ben"', 'Ana Maria'],
  ['voice: must be one of [nova shimmer]', 'nova'],
  ['`voice` is invalid, choose from alloy, en-US-Ava', 'en-US-Ava'],
])(
  'a server without a list, that refuses alloy with %j, is asked for %s',
  async (message, voice) => {
    const refusal = { error: { message, param: 'voice' } };
    using server = await openVoices([voice], refusal);
    const requests = await speakTwice(server);
    expect([...new Set(requests)]).toEqual(['alloy', voice]);
    expect(requests.slice(-2)).toEqual([voice, voice]);
  },
);

test.each([
  'response_format must be one of [wav]',
  "Input should be 'wav' or 'flac'",
  'model: must be one of [orpheus]',
  'The voice is not available. Please see our documentation.',
])('no voice is taken from %j', async (message) => {
  using server = await openVoices(['af_bella'], { error: { message } });
  const pending = speakTwice(server);
  await expect(pending).rejects.toThrow('400');
  const voices = server.asked.flatMap(({ body: { voice } }) => voice ?? []);
  expect(new Set(voices)).toEqual(new Set(['alloy']));
});

test.each(Object.entries(earlierChats))(
  'of an answer with %s right words are heard, and a break is told',
  async (_, { makeAnswer, again, hears, ...expected }) => {
    await using bot = await openDialectBot(makeAnswer());
    const turn = { style: { instructions: 'Your name is Nova.', voice: {} } };
    await bot.exchange({ turn, hears, ...expected });
    if (again !== undefined) await bot.exchange({ turn, hears: again });
  },
);

const wavSettings = { SPEECH_FORMAT: 'wav' };
const utterance = 'Two of them.';

test.each(listRows(endlessSizes))(
  'a WAV file with the size %d goes on until its end',
  async (size) => {
    await using bot = await openDialectBot(makeEndless(size), wavSettings);
    await bot.exchange({ hears: 'Two of them. So.' });
  },
);

test('nothing is heard of what stands behind endless samples', async () => {
  const list = 'LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf61.7.100\0\0';
  await using bot = await openDialectBot(makeEndless(0xffffffff, list), wavSettings);
  await bot.exchange({ hears: 'Two of them. So.' });
});

test('a file for each sentence in one body is one sound', async () => {
  await using bot = await openDialectBot(makeFiles(), wavSettings);
  const whole = await collectSound(bot.synthesizer, `${utterance} And one.`);
  const lengths = [utterance, ' And one.'].map(
    (text) => makeTone(text, whole.rateHz).length,
  );
  expect(whole.samples).toHaveLength(lengths.reduce((sum, one) => sum + one, 0));
});

test.each(listRows(Object.entries(foreignFiles)))(
  '%s in the place of samples is a failure, and no noise',
  async (_, head) => {
    await using bot = await openDialectBot(makeForeign(head));
    await expect(collectSound(bot.synthesizer, utterance)).rejects.toBeInstanceOf(
      BotError,
    );
    expect((await bot.answer('hello')).parts.map(({ kind }) => kind)).not.toContain(
      'audio',
    );
  },
);

test('samples without a label have the rate of SPEECH_RATE_HZ', async () => {
  await using bot = await openDialectBot(makeUnlabelled(22_050), {
    SPEECH_RATE_HZ: '22050',
  });
  const pcm = await collectSound(bot.synthesizer, utterance);
  expect(pcm.rateHz).toBe(22_050);
  expectTone(pcm, utterance);
});

test.each(listRows(Object.entries(taggedTexts)))(
  '%s: tags and events of a recogniser are no words',
  async (_, text) => {
    await using bot = await openDialectBot(makeTagged(text));
    const spoken = speakWords('one two three');
    expect(await transcribeText(bot.transcriber, spoken.pcm)).toBe(spoken.text);
  },
);

test.each([
  ['Tom &amp; Jerry&#39;s :smile: day.', /&amp;|&#39;|:smile:/],
  ['It is $x^2$ [1] and \u30104:0\u2020source\u3011 so.', /\$|\[1\]|\u3010/],
  ['~~~\nconst a = 1;\n~~~\nThat is the code.', /~|const/],
])('what no voice can say is not read letter by letter: %s', async (text, mark) => {
  await using bot = await openDialectBot(makeWriter(text));
  await bot.answer('hello');
  const inputs = bot.server.listRequests('speech').map(({ body }) => `${body.input}`);
  expect(inputs.join(' ')).not.toMatch(mark);
  expect(inputs).not.toEqual([]);
});

test('an answer that was cut at its limit is spoken up to its last whole sentence', async () => {
  await using bot = await openDialectBot(makeCut('Earl Grey. It is a bla'));
  await bot.answer('hello');
  const inputs = bot.server.listRequests('speech').map(({ body }) => body.input);
  expect(inputs).toEqual(['Earl Grey.']);
  expect(bot.listHabits().join()).toContain('longest length');
});

test.each([
  '\u1019\u1004\u103a\u1039\u1002\u101c\u102c\u1015\u102b\u104b \u1000\u1031\u102c\u1004\u103a\u1038\u1010\u101a\u103a\u104b',
  '\u12a0\u12ce\u1362 \u1325\u1229 \u1290\u12cd\u1362',
])('sentences of scripts of their own are clauses of their own: %s', async (text) => {
  await using bot = await openDialectBot(makeWriter(text));
  await bot.answer('hello');
  const inputs = bot.server.listRequests('speech').map(({ body }) => body.input);
  expect(inputs).toEqual(text.split(/(?<=[\u104b\u1362]) /));
});
