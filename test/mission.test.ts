import { existsSync, readFileSync } from 'node:fs';
import { AudioResource, VoiceConnection } from '@discordjs/voice';
import { Client, REST } from 'discord.js';
import { OpenAI, toFile } from 'openai';
import { opus as prismOpus } from 'prism-media';
import { parse } from 'yaml';
import packageJson from '#package.json' with { type: 'json' };
import { openSandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import { formatText } from '#src/texts/texts.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { readBotEnvironment } from '#test/deploy/compose-files.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { retryUntilHeld, toneOf } from '#test/scenarios/setup/scenario-setup.ts';
import { openMockProviders } from './fakes/providers/mock-providers.ts';
import { findFreePort } from './fakes/servers/listening-server.ts';
import {
  declareAudioLines,
  declareChatLines,
  declareFieldLines,
  declareStreamLines,
  declareTranscriptLines,
  decodeFile,
  makeRecording,
} from './mission/audio-lines.ts';
import {
  askAloud,
  dice,
  expectWhole,
  type Mission,
  openMission,
  replies,
  said,
  sayings,
  thermometer,
  toInputAudio,
  translation,
  type UserContent,
  usualVoice,
  watchCalls,
} from './mission/mission-setup.ts';
import { openRunningBot, xchacha } from './mission/running-bot.ts';
import {
  declareErrorLines,
  declareSampleLines,
  declareSoundLines,
} from './mission/sound-lines.ts';
import {
  declareAllLines,
  declareQueueLines,
  declareSteeringLines,
  declareWaitLines,
} from './mission/track-lines.ts';

// What Parley is for, in the words of the user who asked for it: seven packages, a design card, and five systems whose
// points all work here. A change that breaks a line is wrong, however much code it saves. Each line is tried through doors of one
// bot, which runs in this process: by voice, by commands and over HTTP.

/** Calls of the packages' own methods in this process. */
const calls = {
  login: watchCalls(Client.prototype, 'login'),
  rest: watchCalls(REST.prototype, 'request'),
  frame: watchCalls(AudioResource.prototype, 'read'),
  packet: watchCalls(VoiceConnection.prototype, 'playOpusPacket'),
  openai: watchCalls(OpenAI.prototype, 'post'),
  webm: watchCalls(prismOpus.WebmDemuxer.prototype, '_transform'),
};

/** The first of these packages that loads: npm leaves out what a machine has no compiler or binary for. */
async function findFirst(name: string, otherwise: string) {
  return await import(name).then(
    () => name,
    () => otherwise,
  );
}

let mission: Mission;
beforeAll(async () => {
  mission = await openMission();
});
afterAll(async () => {
  await mission[Symbol.asyncDispose]();
  for (const watched of Object.values(calls)) watched[Symbol.dispose]();
});

/** One line of what was asked for. */
function proveLine(text: string, prove: (mission: Mission) => unknown) {
  test(text, async () => void (await prove(mission)));
}

// Packages: each is declared in package.json, and does in the running product what it is best at.

proveLine(
  'discord.js logs in, registers commands, and carries the answers to them',
  async (m) => {
    expect(packageJson.dependencies).toHaveProperty(['discord.js']);
    expect(calls.login.given).toContainEqual([m.sandbox.token]);
    await m.conversations.chained;
    const requests = calls.rest.given.map(([request]) =>
      Reflect.get(Object(request), 'fullRoute'),
    );
    for (const route of [
      /^\/applications\/\d+\/commands$/,
      /^\/interactions\/.*\/callback$/,
    ])
      expect(requests).toContainEqual(expect.stringMatching(route));
  },
);

proveLine(
  '@discordjs/voice joins, and encrypts each frame from end to end',
  async (m) => {
    expect(packageJson.dependencies).toHaveProperty('@discordjs/voice');
    const { heard } = await m.conversations.chained;
    expect(heard).toMatchObject({ openFrames: 0, ended: 'quiet' });
    expect(calls.packet.results).toContain(true);
  },
);

proveLine('@discordjs/opus codes the sound, where npm could build it', async (m) => {
  expect(packageJson.optionalDependencies).toHaveProperty('@discordjs/opus');
  await m.conversations.chained;
  expect(m.codec.name).toBe(await findFirst('@discordjs/opus', 'libopus-wasm'));
  expect(m.frames.encoded).toBeGreaterThan(50);
  expect(m.frames.decoded).toBeGreaterThan(50);
});

proveLine('openai asks the recogniser, the chat model and the voice', async (m) => {
  expect(packageJson.dependencies).toHaveProperty('openai');
  await m.conversations.chained;
  const paths = calls.openai.given.map(([path]) => path);
  for (const path of ['/audio/transcriptions', '/chat/completions', '/audio/speech'])
    expect(paths).toContain(path);
});

proveLine('sodium-native seals and opens packets, where it has a binary', async (m) => {
  expect(packageJson.optionalDependencies).toHaveProperty('sodium-native');
  const { heard } = await m.conversations.chained;
  await expectWhole(heard.pcm, toneOf([said.bridge.answer]));
  expect(new Set(m.ciphers)).toEqual(new Set([xchacha]));
  const served = await findFirst('sodium-native', '@noble/ciphers');
  const { about } = await m.conversations.examined;
  expect(about('ciphers')).toContain(`XChaCha20-Poly1305 by ${served}`);
});

proveLine('prism-media opens WebM, which plays on a track', async (m) => {
  expect(packageJson.dependencies).toHaveProperty('prism-media');
  const bytes = readClip('test/fixtures/sounds', 'tones.webm');
  // What the bot's process for files of strangers does, where its calls are seen.
  const decoder = new DecodeStream({ rateHz: 48_000, channels: 2 });
  const { samples } = await decoder.feedBytes(bytes, false);
  decoder.free();
  expect([calls.webm.given.length > 0, samples.length > 48_000 / 2]).toEqual([
    true,
    true,
  ]);
  const { person } = await m.conversations.dictated;
  const file = { name: 'tones.webm', type: 'video/webm', bytes };
  expect((await commandReply(person, 'track play', { file, track: 'film' })).text).toBe(
    formatText('track.playing', { title: 'tones', track: 'film' }),
  );
});

proveLine('vitest runs these tests', () => {
  expect(packageJson.devDependencies).toHaveProperty('vitest');
  expect(packageJson.scripts.test).toMatch(/^vitest run/);
  expect(expect.getState().testPath).toMatch(/mission\.test\.ts$/);
});

// The design card.

const topLevel =
  'src commands test deploy package.json tsconfig.json .env.example README.md';
proveLine(`top level: ${topLevel}`, () => {
  for (const name of topLevel.split(' '))
    expect(existsSync(new URL(`../${name}`, import.meta.url)), name).toBe(true);
});

proveLine('the bot joins voice channels', async (m) => {
  expect((await m.conversations.chained).guild.bot().channel).toBe('Lounge');
});

proveLine('it turns incoming user Opus streams into transcripts', async (m) => {
  await m.conversations.dictated;
  await retryUntilHeld(async () => {
    const transcript = await m.askProgram('/transcripts/last?format=txt');
    expect(transcript).toContain(`Cleo: ${said.morning.words}`);
  });
});

proveLine('it passes them through a chat-completions audio model', async (m) => {
  const { heard } = await m.conversations.audioModel;
  const [chat] = m.findChats(said.card.words);
  expect(chat?.body).toMatchObject({
    model: 'gpt-audio',
    modalities: ['text', 'audio'],
  });
  expect(JSON.stringify(chat?.body)).toContain('"input_audio"');
  await expectWhole(heard.pcm, toneOf([said.card.answer]));
});

proveLine('or the chained pipeline', async (m) => {
  const { heard } = await m.conversations.chained;
  const [chat] = m.findChats(said.bridge.words);
  expect(JSON.stringify(chat?.body)).not.toContain('"input_audio"');
  expect(m.voice.requests.map(({ input }) => input)).toContain(said.bridge.answer);
  await expectWhole(heard.pcm, toneOf([said.bridge.answer]));
});

proveLine('it streams the speech PCM back as an AudioResource', async (m) => {
  await m.conversations.chained;
  const read = new Set(calls.frame.results);
  const sent = calls.packet.given.map(([packet]) => packet);
  const silence = Buffer.from([0xf8, 0xff, 0xfe]);
  const sound = sent.filter((packet) => !silence.equals(packet as Buffer));
  expect(sound.length).toBeGreaterThan(25);
  expect(sound.every((packet) => read.has(packet))).toBe(true);
});

proveLine('people use it by slash commands', async (m) => {
  expect(
    (await commandReply((await m.conversations.chained).person, 'stats')).text,
  ).toContain('I usually answer within');
});

proveLine('by talking in a voice channel', async (m) => {
  const { heard, person } = await m.conversations.chained;
  expect(person.countVoicePackets().sentPackets).toBeGreaterThan(0);
  expect(getDurationMs(heard.pcm)).toBeGreaterThan(500);
});

proveLine('and as a process that they host', async ({ providers }) => {
  await using sandbox = await openSandbox({ voice: openSilentVoice().half });
  const port = await findFreePort();
  const servers = { OPENAI_BASE_URL: providers.baseUrl, OPENAI_API_KEY: 'sk-of-all' };
  const { token, apiUrl, certificate: ca } = sandbox;
  const environment = { ...servers, STATUS_PORT: `${port}` };
  await using hosted = await BotProcess.start({ token, apiUrl, ca }, environment);
  const { status } = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect([status, await hosted.stop(), hosted.complaints]).toEqual([200, 0, '']);
});

// pyminispeaker (named tracks from streams).

proveLine('play any stream of pieces of any size on a named track', async (m) => {
  await expectWhole((await m.conversations.streamed).pcm, m.sounds.sound);
});

proveLine(
  'sample rate and format matched, also without a label',
  async ({ openai }) => {
    const input = 'A tone of one pitch at any rate.';
    const expected = toneOf([input]);
    for (const model of ['pcm', 'wav', 'bare']) {
      const request = { model, input, voice: 'alloy', response_format: 'wav' } as const;
      const sound = await (await openai.audio.speech.create(request)).arrayBuffer();
      const pcm = readWav(Buffer.from(sound));
      expect(
        Math.abs(getDurationMs(pcm) - getDurationMs(expected)),
        model,
      ).toBeLessThan(20);
      await expectWhole(pcm, expected);
    }
  },
);

declareSampleLines(proveLine);
declareQueueLines(proveLine);
declareSoundLines(proveLine);
declareSteeringLines(proveLine);
declareAllLines(proveLine);
declareWaitLines(proveLine);

// "Streaming from Text-to-Speech API" (forum).

declareStreamLines(proveLine);

proveLine(
  'speech is heard before its last byte has arrived, in a voice channel',
  async (m) => {
    const { heard, releasedAtMs } = await m.conversations.chained;
    expect(heard.firstAudibleAtMs).toBeLessThan(releasedAtMs);
  },
);

proveLine('a proof of it that an operator can read', async (m) => {
  const { examined, examinedWhole } = m.conversations;
  expect((await examined).about('speak')).toMatch(
    /first sound after \d+ ms, last byte after \d+ ms: it streams$/,
  );
  expect((await examinedWhole).about('speak')).toMatch(
    /first sound after \d+ ms, last byte after \d+ ms: it does not stream$/,
  );
});

// speaches (chat completions with audio).

proveLine('CHAT_COMPLETION_BASE_URL, _MODEL, _API_KEY', async (m) => {
  await m.conversations.chained;
  const [chat] = m.findChats(said.bridge.words);
  expect([chat?.body?.model, chat?.authorization]).toEqual([
    'llama3.2:1',
    'Bearer sk-of-chat',
  ]);
  const others = m.providers.requests.filter(({ endpoint }) => endpoint !== 'chat');
  const keys = [...others, ...m.voice.requests].map((asked) => asked.authorization);
  expect(keys).not.toContain('Bearer sk-of-chat');
});

proveLine(
  'sound in is replaced by its words, the reply comes back as sound',
  async (m) => {
    const { words, answer } = said.morning;
    const question = 'Who is greeted there?';
    const content = [{ type: 'text', text: question } as const, toInputAudio(words)];
    const { choice, pcm } = await askAloud(m.openai, content);
    const message = { content: null, refusal: null, audio: { transcript: answer } };
    expect(choice).toMatchObject({ finish_reason: 'stop', message });
    expect(pcm).toEqual(toneOf([answer]));
    const askedText = JSON.stringify(m.findChats(question)[0]?.body);
    expect([askedText.includes(words), askedText.includes('input_audio')]).toEqual([
      true,
      false,
    ]);
  },
);

proveLine('transcription_model, speech_model', async (m) => {
  const transcription_model = 'Systran/faster-whisper-tiny.en';
  const speech_model = 'hexgrad/Kokoro-82M';
  await askAloud(m.openai, [toInputAudio(said.card.words)], {
    transcription_model,
    speech_model,
  });
  expect(m.providers.requests.map(({ body }) => body?.model)).toContain(
    transcription_model,
  );
  expect(m.voice.requests.map(({ model }) => model)).toContain(speech_model);
});

proveLine(
  'tools, with messages of role tool',
  async ({ findChats, openai, providers }) => {
    const { words, call, answer } = thermometer;
    const parameters = { type: 'object', properties: { room: { type: 'string' } } };
    const described = { name: call.name, description: 'Measures.', parameters };
    const tools = [{ type: 'function', function: described } as const];
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: words },
    ];
    const askForTool = () =>
      openai.chat.completions.create({
        model: 'chained',
        tools,
        messages,
        tool_choice: 'required',
      });
    const [first] = (await askForTool()).choices;
    const { message, finish_reason } = first ?? expect.fail();
    const [called] = message.tool_calls ?? [];
    expect([finish_reason, called]).toMatchObject([
      'tool_calls',
      { function: { name: call.name, arguments: call.argumentsJson } },
    ]);
    expect(findChats(words).at(-1)?.body).toMatchObject({
      tool_choice: 'required',
      tools,
    });
    const tool_call_id = called?.id ?? expect.fail();
    const result = { role: 'tool', tool_call_id, content: '21 degrees' } as const;
    messages.push(message, result);
    expect((await askForTool()).choices[0]?.message.content).toBe(answer);
    const { body: second } =
      providers.requests.findLast(({ text }) => text === answer) ?? {};
    expect(second?.messages).toMatchObject([
      { role: 'system' },
      messages[0],
      { role: 'assistant', tool_calls: [called] },
      result,
    ]);
  },
);

proveLine(
  'pictures, JSON, and fields of other servers that the operator allows',
  async (m) => {
    const text = 'What does the picture show?';
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    const content: UserContent = [
      { type: 'text', text },
      { type: 'image_url', image_url: { url, detail: 'low' } },
    ];
    const overrides = { response_format: { type: 'json_object' }, top_k: 40 };
    await askAloud(m.openai, content, overrides);
    const { body } = m.findChats(text)[0] ?? {};
    expect(body).toMatchObject(overrides);
    expect(body?.messages).toContainEqual({ role: 'user', content });
  },
);

declareChatLines(proveLine);
declareFieldLines(proveLine);

proveLine('n above 1 works', async (m) => {
  const messages = [{ role: 'user', content: dice.words } as const];
  const request = { model: 'chained', messages, n: 3 } as const;
  const { choices } = await m.openai.chat.completions.create(request);
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
  const answers = choices.map(({ message }) => message.content);
  // Each is an answer of its own, as in a stream.
  expect([...dice.thrown].sort()).toEqual(answers.toSorted());
  const stream = await m.openai.chat.completions.create({ ...request, stream: true });
  const streamed = ['', '', ''];
  for await (const { choices: parts } of stream)
    for (const { delta, index } of parts) streamed[index] += delta.content ?? '';
  expect(streamed.toSorted()).toEqual(dice.thrown.slice(3).sort());
});

proveLine('an earlier answer in sound is named by its id', async (m) => {
  const { bridge, card } = said;
  const question = { role: 'user', content: [toInputAudio(bridge.words)] };
  const { choice } = await askAloud(m.openai, '', { messages: [question] });
  const { id } = choice?.message.audio ?? expect.fail();
  const earlier = { role: 'assistant', audio: { id } };
  const next = { role: 'user', content: card.words };
  await askAloud(m.openai, '', { messages: [question, earlier, next] });
  const { messages } = m.findChats(card.words).at(-1)?.body ?? {};
  expect(messages).toContainEqual({ role: 'assistant', content: bridge.answer });
});

proveLine('earlier sound is not transcribed again', async (m) => {
  const { bridge, card } = said;
  const countTranscriptions = () =>
    m.providers.requests.filter(({ endpoint }) => endpoint === 'transcriptions').length;
  const first = { role: 'user', content: [toInputAudio(bridge.words)] };
  await askAloud(m.openai, '', { messages: [first] });
  const transcribedBefore = countTranscriptions();
  const earlier = { role: 'assistant', content: bridge.answer };
  const second = { role: 'user', content: [toInputAudio(card.words)] };
  await askAloud(m.openai, '', { messages: [first, earlier, second] });
  expect(countTranscriptions()).toBe(transcribedBefore + 1);
  const { messages } = m.findChats(card.words).at(-1)?.body ?? {};
  expect(messages).toEqual([
    expect.objectContaining({ role: 'system' }),
    { role: 'user', content: bridge.words },
    earlier,
    { role: 'user', content: card.words },
  ]);
});

// OpenAI's audio guide.

proveLine('Realtime (as a client)', async (m) => {
  const { heard } = await m.conversations.realtime;
  const items = m.providers.talk.calls.flatMap((call) => call.items);
  expect(items.map((item) => item.text)).toContain(said.hour.answer);
  const commands = m.providers.talk.calls.flatMap((call) => call.commands);
  const updates = JSON.stringify(commands.filter(({ type }) => /update/.test(type)));
  expect(updates).toMatch(/"instructions":"[^"]*spoken sentences/);
  expect(updates).toContain(`"voice":"${usualVoice}"`);
  expect(updates).toContain('"name":"time"');
  await expectWhole(heard.pcm, toneOf([said.hour.answer]));
});

proveLine('chat with audio in and out', async ({ openai, providers }) => {
  const { words, answer } = said.morning;
  const model = 'audio-model';
  const countAsked = () =>
    providers.requests.filter(({ body }) => body?.model === 'gpt-audio').length;
  const askedBefore = countAsked();
  const { transcript, pcm } = await askAloud(openai, [toInputAudio(words)], { model });
  expect([transcript, pcm.rateHz, pcm.channels]).toEqual([answer, 24_000, 1]);
  await expectWhole(pcm, toneOf([answer]));
  expect(countAsked()).toBe(askedBefore + 1);
});

proveLine('speech with tone', async ({ openai, voice }) => {
  const tone = { voice: 'coral', instructions: 'Whisper, as in a library.' };
  const input = 'The book is on the third shelf.';
  const request = { model: 'pcm', input, response_format: 'wav', ...tone } as const;
  const sound = readWav(
    Buffer.from(await (await openai.audio.speech.create(request)).arrayBuffer()),
  );
  expect(sound).toEqual(toneOf([input]));
  // OpenAI's samples name no format, and get MP3.
  const { response_format: _, ...unnamed } = request;
  const answer = await openai.audio.speech.create(unnamed);
  expect(answer.headers.get('content-type')).toBe('audio/mpeg');
  const heard = await decodeFile(new Uint8Array(await answer.arrayBuffer()));
  await expectWhole(heard, toneOf([input]));
  expect(voice.requests).toContainEqual(expect.objectContaining({ input, ...tone }));
});

declareAudioLines(proveLine);
declareTranscriptLines(proveLine);

proveLine('translation', async ({ openai }) => {
  const file = await toFile(makeRecording(0), 'meeting.wav');
  const { text: english } = await openai.audio.translations.create({
    model: 'whisper',
    file,
  });
  expect(english).toBe(`${translation} ${translation}`);
});

proveLine('function calling', async (m) => {
  await m.conversations.realtime;
  const results = m.providers.talk.calls
    .flatMap(({ commands }) => commands)
    .filter((event) => JSON.stringify(event).includes('function_call_output'));
  expect(results).toHaveLength(1);
  expect(JSON.stringify(results)).toContain('now');
  const items = m.providers.talk.calls.flatMap((call) => call.items);
  const ids = items.flatMap(({ callId, type }) =>
    callId ? [`${type} ${callId}`] : [],
  );
  expect(ids).toEqual(['function_call call_1', 'function_call_output call_1']);
});

proveLine('a page that says which API to choose', () => {
  const page = readFileSync(new URL('../docs/pipelines.md', import.meta.url), 'utf8');
  for (const choice of ['chained', 'audio-model', 'realtime'])
    expect(page).toMatch(new RegExp(`^- \\*\\*\`${choice}\``, 'm'));
});

// LiteLLM audio.

proveLine('config.yaml, aliases, virtual keys, audio in and out', async () => {
  const key = 'sk-virtual';
  await using providers = await openMockProviders({
    ...sayings.providers,
    replies,
    key,
  });
  await using own = await openRunningBot({
    ...(await readBotEnvironment('compose.proxy.yaml')),
    OPENAI_BASE_URL: providers.baseUrl,
    OPENAI_API_KEY: key,
  });
  const { words, answer } = said.morning;
  for (const model of ['chained', 'audio-model']) {
    const { transcript } = await askAloud(own.openai, [toInputAudio(words)], { model });
    expect(transcript).toBe(answer);
  }
  const profile = new URL('../deploy/litellm/config.yaml', import.meta.url);
  const {
    model_list,
  }: { readonly model_list: readonly { readonly model_name: string }[] } = parse(
    readFileSync(profile, 'utf8'),
  );
  const requests = providers.requests.map(({ authorization, body }) => [
    authorization,
    body?.model,
  ]);
  // The voice reads aloud over a WebSocket, whose address names the model.
  const connected = providers.talk.calls.map(({ authorization, url }) => [
    authorization,
    new URL(url, providers.origin).searchParams.get('model'),
  ]);
  const aliases = model_list.map(({ model_name }) => `Bearer ${key},${model_name}`);
  expect(new Set([...requests, ...connected].map(String))).toEqual(new Set(aliases));
});

// The forum's errors. They come last, since a server that failed several times rests.

declareErrorLines(proveLine);
