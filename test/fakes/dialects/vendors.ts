import type { Pcm } from '#src/audio/pcm.ts';
import { audioChatEvents, inWords } from '#test/fakes/providers/audio-chat.ts';
import { type ChatRequest, chatEvents, replyTo } from '#test/fakes/providers/chat.ts';
import { attachTalk } from '#test/fakes/providers/realtime-talk.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';
import {
  type Behind,
  type DialectReply,
  type DialectRequest,
  type DialectServer,
  events,
  json,
  openDialect,
  reply,
  sound,
  written,
} from './dialect.ts';

const rateHz = 24_000;
const keyIn = ({ headers }: DialectRequest) => headers.authorization?.replace('Bearer ', '') ?? '';
const formatIn = ({ body }: DialectRequest) => (body.response_format === 'wav' ? 'wav' : 'pcm');
const wordsOf = (text = '') => text.match(/\s*\S+/g) ?? [];
const samplesOf = (text: unknown, hz = rateHz) => soundBytes(tone(`${text}`, hz), hz, 'pcm');

/** Fields that OpenAI knows, by path. */
const knownFields: Readonly<Record<string, string>> = {
  '/v1/audio/transcriptions': 'model response_format stream languages[] keywords[] prompt',
  '/v1/chat/completions':
    'model messages stream stream_options tools tool_choice max_completion_tokens reasoning_effort',
};

/** OpenAI: a key is needed, only its own models and fields are known, errors have its shape. */
export function openOpenAi({ hears, replies }: Behind): Promise<DialectServer> {
  const models = ['gpt-6-luna', 'gpt-transcribe'];
  const refuse = (status: number, message: string, code: string | null = null) => {
    const error = { message, type: 'invalid_request_error', param: null, code };
    return json({ error }, status, { 'x-request-id': 'req_1' });
  };
  return openDialect({
    refuses(asked) {
      const { body, path } = asked;
      const key = keyIn(asked);
      const known = knownFields[path]?.split(' ') ?? [];
      const stranger = Object.keys(body).find((name) => !known.includes(name));
      if (!key.startsWith('sk-')) {
        const why = `Incorrect API key provided: ${key}. You can find yours in your account.`;
        return refuse(401, why, 'invalid_api_key');
      }
      if (stranger !== undefined)
        return refuse(400, `Unrecognized request argument supplied: ${stranger}`);
      if (body.model === undefined || models.includes(`${body.model}`)) return undefined;
      const why = `The model \`${body.model}\` does not exist or you do not have access to it.`;
      return refuse(404, why, 'model_not_found');
    },
    routes: {
      'POST /v1/audio/transcriptions': ({ body, pcm }) => {
        if (!pcm) return refuse(400, 'Audio file might be corrupted or unsupported');
        const text = hears(pcm);
        const usage = { type: 'tokens', input_tokens: 9, output_tokens: 3, total_tokens: 12 };
        if (body.stream !== 'true') return json({ text, usage, languages: [] });
        return events(...wordsOf(text).map((delta) => ({ type: 'transcript.text.delta', delta })), {
          type: 'transcript.text.done',
          text,
          usage,
          languages: [{ code: 'en' }],
        });
      },
      'POST /v1/chat/completions': ({ body }) => {
        const request: ChatRequest = body;
        return written(chatEvents(request, replyTo(request, replies)));
      },
    },
    otherwise: ({ path }) => refuse(404, `Invalid URL (${path})`),
    // With the key of its recipe.
    attach(server) {
      const talk = attachTalk(server, { hears, answer: () => ({}), key: 'sk-your-key' }, true);
      return () => talk.dropAll();
    },
  });
}

/**
 * A LiteLLM proxy: its own names for models and keys, with and without `/v1`. Transcription takes no notice of `stream`. Its voice
 * is a model of the Realtime API.
 */
export function openLiteLlm({ hears, replies }: Behind): Promise<DialectServer> {
  const refuse = (status: number, message: string, type: string) =>
    json({ error: { message, type, param: 'None', code: `${status}` } }, status);
  const routes = {
    '/audio/transcriptions': ({ pcm }: DialectRequest) => json({ text: pcm ? hears(pcm) : '' }),
    '/chat/completions': ({ body }: DialectRequest) => {
      const request = inWords(body, hears);
      const answer = replyTo(request, replies);
      return written([...(audioChatEvents(request, answer) ?? chatEvents(request, answer))]);
    },
  };
  return openDialect({
    refuses(asked) {
      const { model } = asked.body;
      const key = keyIn(asked);
      if (!key.startsWith('sk-')) {
        const why = `Authentication Error, Invalid proxy server token passed. Received API Key = ${key}, Key Hash (Token) =88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b.`;
        return refuse(401, why, 'token_not_found_in_db');
      }
      if (['ears', 'mind', 'audio', 'voice'].includes(`${model}`)) return undefined;
      const why = `Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.`;
      return refuse(400, why, 'invalid_request_error');
    },
    routes: Object.fromEntries(
      Object.entries(routes).flatMap(([path, route]) => [
        [`POST ${path}`, route],
        [`POST /v1${path}`, route],
      ]),
    ),
    attach(server) {
      const talk = attachTalk(server, { hears, answer: () => ({}) }, true);
      return () => talk.dropAll();
    },
  });
}

/**
 * speaches: a model that is not there is 404 with `detail`; raw samples come at the rate of the voice unless `sample_rate`
 * is sent, words as bare text where `text` is asked for. Chat is handed on, without `[DONE]`.
 */
export function openSpeaches({ hears, replies }: Behind): Promise<DialectServer> {
  /** Downloaded models. */
  const recogniser = 'Systran/faster-distil-whisper-small.en';
  const voices: Readonly<Record<string, number>> = {
    'speaches-ai/Kokoro-82M-v1.0-ONNX': 24_000,
    'speaches-ai/piper-en_US-ryan-medium': 22_050,
  };
  const missing = (model: unknown) => {
    const detail = `Model '${model}' is not installed locally. You can download the model using \`POST /v1/models/${model}\``;
    return json({ detail }, 404);
  };
  return openDialect({
    routes: {
      'POST /v1/audio/transcriptions': ({ body, pcm }) => {
        if (body.model !== recogniser) return missing(body.model);
        if (!pcm) return json({ detail: 'Failed to decode audio.' }, 415);
        const text = hears(pcm);
        if (body.response_format !== 'text') return json({ text });
        return reply('text/plain; charset=utf-8', [text]);
      },
      'POST /v1/chat/completions': ({ body }) => {
        const lines = chatEvents(body, replyTo(body, replies));
        return written(lines.filter((line) => !/"choices":\[\]|\[DONE\]/.test(line)));
      },
      'POST /v1/audio/speech': (asked) => {
        const { input, model, sample_rate: askedHz } = asked.body;
        const nativeHz = voices[`${model}`];
        if (nativeHz === undefined) return missing(model);
        const hz = typeof askedHz === 'number' ? askedHz : nativeHz;
        const head = formatIn(asked) === 'wav' ? [pipedHeader(hz)] : [];
        return sound(formatIn(asked), ...head, samplesOf(input, hz));
      },
    },
  });
}

/** Kokoro-FastAPI: speech only, a piece a sentence, a `LIST` chunk before the samples; voices are mixed as `a(2)+b(1)`. */
export function openKokoro(): Promise<DialectServer> {
  const voices = ['af_heart', 'af_bella', 'af_sky'];
  const refuse = (error: string, message: string) =>
    json({ detail: { error, message, type: 'invalid_request_error' } }, 400);
  return openDialect({
    routes: {
      'POST /v1/audio/speech': (asked) => {
        const { input, model, voice } = asked.body;
        if (!['kokoro', 'tts-1', 'tts-1-hd'].includes(`${model}`))
          return refuse('invalid_model', `Unsupported model: ${model}`);
        const names = `${voice}`.split('+').map((part) => part.replace(/\([\d.]+\)$/, '').trim());
        const stranger = names.find((name) => !voices.includes(name));
        const why = `Voice '${stranger}' not found. Available voices: ${voices.join(', ')}`;
        if (stranger !== undefined) return refuse('validation_error', why);
        const sentences = `${input}`.match(/[^.!?]+[.!?]*/g) ?? [];
        const head = formatIn(asked) === 'wav' ? [pipedHeader(rateHz)] : [];
        return sound(formatIn(asked), ...head, ...sentences.map((one) => samplesOf(one)));
      },
      'GET /v1/audio/voices': () => json({ voices }),
    },
  });
}

/** The header that ffmpeg and PyAV write into a pipe: sizes nobody knows, a `LIST` chunk, samples from byte 78 on. */
function pipedHeader(hz: number): Buffer {
  const plain = soundBytes(new Int16Array(0), hz, 'wav');
  const list = Buffer.alloc(34);
  list.write('LIST', 0, 'latin1');
  list.writeUInt32LE(26, 4);
  list.write('INFOISFT', 8, 'latin1');
  list.writeUInt32LE(14, 16);
  list.write('Lavf61.7.100', 20, 'latin1');
  return Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]);
}

/** Chat only: chunks with these thoughts in a field of their own, the text word by word, and these chunks of a call. */
function thinkingEvents(
  text: string | undefined,
  thoughts: readonly string[],
  calls: readonly object[],
  chunk: (delta: object) => object,
): readonly object[] {
  return [
    ...thoughts.map((reasoning) => chunk({ reasoning })),
    ...wordsOf(text).map((content) => chunk({ content })),
    ...calls.map((call) => chunk({ tool_calls: [call] })),
  ];
}

/**
 * Ollama: chat only, contents only as strings; the role comes with every chunk, thoughts in a field of their own, a tool
 * call whole and with the finish reason `stop`, and no usage.
 */
export function openOllama({ replies }: Behind): Promise<DialectServer> {
  const refuse = (status: number, message: string) =>
    json({ error: { message, type: 'api_error', param: null, code: null } }, status);
  return openDialect({
    routes: {
      'POST /v1/chat/completions': ({ body }) => {
        const { messages = [], model = '' }: ChatRequest = body;
        if (!['qwen3:8b', 'qwen3:4b-instruct'].includes(model))
          return refuse(404, `model "${model}" not found, try pulling it first`);
        if (messages.some(({ content }) => typeof content !== 'string'))
          return refuse(400, 'invalid message format');
        const { text, call } = replyTo(body, replies);
        const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model };
        const chunk = (delta: object, finish_reason: string | null = null) => {
          const choice = { delta: { role: 'assistant', content: '', ...delta }, finish_reason };
          return { ...head, system_fingerprint: 'fp_ollama', choices: [{ index: 0, ...choice }] };
        };
        const calls = call ? [toolCall('call_ollama1', call.name, call.argumentsJson)] : [];
        const thoughts = ['They', ' greet', ' me.'];
        return events(...thinkingEvents(text, thoughts, calls, chunk), chunk({}, 'stop'));
      },
    },
    otherwise: () => ({ ...reply('text/plain', ['404 page not found']), status: 404 }),
  });
}

function toolCall(id: string, name: string, json?: string): object {
  return { index: 0, id, type: 'function', function: { name, arguments: json } };
}

/** Each server of vLLM has one model. */
const vllmModels = {
  chat: 'Qwen/Qwen3-8B',
  transcription: 'openai/whisper-large-v3-turbo',
  speech: 'fishaudio/s2-pro',
} as const;

/**
 * vLLM, or vLLM-Omni for `speech`: thoughts come in a field of their own, usage in a chunk without choices, speech at the
 * rate of the model.
 */
export function openVllm(
  role: keyof typeof vllmModels,
  { hears, replies }: Behind,
): Promise<DialectServer> {
  const refuse = (code: number, message: string) => {
    const type = code === 404 ? 'NotFoundError' : 'BadRequestError';
    return json({ object: 'error', message, type, param: null, code }, code);
  };
  const routes: Record<
    typeof role,
    Readonly<Record<string, (asked: DialectRequest) => DialectReply>>
  > = {
    chat: {
      'POST /v1/chat/completions': ({ body }) => {
        const { text, call } = replyTo(body, replies);
        const chunk = (delta: object, finish_reason: string | null = null) => ({
          ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk' },
          choices: [{ index: 0, delta, logprobs: null, finish_reason }],
        });
        const crumbs = call?.argumentsJson.match(/[\s\S]{1,4}/g) ?? [];
        const calls = call && [
          toolCall('chatcmpl-tool-1', call.name),
          ...crumbs.map((part) => ({ index: 0, function: { arguments: part } })),
        ];
        return events(
          chunk({ role: 'assistant', content: '' }),
          ...thinkingEvents(text, ['Let', ' me', ' think.'], calls ?? [], chunk),
          chunk({}, call ? 'tool_calls' : 'stop'),
          { choices: [], usage: { prompt_tokens: 30, completion_tokens: 7, total_tokens: 37 } },
        );
      },
    },
    transcription: {
      'POST /v1/audio/transcriptions': ({ pcm }) => {
        if (!pcm) return refuse(400, 'Invalid or unsupported audio file.');
        return json({
          text: clips(pcm)
            .map((clip) => ` ${hears(clip)}`)
            .join(''),
        });
      },
    },
    speech: {
      'POST /v1/audio/speech': ({ body }) => {
        const format = body.response_format === 'pcm' ? 'pcm' : 'wav';
        return sound(format, soundBytes(tone(`${body.input}`, 44_100), 44_100, format));
      },
    },
  };
  return openDialect({
    routes: routes[role],
    refuses: ({ body: { model } }) =>
      model === vllmModels[role]
        ? undefined
        : refuse(404, `The model \`${model}\` does not exist.`),
  });
}

/** The model hears 30 s at once; longer sound is recognised in stretches, each with an end. */
function clips({ samples, ...form }: Pcm): Pcm[] {
  const size = 30 * form.rateHz;
  const count = Math.max(1, Math.ceil(samples.length / size));
  return Array.from({ length: count }, (_, n) => ({
    samples: samples.subarray(n * size, (n + 1) * size),
    ...form,
  }));
}
