import type { OpenAI } from 'openai';
import { expect } from 'vitest';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { measureLevelDb, type Pcm, toMono } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { runExamination } from '#test/doctor/run-examination.ts';
import { openMockProviders, usualPace } from '#test/fakes/providers/mock-providers.ts';
import type { ProviderPace } from '#test/fakes/providers/mock-settings.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { hearWords } from '#test/fakes/tone-words.ts';
import { openToneServer } from '#test/mission/heard-tones.ts';
import { openRunningBot } from '#test/mission/running-bot.ts';
import { openSpeechServer, rawRateHz } from '#test/mission/speech-server.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { createSayings } from '#test/scenarios/setup/captioning.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import { viewOf } from '#test/scenarios/setup/sandbox-view.ts';
import {
  callIn,
  expireSoon,
  hearAnswer,
  retryUntilHeld,
  startOfSpeech,
  toneOf,
  waitForSpeech,
} from '#test/scenarios/setup/scenario-setup.ts';
import { shareOwnTime } from '#test/scenarios/setup/shared-time.ts';

export type Mission = Awaited<ReturnType<typeof openMission>>;

/** Words that people say, each with the answer to it. */
export const said = {
  bridge: {
    words: 'Nova what is the tallest bridge',
    answer: 'The one they slowly built at Millau.',
  },
  card: { words: 'Nova pick a card', answer: 'The queen of hearts.' },
  morning: { words: 'guten morgen zusammen', answer: 'Somebody greets everybody.' },
  hour: { words: 'Nova what time is it', answer: 'It is late.' },
  weather: { words: 'it will rain tomorrow', answer: 'Somebody expects rain.' },
} as const;

export type DictatedWords = (typeof said)[keyof typeof said]['words'];

/** The third recording holds a pause, in which the bot may answer its half: nobody says it. */
const unsaid = 'Nova listen';

export const sayings = createSayings<DictatedWords | typeof unsaid>([
  said.bridge.words,
  said.card.words,
  unsaid,
  said.morning.words,
  said.hour.words,
  said.weather.words,
]);

/** A written question whose answer is held back at its half. */
export const story = {
  words: 'tell me a long story',
  answer: 'A story that is slowly told.',
} as const;

/** The bot's own voice, which nobody asks for. */
export const usualVoice = 'sage';

export const translation = 'Good morning everybody.';

/** A question that the chat model answers by a tool of the program, and its answer to the tool's result. */
export const thermometer = {
  words: 'how warm is the kitchen',
  call: { name: 'thermometer', argumentsJson: '{"room":"kitchen"}' },
  answer: 'It is warm there.',
} as const;

/** A written question that the chat model answers otherwise each time. */
export const dice = { words: 'throw a dice', thrown: [] as string[] };

/** Replies of the chat model; it asks for the time by a tool. */
export const replies = [
  {
    match: '<lines>',
    reply: (asked: string) =>
      (asked.match(/\[\d+\]/g) ?? [])
        .map((mark) => `${mark} ${translation}`)
        .join('\n'),
  },
  {
    match: dice.words,
    reply() {
      const answer = `It is throw ${dice.thrown.length}.`;
      dice.thrown.push(answer);
      return answer;
    },
  },
  { match: '21 degrees', text: thermometer.answer },
  { match: thermometer.words, call: thermometer.call },
  { match: story.words, text: story.answer },
  { match: '"now"', text: said.hour.answer },
  { match: said.hour.words, call: { name: 'time', argumentsJson: '{}' } },
  ...Object.values(said).map(({ words, answer }) => ({ match: words, text: answer })),
];

type ShownTrack = { readonly name: string; readonly [field: string]: unknown };

/** The bot with servers of our own, and people who talk with it in each of its ways at the same time. */
export async function openMission() {
  await using stack = new AsyncDisposableStack();
  stack.use(shareOwnTime());
  const voice = stack.use(await openSpeechServer());
  const sounds = stack.use(await openSoundServer());
  const tones = stack.use(await openToneServer());
  const heldWords = new Map<string, PromiseWithResolvers<void>>();
  const providers = stack.use(
    await openMockProviders({
      ...sayings.providers,
      replies,
      holdWords: (text) => heldWords.get(text)?.promise,
    }),
  );
  const bot = await openRunningBot({
    // The seed's own address has no /v1.
    CHAT_COMPLETION_BASE_URL: providers.origin,
    CHAT_COMPLETION_MODEL: 'llama3.2:1',
    CHAT_COMPLETION_API_KEY: 'sk-of-chat',
    TRANSCRIPTION_BASE_URL: providers.baseUrl,
    TRANSCRIPTION_MODEL: 'whisper,Systran/faster-whisper-tiny.en',
    SPEECH_BASE_URL: voice.baseUrl,
    SPEECH_MODEL: 'pcm,bare,wav,mp3,opus,flac,hexgrad/Kokoro-82M',
    SPEECH_RATE_HZ: `${rawRateHz}`,
    SPEECH_VOICE: usualVoice,
    AUDIO_MODEL_NAME: 'gpt-audio',
    REALTIME_BASE_URL: providers.baseUrl.replace('http', 'ws'),
    TRACK_ALLOWED_HOSTS: [sounds, tones]
      .map(({ origin }) => new URL(origin).host)
      .join(),
    API_EXTRA_FIELDS: 'top_k',
  });
  stack.use(bot);
  const { sandbox } = bot;
  /** Somebody calls the bot in a server of their own, or in this one. */
  const openRoom = async (name: string, guild = sandbox.addGuild()) => {
    const view = viewOf(sandbox, [guild]);
    const person = await callIn({ sandbox: view, providers, uttered: [] }, name);
    return { sandbox: view, guild, person };
  };
  /** Somebody asks the bot in their voice channel, and hears the answer. */
  const converseWith = async (
    name: string,
    pipeline: PipelineName,
    saying: keyof typeof said,
  ) => {
    const room = await openRoom(name);
    const { person, guild } = room;
    const { words, answer } = said[saying];
    const olga = guild.person('Olga');
    await commandReply(olga, 'settings set', { key: 'pipeline', value: pipeline });
    const { firstPacketAtMs } = await person.say(sayings.getSound(words), expireSoon());
    await retryUntilHeld(() =>
      expect(startOfSpeech(person, firstPacketAtMs)).toBeDefined(),
    );
    const releasedAtMs = realClock.nowMs();
    voice.releaseText(answer);
    return { ...room, releasedAtMs, heard: await hearAnswer(person, firstPacketAtMs) };
  };
  /** Somebody speaks where captions are on. */
  const dictateWords = async (name: string, words: DictatedWords) => {
    const room = await openRoom(name, sandbox.guild());
    await commandReply(room.person, 'captions on');
    const { firstPacketAtMs } = await room.person.say(
      sayings.getSound(words),
      expireSoon(),
    );
    // Tracks are soft under the answer.
    await hearAnswer(room.person, firstPacketAtMs);
    return room;
  };
  /** Somebody plays a sound of which a server sends the second half once the first is heard. */
  const streamSound = async (name: string) => {
    const { person } = await openRoom(name);
    const sinceMs = realClock.nowMs();
    const sound = `${sounds.origin}/speech.wav`;
    await commandReply(person, 'track play', { sound, track: 'A speech of my own' });
    await waitForSpeech(person);
    sounds.releaseSound();
    return await person.listen(
      { sinceMs, quietMs: 500, timeoutMs: 20_000 },
      expireSoon(),
    );
  };
  const conversations = {
    chained: converseWith('Adam', 'chained', 'bridge'),
    audioModel: converseWith('Ben', 'audio-model', 'card'),
    realtime: converseWith('Eve', 'realtime', 'hour'),
    streamed: streamSound('Dora'),
    examined: runDoctor(),
    /** Of a voice that is sent once it is whole. */
    examinedWhole: runDoctor({ firstSoundMs: 1_500, soundSpeed: 10_000 }),
    /** In the server of which a program has a token. */
    dictated: dictateWords('Cleo', said.morning.words),
  };
  // Each test waits for the one that it is about.
  void Promise.allSettled(Object.values(conversations));
  const closing = stack.move();
  return {
    ...{ ...bot, providers, voice, sounds, tones, openRoom, conversations },
    /** Requests to the chat server whose newest message holds these words. */
    findChats: (text: string) =>
      providers.requests.filter(({ asked }) => asked?.includes(text)),
    /** Has the recogniser keep these words back until the function that it returns is called. */
    holdWords(words: DictatedWords) {
      const holding = Promise.withResolvers<void>();
      heldWords.set(words, holding);
      return () => holding.resolve();
    },
    async findTrack(name: string) {
      const shown: { readonly tracks: readonly ShownTrack[] } = JSON.parse(
        await bot.askProgram('/tracks'),
      );
      return shown.tracks.find((track) => track.name === name);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Runs the doctor over a server that speaks and writes at a usual pace. */
async function runDoctor(pace: Partial<ProviderPace> = {}) {
  await using paced = await openMockProviders({
    hears: hearWords,
    pace: { ...usualPace, ...pace },
  });
  return await runExamination([], makeRemoteSettings(paced));
}

/** Starts a server of one WAV file, in pieces of many sizes: its second half is sent after `release`. */
async function openSoundServer() {
  const hearing = Promise.withResolvers<void>();
  const sound = toneOf(['A sound that comes in pieces of many sizes.']);
  const bytes = writeWav(sound);
  const served = await openListeningServer(async (_, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' });
    for (
      let at = 0, size = 1;
      at < bytes.length;
      at += size, size = (size * 7) % 1_009
    ) {
      if (at > bytes.length / 2) await hearing.promise;
      response.write(bytes.subarray(at, at + size));
    }
    response.end();
  });
  return { ...served, sound, releaseSound: () => hearing.resolve() };
}

/** Quieter sound is silence. */
const minLoudDb = -50;
/** Time, in ms, by which a sound may be shorter: edges fade, and its last frame is not full. */
const maxMissingMs = 60;

/** Compares a sound with the one that was sent, of which nothing may be missing. */
export async function expectWhole(heard: Pcm, expected: Pcm) {
  await expectAlike(heard, expected);
  const missingMs = measureLoudMs(expected) - measureLoudMs(heard);
  expect(missingMs, 'ms that are missing').toBeLessThan(maxMissingMs);
}

function measureLoudMs(pcm: Pcm) {
  const { rateHz, samples } = toMono(pcm);
  const length = rateHz / 100;
  const isLoud = (_: unknown, n: number) =>
    measureLevelDb(samples.subarray(n * length, (n + 1) * length)) > minLoudDb;
  return (
    10 * Array.from({ length: samples.length / length }, isLoud).filter(Boolean).length
  );
}

export type UserContent = OpenAI.ChatCompletionUserMessageParam['content'];

/** Asks for one answer in sound, as OpenAI's guide does. `more` may hold fields of other servers, or another model. */
export async function askAloud(
  { chat }: OpenAI,
  content: UserContent,
  overrides: object = {},
) {
  const { choices } = await chat.completions.create({
    model: 'gpt-audio',
    modalities: ['text', 'audio'],
    audio: { voice: 'alloy', format: 'wav' },
    messages: [{ role: 'user', content }],
    store: true,
    ...overrides,
  });
  const [choice] = choices;
  const { transcript, data } = choice?.message.audio ?? {};
  return { choice, transcript, pcm: readWav(Buffer.from(data ?? '', 'base64')) };
}

function makeWav(words: DictatedWords) {
  return writeWav(sayings.getSound(words));
}

export function toInputAudio(words: DictatedWords) {
  const data = makeWav(words).toString('base64');
  return { type: 'input_audio', input_audio: { data, format: 'wav' } } as const;
}

export type WatchedCalls = Disposable & {
  /** Arguments of each call. */
  readonly given: readonly (readonly unknown[])[];
  /** Result of each call. */
  readonly results: readonly unknown[];
};

/** Notes each call of a method of a package; the method does its work as always. */
export function watchCalls(owner: object, name: string): WatchedCalls {
  const given: unknown[][] = [];
  const results: unknown[] = [];
  const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
  Object.assign(owner, {
    [name](this: unknown, ...args: unknown[]) {
      given.push(args);
      const result = original.apply(this, args);
      results.push(result);
      return result;
    },
  });
  return {
    given,
    results,
    [Symbol.dispose]: () => void Object.assign(owner, { [name]: original }),
  };
}
