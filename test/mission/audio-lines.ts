import { OpenAI, toFile } from 'openai';
import { expect } from 'vitest';
import {
  SoundEncoders,
  type SoundFormat,
  soundFormats,
} from '#src/audio/encode/sound-encoders.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import {
  askAloud,
  expectWhole,
  said,
  sayings,
  story,
  thermometer,
} from '#test/mission/mission-setup.ts';
import { pageOrigin } from '#test/mission/running-bot.ts';
import type { Line } from '#test/mission/track-lines.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  expireSoon,
  retryUntilHeld,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const types = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};
/** Time, in ms, in which the first half has to come while the second one is held back. */
const streamMs = 20_000;
/** Silence between two utterances of a recording. */
const pauseMs = 2_000;

/** Declares a line for each format, by the sound that a program has before the voice has sent all of its own. */
export function declareStreamLines(line: Line): void {
  for (const format of soundFormats)
    line(
      `speech is heard before its last byte has arrived, in ${format}`,
      async (m) => {
        const input = `A sentence of some length that is spoken slowly in ${format}.`;
        // FLAC is cut into frames where the next one begins, here twice: the first half has too few.
        const response_format = format === 'flac' ? 'pcm' : format;
        const response = await m.openai.audio.speech.create(
          { model: format, input, voice: 'alloy', response_format },
          { signal: expireSoon(streamMs) },
        );
        const decoder = openDecoder(response_format);
        let heardMs = 0;
        for await (const piece of response.body ?? []) {
          heardMs += getDurationMs(await decodePiece(decoder, piece, false));
          // Without sound in the first pieces there is no second half.
          if (heardMs > 0) m.voice.releaseText(input);
        }
        const last = await decodePiece(decoder, Buffer.alloc(0), true);
        decoder.free();
        expect(heardMs + getDurationMs(last)).toBeGreaterThan(700);
      },
    );
}

/** Declares the lines about speech and transcription, each by what a program receives. */
export function declareAudioLines(line: Line): void {
  line('speech as mp3, opus, flac, wav and pcm, each with its type', async (m) => {
    for (const response_format of soundFormats) {
      const input = 'One. Two are two. Three of them are more than those.';
      const request = { model: 'pcm', input, voice: 'alloy', response_format } as const;
      const response = await m.openai.audio.speech.create(request);
      expect(response.headers.get('content-type')).toBe(types[response_format]);
      const bytes = Buffer.from(await response.arrayBuffer());
      const heard =
        response_format === 'pcm' ? readSamples(bytes) : await decodeFile(bytes);
      const spoken = m.voice.requests.map((asked) => asked.input).slice(-3);
      const texts = spoken.slice(
        spoken.findLastIndex((text) => text.startsWith('One')),
      );
      expect(texts.join(' ')).toBe(input);
      const expected = toneOf(texts);
      expect(
        getDurationMs(heard) - getDurationMs(expected),
        response_format,
      ).toBeLessThan(100);
      await expectWhole(heard, expected);
    }
  });

  line(
    'speech for a page in a browser, if the operator names its address',
    async (m) => {
      const path = '/audio/speech';
      const asked = { model: 'pcm', input: 'Said in a page.', voice: 'alloy' };
      const askForAudio = (origin: string) =>
        m.request(path, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/json' },
          body: JSON.stringify(asked),
        });
      const preflight = await m.request(path, {
        method: 'OPTIONS',
        headers: {
          origin: pageOrigin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(preflight.ok).toBe(true);
      expect(preflight.headers.get('access-control-allow-headers')).toMatch(
        /authorization,\s*content-type/i,
      );
      const answer = await askForAudio(pageOrigin);
      expect(answer.headers.get('access-control-allow-origin')).toBe(pageOrigin);
      const heard = await decodeFile(new Uint8Array(await answer.arrayBuffer()));
      await expectWhole(heard, toneOf([asked.input]));
      const other = await askForAudio('https://other.example');
      expect([other.status, other.headers.has('access-control-allow-origin')]).toEqual([
        403,
        false,
      ]);
    },
  );

  line('speech at its speed, and as events', async (m) => {
    const input = 'A sentence that can be said at any speed.';
    const request = {
      model: 'pcm',
      input,
      voice: 'alloy',
      response_format: 'pcm',
    } as const;
    const usual = getDurationMs(toneOf([input]));
    for (const speed of [0.5, 1, 2]) {
      const response = await m.openai.audio.speech.create({ ...request, speed });
      const heard = readSamples(Buffer.from(await response.arrayBuffer()));
      expect((getDurationMs(heard) * speed) / usual, `${speed}`).toBeCloseTo(1, 1);
    }
    const answer = await m.openai.audio.speech.create({
      ...request,
      stream_format: 'sse',
    });
    const events = (await answer.text())
      .trimEnd()
      .split('\n\n')
      .map((event) => JSON.parse(event.replace(/^data: /, '')) as SpeechEvent);
    const pieces = events.flatMap(({ audio }) =>
      audio ? [Buffer.from(audio, 'base64')] : [],
    );
    expect(readSamples(Buffer.concat(pieces))).toEqual(toneOf([input]));
    expect(events.at(-1)).toMatchObject({
      type: 'speech.audio.done',
      usage: expect.anything(),
    });
  });

  line(
    'transcription with streaming, the words of an utterance before the next one is recognised',
    async (m) => {
      await m.conversations.audioModel;
      const { card, morning } = said;
      const releaseWords = m.holdWords(card.words);
      const file = await toFile(makeRecording(), 'meeting.wav');
      const events: OpenAI.Audio.TranscriptionStreamEvent[] = [];
      const stream = await m.openai.audio.transcriptions.create(
        { model: 'whisper', file, stream: true },
        { signal: expireSoon(streamMs) },
      );
      for await (const event of stream) {
        events.push(event);
        releaseWords();
      }
      const text = `${morning.words} ${card.words}`;
      expect(events).toMatchObject([
        { type: 'transcript.text.delta', delta: morning.words },
        { type: 'transcript.text.delta', delta: ` ${card.words}` },
        { type: 'transcript.text.done', text },
      ]);
    },
  );
}

/** Declares the lines about formats and speakers of transcripts. */
export function declareTranscriptLines(line: Line): void {
  line('transcription in each format, with its language and hints', async (m) => {
    const { card, morning } = said;
    const recording = makeRecording();
    const askForAudio = async (response_format: string, model = 'whisper') => {
      const form = new FormData();
      const fields = {
        model,
        language: 'de',
        prompt: 'Zugspitze',
        response_format,
      };
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new File([recording], 'meeting.wav'));
      const response = await m.request('/audio/transcriptions', {
        method: 'POST',
        body: form,
      });
      expect(response.status).toBe(200);
      return await response.text();
    };
    const text = `${morning.words} ${card.words}`;
    expect(await askForAudio('text')).toBe(`${text}\n`);
    const findAsked = () =>
      m.providers.requests.findLast(({ endpoint }) => endpoint === 'transcriptions')
        ?.body;
    expect(findAsked()).toMatchObject({
      model: 'whisper',
      language: 'de',
      prompt: expect.stringContaining('Zugspitze'),
    });
    expect(JSON.parse(await askForAudio('json'))).toMatchObject({ text });
    const verbose = JSON.parse(await askForAudio('verbose_json')) as Verbose;
    const [first, second] = verbose.segments;
    expect(verbose).toMatchObject({ text, language: 'german' });
    expect([first?.text, second?.text]).toEqual([morning.words, card.words]);
    const firstMs = getDurationMs(sayings.getSound(morning.words));
    expect(1_000 * (first?.end ?? 0)).toBeLessThan(firstMs + pauseMs / 2);
    expect(1_000 * (second?.start ?? 0)).toBeGreaterThan(firstMs + pauseMs / 2);
    expect(verbose.duration).toBeCloseTo(getDurationMs(joinUtterances()) / 1_000, 1);
    const otherModel = 'Systran/faster-whisper-tiny.en';
    const subtitles = {
      vtt: await askForAudio('vtt'),
      srt: await askForAudio('srt', otherModel),
    };
    expect(findAsked()).toMatchObject({
      model: otherModel,
      hotwords: expect.stringContaining('Zugspitze'),
    });
    const [srt, vtt] = [',', '.'].map((mark) =>
      verbose.segments.map(
        (segment) =>
          `${[segment.start, segment.end].map((at) => formatCue(at, mark)).join(' --> ')}\n${segment.text}\n`,
      ),
    );
    expect(subtitles.srt).toBe(srt?.map((cue, n) => `${n + 1}\n${cue}`).join('\n'));
    expect(subtitles.vtt).toBe(['WEBVTT\n', ...(vtt ?? [])].join('\n'));
  });

  line('two people who speak at once are two speakers', async (m) => {
    const { person } = await m.conversations.dictated;
    const dan = m.sandbox.guild().person('Dan');
    await dan.join('Lounge', expireSoon());
    await commandReply(dan, 'privacy allow');
    const { morning, weather } = said;
    await Promise.all([
      person.say(sayings.getSound(morning.words), expireSoon()),
      dan.say(sayings.getSound(weather.words), expireSoon()),
    ]);
    await retryUntilHeld(async () => {
      const answer = await m.askProgram('/transcripts/last?format=diarized_json');
      const { segments } = JSON.parse(answer) as {
        readonly segments: readonly {
          readonly speaker: string;
          readonly text: string;
          readonly start: number;
          readonly end: number;
        }[];
      };
      const lastOf = (name: string) =>
        segments.findLast(({ speaker }) => speaker === name);
      const [cleo, other] = [lastOf('Cleo'), lastOf('Dan')];
      expect([cleo?.text, other?.text]).toEqual([morning.words, weather.words]);
      // Each has the time of its own: they overlap.
      expect(cleo?.start).toBeLessThan(other?.end ?? 0);
      expect(other?.start).toBeLessThan(cleo?.end ?? 0);
    });
    await dan.leave();
  });
}

type SpeechEvent = { readonly type: string; readonly audio?: string };

type Verbose = {
  readonly duration: number;
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
};

/** Two utterances with a pause between them. */
function joinUtterances(endMs = pauseMs): Pcm {
  const [first, second] = [said.morning, said.card].map(({ words }) =>
    sayings.getSound(words),
  );
  const pause = new Int16Array(16 * pauseMs);
  const samples = joinSamples([
    first?.samples ?? pause,
    pause,
    second?.samples ?? pause,
    pause.subarray(0, 16 * endMs),
  ]);
  return { samples, rateHz: 16_000, channels: 1 };
}

/** Writes seconds as subtitles do: 00:00:01,234. */
function formatCue(seconds: number, mark: string) {
  const time = new Date(Math.round(1_000 * seconds)).toISOString().slice(11, 23);
  return time.replace('.', mark);
}

/** Writes both utterances as a file, which ends with a pause, or with the last word. */
export function makeRecording(endMs = pauseMs) {
  return writeWav(joinUtterances(endMs));
}

/** Decodes a file as the bot plays it. */
export async function decodeFile(bytes: Uint8Array): Promise<Pcm> {
  const decoder = openDecoder();
  const pcm = await decodePiece(decoder, bytes, true);
  decoder.free();
  return pcm;
}

function openDecoder(format?: SoundFormat) {
  const rawLabel = format === 'pcm' ? { rateHz: 24_000 } : undefined;
  return new DecodeStream({ rateHz: 24_000, channels: 1, rawLabel });
}

async function decodePiece(decoder: DecodeStream, bytes: Uint8Array, isLast: boolean) {
  const pieces: Int16Array[] = [];
  let fed: { readonly hasMore: boolean } = { hasMore: true };
  for (let unfed = bytes; fed.hasMore; unfed = Buffer.alloc(0)) {
    const { samples, ...result } = await decoder.feedBytes(unfed, isLast);
    pieces.push(samples);
    fed = result;
  }
  return { samples: joinSamples(pieces), rateHz: 24_000, channels: 1 } as const;
}

/** Reads samples of 16 bits, as OpenAI sends them. */
function readSamples(bytes: Buffer): Pcm {
  const samples = new Int16Array(new Uint8Array(bytes).buffer);
  return { samples, rateHz: 24_000, channels: 1 };
}

/** Declares the lines about chat completions, each by what a program receives. */
export function declareChatLines(line: Line): void {
  line('streaming of words and sound, before the answer is whole', async (m) => {
    const { answer, words } = story;
    const stream = await m.openai.chat.completions.create(
      {
        model: 'gpt-audio',
        modalities: ['text', 'audio'],
        audio: { voice: 'alloy', format: 'pcm16' },
        messages: [{ role: 'user', content: words }],
        stream: true,
        stream_options: { include_usage: true },
      },
      { signal: expireSoon(streamMs) },
    );
    const chunks: Chunk[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk as Chunk);
      if (listAudio(chunks).some(({ data }) => data)) m.voice.releaseText(answer);
    }
    const audio = listAudio(chunks);
    expect(audio.map(({ transcript = '' }) => transcript).join('')).toBe(answer);
    const data = audio.map(({ data: piece = '' }) => Buffer.from(piece, 'base64'));
    expect(readSamples(Buffer.concat(data))).toEqual(toneOf([answer]));
    expect(audio.at(-1)?.expires_at).toBeGreaterThan(realClock.wallMs() / 1_000);
    expect(new Set(audio.map(({ id }) => id)).size).toBe(1);
    expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: 'assistant' });
    const ends = chunks.flatMap(({ choices }) =>
      choices.map(({ finish_reason }) => finish_reason),
    );
    expect(ends.filter(Boolean)).toEqual(['stop']);
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
    const [{ id } = {}] = audio;
    const earlier = { role: 'assistant', audio: { id } };
    const next = { role: 'user', content: said.card.words };
    await askAloud(m.openai, '', { messages: [earlier, next] });
    const { messages } = m.findChats(said.card.words).at(-1)?.body ?? {};
    expect(messages).toContainEqual({ role: 'assistant', content: answer });
  });

  line('streaming of text and of calls of tools', async (m) => {
    const { call } = thermometer;
    const askForAudio = async (content: string, overrides: object = {}) => {
      const stream = await m.openai.chat.completions.create({
        model: 'chained',
        messages: [{ role: 'user', content }],
        stream: true,
        ...overrides,
      });
      return (await Array.fromAsync(stream)).flatMap(({ choices }) => choices);
    };
    const told = await askForAudio(said.bridge.words);
    const pieces = told.flatMap(({ delta }) => (delta.content ? [delta.content] : []));
    expect([pieces.length > 1, pieces.join('')]).toEqual([true, said.bridge.answer]);
    const tools = [{ type: 'function', function: { name: call.name } }];
    const called = await askForAudio(thermometer.words, { tools });
    expect(called.flatMap(({ delta }) => delta.tool_calls ?? [])).toMatchObject([
      { index: 0, function: { name: call.name, arguments: call.argumentsJson } },
    ]);
    expect(called.at(-1)).toMatchObject({ finish_reason: 'tool_calls' });
    const response = await m.request('/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'chained',
        messages: [{ role: 'user', content: said.bridge.words }],
        stream: true,
      }),
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect((await response.text()).endsWith('data: [DONE]\n\n')).toBe(true);
  });
}

const schema = { type: 'object', properties: { word: { type: 'string' } } };
/** What OpenAI publishes for its endpoint and a server gets as it is. */
const fields = {
  temperature: 0.3,
  top_p: 0.9,
  seed: 7,
  stop: ['END'],
  max_completion_tokens: 77,
  presence_penalty: 0.1,
  frequency_penalty: 0.2,
  logit_bias: { '50256': -100 },
  reasoning_effort: 'low' as const,
  verbosity: 'low' as const,
  prompt_cache_key: 'words',
  parallel_tool_calls: false,
  tool_choice: 'none' as const,
  tools: [
    {
      type: 'function' as const,
      function: {
        name: 'look',
        description: 'Looks a word up.',
        parameters: schema,
        strict: true,
      },
    },
  ],
  response_format: {
    type: 'json_schema' as const,
    json_schema: { name: 'word', description: 'A word.', schema, strict: true },
  },
};

/** Declares the lines about formats, fields and refusals of chat completions. */
export function declareFieldLines(line: Line): void {
  line('sound in as mp3, sound out as wav, mp3, opus, flac and pcm16', async (m) => {
    const encoder = new SoundEncoders(await loadOpus()).open('mp3');
    const { samples } = resamplePcm(sayings.getSound(said.morning.words), 24_000);
    const pieces = [await encoder.push(samples), await encoder.end()];
    const data = Buffer.concat(pieces).toString('base64');
    const sound = {
      type: 'input_audio',
      input_audio: { data, format: 'mp3' },
    } as const;
    for (const format of ['wav', 'mp3', 'opus', 'flac', 'pcm16'] as const) {
      const { choices } = await m.openai.chat.completions.create({
        model: 'chained',
        modalities: ['text', 'audio'],
        audio: { voice: 'verse', format },
        messages: [{ role: 'user', content: [sound] }],
      });
      const { data: answered = '', transcript } = choices[0]?.message.audio ?? {};
      const bytes = Buffer.from(answered, 'base64');
      const heard = format === 'pcm16' ? readSamples(bytes) : await decodeFile(bytes);
      expect(transcript, format).toBe(said.morning.answer);
      await expectWhole(heard, toneOf([said.morning.answer]));
    }
    expect(m.voice.requests.at(-1)).toMatchObject({ voice: 'verse' });
  });

  line('its fields and roles, in the order of the conversation', async (m) => {
    const words = 'what was the first word';
    const { choices, id, model, object, usage } =
      await m.openai.chat.completions.create({
        model: 'chained',
        messages: [
          { role: 'developer', content: 'Answer with one word.' },
          { role: 'user', name: 'Ada', content: 'alpha' },
          { role: 'assistant', content: 'beta' },
          { role: 'user', content: words },
        ],
        ...fields,
      });
    const { body } = m.findChats(words).at(-1) ?? {};
    const { max_completion_tokens, ...others } = fields;
    expect(body).toMatchObject(others);
    expect(body?.max_completion_tokens ?? body?.max_tokens).toBe(max_completion_tokens);
    expect(body?.messages).toEqual([
      { role: 'system', content: expect.stringContaining('Answer with one word.') },
      { role: 'user', name: 'Ada', content: 'alpha' },
      { role: 'assistant', content: 'beta' },
      { role: 'user', content: words },
    ]);
    expect({ id, model, object }).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      model: 'chained',
      object: 'chat.completion',
    });
    expect(choices[0]).toMatchObject({ index: 0, finish_reason: 'stop' });
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  line('refusals, ids of requests and models in the words of OpenAI', async (m) => {
    const names = (await m.openai.models.list()).data.map(({ id }) => id);
    expect(names).toEqual(expect.arrayContaining(['parley', 'chained', 'audio-model']));
    // As Ollama's address in the documents, without /v1.
    const bare = new OpenAI({ baseURL: m.origin, apiKey: m.openai.apiKey });
    expect((await bare.models.list()).data).toHaveLength(names.length);
    const json = { 'content-type': 'application/json' };
    const empty = { model: 'parley', voice: 'alloy', input: '' };
    const refused = [
      ['/models', { headers: { authorization: 'Bearer parley_wrong' } }, 401],
      ['/models', { method: 'DELETE' }, 405],
      ['/chat/completions', {}, 405],
      ['/responses', { method: 'POST', headers: json, body: '{}' }, 404],
      ['/nothing', {}, 404],
      ['/chat/completions', { method: 'POST', headers: json, body: '{"model":' }, 400],
      [
        '/audio/speech',
        { method: 'POST', headers: json, body: JSON.stringify(empty) },
        400,
      ],
    ] as const;
    for (const [path, init, status] of refused) {
      const headers = {
        ...('headers' in init && init.headers),
        'x-request-id': 'req-7',
      };
      const response = await m.request(path, { ...init, headers });
      const where = `${JSON.stringify(init)} ${path}`;
      expect([response.status, response.headers.get('x-request-id')], where).toEqual([
        status,
        'req-7',
      ]);
      if (status === 405) expect(response.headers.get('allow'), where).toBeTruthy();
      const { error } = (await response.json()) as { readonly error: object };
      expect(error, where).toEqual({
        message: expect.stringMatching(/\w/),
        type: expect.stringMatching(/\w/),
        code: expect.stringMatching(/\w/),
        param: path === '/audio/speech' ? 'input' : null,
      });
    }
    expect((await m.request('/models')).headers.get('x-request-id')).toMatch(/\w{8}/);
  });
}

type Chunk = OpenAI.ChatCompletionChunk & {
  readonly choices: readonly { readonly delta: { readonly audio?: AudioDelta } }[];
};

type AudioDelta = {
  readonly id?: string;
  readonly data?: string;
  readonly transcript?: string;
  readonly expires_at?: number;
};

/** Lists the parts of a spoken answer, which OpenAI's types do not name. */
function listAudio(chunks: readonly Chunk[]): readonly AudioDelta[] {
  return chunks.flatMap(({ choices }) =>
    choices.flatMap(({ delta }) => (delta.audio ? [delta.audio] : [])),
  );
}
