import {
  makeAudioChatEvents,
  replaceSound,
} from '#test/fakes/providers/mock-audio-chat.ts';
import {
  findReply,
  makeChatEvents,
  type ReceivedChatRequest,
} from '#test/fakes/providers/mock-chat.ts';
import { attachTalk } from '#test/fakes/providers/mock-talk.ts';
import {
  type DialectRequest,
  type DialectServer,
  openDialect,
  replyEvents,
  replyJson,
  type ServersBehind,
  writeEvents,
} from './dialect.ts';

const readKey = ({ headers }: DialectRequest) =>
  headers.authorization?.replace('Bearer ', '') ?? '';
const splitWords = (text = '') => text.match(/\s*\S+/g) ?? [];

/** Fields that OpenAI knows, by path. */
const knownFields: Readonly<Record<string, string>> = {
  '/v1/audio/transcriptions':
    'model response_format stream languages[] keywords[] prompt',
  '/v1/chat/completions':
    'model messages stream stream_options tools tool_choice max_completion_tokens reasoning_effort',
};

/** OpenAI: a key is needed, only its own models and fields are known, errors have its shape. */
export function openOpenAi({ hears, replies }: ServersBehind): Promise<DialectServer> {
  const models = ['gpt-6-luna', 'gpt-transcribe'];
  const refuseRequest = (
    status: number,
    message: string,
    code: string | null = null,
  ) => {
    const error = { message, type: 'invalid_request_error', param: null, code };
    return replyJson({ error }, status, { 'x-request-id': 'req_1' });
  };
  return openDialect({
    refuses(request) {
      const { body, path } = request;
      const key = readKey(request);
      const known = knownFields[path]?.split(' ') ?? [];
      const stranger = Object.keys(body).find((name) => !known.includes(name));
      if (!key.startsWith('sk-')) {
        const why = `Incorrect API key provided: ${key}. You can find yours in your account.`;
        return refuseRequest(401, why, 'invalid_api_key');
      }
      if (stranger !== undefined)
        return refuseRequest(
          400,
          `Unrecognized request argument supplied: ${stranger}`,
        );
      if (body.model === undefined || models.includes(`${body.model}`))
        return undefined;
      const why = `The model \`${body.model}\` does not exist or you do not have access to it.`;
      return refuseRequest(404, why, 'model_not_found');
    },
    routes: {
      'POST /v1/audio/transcriptions': ({ body, pcm }) => {
        if (!pcm)
          return refuseRequest(400, 'Audio file might be corrupted or unsupported');
        const text = hears(pcm);
        const usage = {
          type: 'tokens',
          input_tokens: 9,
          output_tokens: 3,
          total_tokens: 12,
        };
        if (body.stream !== 'true') return replyJson({ text, usage, languages: [] });
        return replyEvents(
          ...splitWords(text).map((delta) => ({
            type: 'transcript.text.delta',
            delta,
          })),
          {
            type: 'transcript.text.done',
            text,
            usage,
            languages: [{ code: 'en' }],
          },
        );
      },
      'POST /v1/chat/completions': ({ body }) => {
        const request: ReceivedChatRequest = body;
        return writeEvents(makeChatEvents(request, findReply(request, replies)));
      },
    },
    answerOtherwise: ({ path }) => refuseRequest(404, `Invalid URL (${path})`),
    // With the key of its recipe.
    attachSockets(server) {
      const talk = attachTalk(
        server,
        { hears, answer: () => ({}), key: 'sk-your-key' },
        true,
      );
      return () => talk.dropAll();
    },
  });
}

/**
 * A LiteLLM proxy: its own names for models and keys, with and without `/v1`. Transcription takes no notice of `stream`. Its voice
 * is a model of the Realtime API.
 */
export function openLiteLlm({ hears, replies }: ServersBehind): Promise<DialectServer> {
  const refuseRequest = (status: number, message: string, type: string) =>
    replyJson({ error: { message, type, param: 'None', code: `${status}` } }, status);
  const routes = {
    '/audio/transcriptions': ({ pcm }: DialectRequest) =>
      replyJson({ text: pcm ? hears(pcm) : '' }),
    '/chat/completions': ({ body }: DialectRequest) => {
      const request = replaceSound(body, hears);
      const answer = findReply(request, replies);
      return writeEvents([
        ...(makeAudioChatEvents(request, answer) ?? makeChatEvents(request, answer)),
      ]);
    },
  };
  return openDialect({
    refuses(request) {
      const { model } = request.body;
      const key = readKey(request);
      if (!key.startsWith('sk-')) {
        const why = `Authentication Error, Invalid proxy server token passed. Received API Key = ${key}, Key Hash (Token) =88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b.`;
        return refuseRequest(401, why, 'token_not_found_in_db');
      }
      if (['ears', 'mind', 'audio', 'voice'].includes(`${model}`)) return undefined;
      const why = `Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.`;
      return refuseRequest(400, why, 'invalid_request_error');
    },
    routes: Object.fromEntries(
      Object.entries(routes).flatMap(([path, route]) => [
        [`POST ${path}`, route],
        [`POST /v1${path}`, route],
      ]),
    ),
    attachSockets(server) {
      const talk = attachTalk(server, { hears, answer: () => ({}) }, true);
      return () => talk.dropAll();
    },
  });
}
