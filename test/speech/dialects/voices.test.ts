import { joinSamples } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import { drainAnswer, joinTexts } from '#test/contracts/pipeline-contract.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
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

test.each(Object.entries(pickyVoices))(
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

test.each(Object.entries(lengthRefusals))(
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

test.each(Object.entries(packedVoices))(
  '%s: packed sound is unpacked and heard',
  async (_, make) => {
    await using bot = await openVoice(make());
    await bot.exchange({ hears: voiceText });
    await bot.say('Another one.');
  },
);

test.each(Object.entries(rateLabels))(
  'the rate of bare samples is read from %s',
  async (_, headers) => {
    await using bot = await openVoice(makeLabelled(headers));
    expect(await bot.say(voiceText)).toBe(labelledRateHz);
  },
);

test.each(Object.entries(soundlessBodies))(
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

test.each(Object.entries(voiceLists))(
  'without SPEECH_VOICE the first of the list speaks: %s',
  async (_, list) => {
    await using bot = await openVoice(makeListing(list));
    await bot.exchange({ hears: voiceText });
    await bot.say('Another one.');
    expect(bot.listRequests().at(-1)?.body.voice).toBe('af_bella');
  },
);
