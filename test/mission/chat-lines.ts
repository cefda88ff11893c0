import { OpenAI } from 'openai';
import { expect } from 'vitest';
import { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import { expireSoon, toneOf } from '#test/scenarios/setup/scenario-setup.ts';
import { said, sayings, story, thermometer } from './mission-setup.ts';
import type { Line } from './track-lines.ts';

/** Time, in ms, in which the first half of an answer has to come while the second half is held back. */
const streamMs = 20_000;

/** Decodes a file as the bot plays it. */
export async function decodeFile(bytes: Uint8Array): Promise<Pcm> {
  const decoder = new DecodeStream({ rateHz: 24_000, channels: 1 });
  const pieces: Int16Array[] = [];
  let fed: { readonly hasMore: boolean } = { hasMore: true };
  for (let unfed = Buffer.from(bytes); fed.hasMore; unfed = Buffer.alloc(0)) {
    const { samples, ...result } = await decoder.feedBytes(unfed, true);
    pieces.push(samples);
    fed = result;
  }
  decoder.free();
  return { samples: joinSamples(pieces), rateHz: 24_000, channels: 1 };
}

/** Reads samples of 16 bits, as OpenAI sends them. */
export function readSamples(bytes: Buffer): Pcm {
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
  });

  line('streaming of text and of calls of tools', async (m) => {
    const { call } = thermometer;
    const ask = async (content: string, overrides: object = {}) => {
      const stream = await m.openai.chat.completions.create({
        model: 'chained',
        messages: [{ role: 'user', content }],
        stream: true,
        ...overrides,
      });
      return (await Array.fromAsync(stream)).flatMap(({ choices }) => choices);
    };
    const told = await ask(said.bridge.words);
    const pieces = told.flatMap(({ delta }) => (delta.content ? [delta.content] : []));
    expect([pieces.length > 1, pieces.join('')]).toEqual([true, said.bridge.answer]);
    const tools = [{ type: 'function', function: { name: call.name } }];
    const called = await ask(thermometer.words, { tools });
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
      await expectAlike(heard, toneOf([said.morning.answer]));
    }
    expect(m.voice.requests.at(-1)).toMatchObject({ voice: 'verse' });
  });

  line('its fields and roles, in the order of the conversation', async (m) => {
    const words = 'what was the first word';
    const schema = { type: 'object', properties: { word: { type: 'string' } } };
    const fields = {
      temperature: 0.3,
      top_p: 0.9,
      seed: 7,
      stop: ['END'],
      max_completion_tokens: 77,
      response_format: {
        type: 'json_schema' as const,
        json_schema: { name: 'word', schema },
      },
    };
    const { choices, id, model, object, usage } =
      await m.openai.chat.completions.create({
        model: 'chained',
        messages: [
          { role: 'developer', content: 'Answer with one word.' },
          { role: 'user', content: 'alpha' },
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
      { role: 'user', content: 'alpha' },
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
