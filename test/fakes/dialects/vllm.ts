import type { ServerResponse } from 'node:http';
import type { Pcm } from '#src/audio/pcm.ts';
import { type ChatRequest, replyTo } from '#test/fakes/providers/chat.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';
import {
  type Behind,
  type DialectRequest,
  type DialectRoute,
  type DialectServer,
  events,
  json,
  openDialect,
  sound,
} from './dialect.ts';

/** Each server has one model. */
const served = {
  chat: 'Qwen/Qwen3-8B',
  transcription: 'openai/whisper-large-v3-turbo',
  speech: 'fishaudio/s2-pro',
} as const;
const speechRateHz = 44_100;
/** Longest sound that the model hears at once; longer sound is recognised in stretches, each with an end. */
const clipMs = 30_000;

/**
 * vLLM, or vLLM-Omni for `speech`: words come as chat-shaped chunks, thoughts in a field of their own, usage in a chunk
 * without choices, speech at the rate of the model.
 */
export function openVllm(role: keyof typeof served, behind: Behind): Promise<DialectServer> {
  const routes = {
    chat: { 'POST /v1/chat/completions': chat(behind) },
    transcription: { 'POST /v1/audio/transcriptions': transcribe(behind) },
    speech: { 'POST /v1/audio/speech': speak },
  }[role];
  const guarded = Object.entries(routes).map(([path, route]) => {
    const only: DialectRoute = (asked, response) =>
      asked.body.model === served[role]
        ? route(asked, response)
        : refuse(response, 404, `The model \`${asked.body.model}\` does not exist.`);
    return [path, only] as const;
  });
  return openDialect(Object.fromEntries(guarded), (_, response) =>
    json(response, { detail: 'Not Found' }, 404),
  );
}

function refuse(response: ServerResponse, code: number, message: string): void {
  const type = code === 404 ? 'NotFoundError' : 'BadRequestError';
  json(response, { object: 'error', message, type, param: null, code }, code);
}

function chat({ replies }: Behind): DialectRoute {
  return ({ body }, response) => {
    const { text = '', call } = replyTo(body as ChatRequest, replies);
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    const crumbs = call && [
      { index: 0, id: 'chatcmpl-tool-1', type: 'function', function: { name: call.name } },
      ...(call.argumentsJson.match(/[\s\S]{1,4}/g) ?? []).map((json) => ({
        index: 0,
        function: { arguments: json },
      })),
    ];
    return events(response, [
      chunk({ role: 'assistant', content: '' }),
      ...['Let', ' me', ' think.'].map((reasoning) => chunk({ reasoning })),
      ...(text.match(/\s*\S+/g) ?? []).map((content) => chunk({ content })),
      ...(crumbs ?? []).map((crumb) => chunk({ tool_calls: [crumb] })),
      chunk({}, call ? 'tool_calls' : 'stop'),
      { choices: [], usage: { prompt_tokens: 30, completion_tokens: 7, total_tokens: 37 } },
      '[DONE]',
    ]);
  };
}

function transcribe({ hears }: Behind): DialectRoute {
  return ({ pcm }, response) => {
    if (!pcm) return refuse(response, 400, 'Invalid or unsupported audio file.');
    const stretches = clips(pcm).map((clip) => ` ${hears(clip)}`);
    return json(response, { text: stretches.join('') });
  };
}

function clips({ samples, rateHz, channels }: Pcm): Pcm[] {
  const size = (clipMs / 1000) * rateHz;
  const count = Math.max(1, Math.ceil(samples.length / size));
  return Array.from({ length: count }, (_, n) => ({
    samples: samples.subarray(n * size, (n + 1) * size),
    rateHz,
    channels,
  }));
}

function speak({ body }: DialectRequest, response: ServerResponse): Promise<void> {
  const format = body.response_format === 'pcm' ? 'pcm' : 'wav';
  const spoken = tone(`${body.input}`, speechRateHz);
  return sound(response, [soundBytes(spoken, speechRateHz, format)], `audio/${format}`);
}
