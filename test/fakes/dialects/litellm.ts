import type { ServerResponse } from 'node:http';
import { audioChatEvents, inWords } from '#test/fakes/providers/audio-chat.ts';
import { type ChatRequest, chatAnswer, chatEvents, replyTo } from '#test/fakes/providers/chat.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';
import {
  type Behind,
  type DialectRoute,
  type DialectServer,
  json,
  openDialect,
} from './dialect.ts';

const aliases = ['ears', 'mind', 'audio', 'voice'];
const rateHz = 24_000;

/**
 * A LiteLLM proxy: its own names for models and keys, with and without `/v1`. Speech comes whole and always as
 * `audio/mpeg`, transcription takes no notice of `stream`, what the upstream refuses is an error 500.
 */
export function openLiteLlm(behind: Behind): Promise<DialectServer> {
  const routes = Object.entries({
    '/audio/transcriptions': transcribe(behind),
    '/chat/completions': chat(behind),
    '/audio/speech': speak,
  }).flatMap(([path, route]) => {
    const guarded: DialectRoute = (asked, response) =>
      objection(asked, response) ?? route(asked, response);
    return [
      [`POST ${path}`, guarded],
      [`POST /v1${path}`, guarded],
    ] as const;
  });
  return openDialect(Object.fromEntries(routes), (_, response) =>
    json(response, { detail: 'Not Found' }, 404),
  );
}

function objection({ headers, body }: Parameters<DialectRoute>[0], response: ServerResponse) {
  const key = headers.authorization?.replace('Bearer ', '') ?? '';
  if (!key.startsWith('sk-')) {
    const said = `Authentication Error, Invalid proxy server token passed. Received API Key = ${key}, Key Hash (Token) =88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b.`;
    return refuse(response, 401, said, 'token_not_found_in_db');
  }
  if (aliases.includes(`${body.model}`)) return undefined;
  const said = `Invalid model name passed in model=${body.model}. Call \`/v1/models\` to view available models for your key.`;
  return refuse(response, 400, said, 'invalid_request_error');
}

function refuse(response: ServerResponse, status: number, message: string, type: string): void {
  json(response, { error: { message, type, param: 'None', code: `${status}` } }, status);
}

function transcribe({ hears }: Behind): DialectRoute {
  return ({ pcm }, response) => json(response, { text: pcm ? hears(pcm) : '' });
}

function chat({ hears, replies }: Behind): DialectRoute {
  return ({ body }, response) => {
    const request = inWords(body as ChatRequest, hears);
    const reply = replyTo(request, replies);
    if (!request.stream) return json(response, chatAnswer(request, reply));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const events = audioChatEvents(request, reply) ?? chatEvents(request, reply);
    response.end([...events].join(''));
  };
}

const speak: DialectRoute = ({ body }, response) => {
  const { input, response_format: format, voice } = body;
  if (voice !== 'alloy') {
    const said = `litellm.BadRequestError: OpenAIException - Invalid voice ${voice}`;
    return refuse(response, 500, said, 'internal_server_error');
  }
  const spoken = soundBytes(tone(`${input}`, rateHz), rateHz, format === 'wav' ? 'wav' : 'pcm');
  response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(spoken);
};
