import type { Server, ServerResponse } from 'node:http';
import { type ChatRequest, chatAnswer, chatEvents, replyTo } from '#test/fakes/providers/chat.ts';
import { attachTalk, wantsTalk } from '#test/fakes/providers/realtime-talk.ts';
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
  strangers,
} from './dialect.ts';

const models = ['gpt-6-luna', 'gpt-transcribe', 'gpt-realtime-2.1-mini', 'gpt-4o-mini-tts'];
const chatFields =
  'model messages stream stream_options tools tool_choice max_completion_tokens reasoning_effort'.split(
    ' ',
  );
const speechFields = 'model input voice instructions response_format speed stream_format'.split(
  ' ',
);
const formFields = 'model response_format stream languages[] keywords[] prompt'.split(' ');
const longestInputChars = 4096;
const rateHz = 24_000;

/** OpenAI: a key is needed, only its own models and fields are known, errors have its shape. */
export function openOpenAi(behind: Behind): Promise<DialectServer> {
  const guarded = (fields: readonly string[], route: DialectRoute): DialectRoute => {
    return (asked, response) => {
      if (!isRefused(asked, fields, response)) return route(asked, response);
    };
  };
  return openDialect(
    {
      'POST /v1/audio/transcriptions': guarded(formFields, transcribe(behind)),
      'POST /v1/chat/completions': guarded(chatFields, chat(behind)),
      'POST /v1/audio/speech': guarded(speechFields, speak),
      'GET /v1/models': guarded([], (_, response) => list(response)),
    },
    ({ path }, response) => refuse(response, 404, `Invalid URL (${path})`),
    (server) => realtime(server, behind),
  );
}

/** With the key of its recipe. */
function realtime(server: Server, { hears }: Behind): () => void {
  const talk = attachTalk(server, { hears, answer: () => ({}), key: 'sk-your-key' });
  server.on('upgrade', (request, socket) => {
    if (!wantsTalk(request)) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
  });
  return () => talk.dropAll();
}

function list(response: ServerResponse): void {
  const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'openai' }));
  json(response, { object: 'list', data });
}

/** Whether it was refused. */
function isRefused(
  asked: DialectRequest,
  known: readonly string[],
  response: ServerResponse,
): boolean {
  const { headers, body } = asked;
  const key = headers.authorization?.replace('Bearer ', '') ?? '';
  const [stranger] = strangers(body, known);
  if (!key.startsWith('sk-')) {
    const said = `Incorrect API key provided: ${key}. You can find yours in your account.`;
    refuse(response, 401, said, 'invalid_api_key');
  } else if (stranger !== undefined) {
    refuse(response, 400, `Unrecognized request argument supplied: ${stranger}`);
  } else if (body.model !== undefined && !models.includes(`${body.model}`)) {
    const said = `The model \`${body.model}\` does not exist or you do not have access to it.`;
    refuse(response, 404, said, 'model_not_found');
  } else return false;
  return true;
}

function refuse(response: ServerResponse, status: number, message: string, code?: string): void {
  const error = { message, type: 'invalid_request_error', param: null, code: code ?? null };
  json(response, { error }, status, { 'x-request-id': 'req_1' });
}

function transcribe({ hears }: Behind): DialectRoute {
  return ({ body, pcm }, response) => {
    if (!pcm) return refuse(response, 400, 'Audio file might be corrupted or unsupported');
    const text = hears(pcm);
    const usage = { type: 'tokens', input_tokens: 9, output_tokens: 3, total_tokens: 12 };
    if (body.stream !== 'true') return json(response, { text, usage, languages: [] });
    const deltas = text.match(/\s*\S+/g) ?? [];
    return events(response, [
      ...deltas.map((delta) => ({ type: 'transcript.text.delta', delta })),
      { type: 'transcript.text.done', text, usage, languages: [{ code: 'en' }] },
    ]);
  };
}

function chat({ replies }: Behind): DialectRoute {
  return async ({ body }, response) => {
    const request = body as ChatRequest;
    const reply = replyTo(request, replies);
    if (!request.stream) return json(response, chatAnswer(request, reply));
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const event of chatEvents(request, reply)) response.write(event);
    response.end();
  };
}

const speak: DialectRoute = ({ body }, response) => {
  const input = `${body.input}`;
  if (input.length > longestInputChars)
    return refuse(response, 400, `String should have at most ${longestInputChars} characters`);
  const format = `${body.response_format ?? 'mp3'}`;
  if (format !== 'pcm' && format !== 'wav')
    return sound(response, [Buffer.concat([Buffer.from('ID3'), Buffer.alloc(999)])], 'audio/mpeg');
  const spoken = soundBytes(tone(input, rateHz), rateHz, format);
  return sound(response, [spoken], `audio/${format}`);
};
