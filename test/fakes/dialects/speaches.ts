import type { ServerResponse } from 'node:http';
import { type ChatRequest, chatEvents, replyTo } from '#test/fakes/providers/chat.ts';
import {
  type Behind,
  type DialectRequest,
  type DialectRoute,
  type DialectServer,
  json,
  openDialect,
  sound,
} from './dialect.ts';
import { pipedHeader, samplesOf } from './sounds.ts';

/** Downloaded models. */
const recogniserModel = 'Systran/faster-distil-whisper-small.en';
const voices: Readonly<Record<string, number>> = {
  'speaches-ai/Kokoro-82M-v1.0-ONNX': 24_000,
  'speaches-ai/piper-en_US-ryan-medium': 22_050,
};

export type SpeachesOptions = { readonly key?: string };

/**
 * speaches: a wrong key is 403, a model that is not there 404 with `detail`; raw samples come at the rate of the voice
 * unless `sample_rate` is sent, words in a stream as bare texts without an end. Chat is handed on, without `[DONE]`.
 */
export function openSpeaches(
  behind: Behind,
  { key }: SpeachesOptions = {},
): Promise<DialectServer> {
  const guarded = (route: DialectRoute): DialectRoute => {
    return (asked, response) => {
      if (key === undefined || asked.headers.authorization === `Bearer ${key}`)
        return route(asked, response);
      json(response, { detail: 'Not authenticated' }, 403);
    };
  };
  return openDialect(
    {
      'POST /v1/audio/transcriptions': guarded(transcribe(behind)),
      'POST /v1/chat/completions': guarded(chat(behind)),
      'POST /v1/audio/speech': guarded(speak),
    },
    (_, response) => json(response, { detail: 'Not Found' }, 404),
  );
}

function missing(model: unknown, response: ServerResponse): void {
  const detail = `Model '${model}' is not installed locally. You can download the model using \`POST /v1/models/${model}\``;
  json(response, { detail }, 404);
}

function transcribe({ hears }: Behind): DialectRoute {
  return ({ body, pcm }, response) => {
    if (body.model !== recogniserModel) return missing(body.model, response);
    if (!pcm) return json(response, { detail: 'Failed to decode audio.' }, 415);
    const text = hears(pcm);
    if (body.response_format !== 'text') return json(response, { text });
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
  };
}

function chat({ replies }: Behind): DialectRoute {
  return async ({ body }, response) => {
    const request = body as ChatRequest;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const lines = chatEvents(request, replyTo(request, replies));
    response.end(lines.filter((line) => !/"choices":\[\]|\[DONE\]/.test(line)).join(''));
  };
}

function speak({ body }: DialectRequest, response: ServerResponse): void | Promise<void> {
  const nativeHz = voices[`${body.model}`];
  if (nativeHz === undefined) return missing(body.model, response);
  const format = body.response_format === 'wav' ? 'wav' : 'pcm';
  const rateHz = typeof body.sample_rate === 'number' ? body.sample_rate : nativeHz;
  const head = format === 'wav' ? [pipedHeader(rateHz)] : [];
  return sound(response, [...head, samplesOf(`${body.input}`, rateHz)], `audio/${format}`);
}
