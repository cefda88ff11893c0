// Proves: Azure OpenAI, and other vendors by fake (Azure, Groq, Gemini, Together: whole recipes)

import { writeWav } from '#src/audio/formats/wav.ts';
import { findReply, makeChatEvents } from '#test/fakes/providers/mock-chat.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import {
  type DialectReply,
  type DialectRequest,
  type DialectServer,
  makeReply,
  openDialect,
  replyEvents,
  replyJson,
  replySound,
  type ServersBehind,
  writeEvents,
} from './dialect.ts';

/** A vendor of the OpenAI API, as its documentation says. */
type Vendor = {
  /** Path before the endpoints of a model. */
  readonly findBasePath: (model: string) => string;
  readonly models: readonly string[];
  /** Refuses a request, or returns undefined. */
  readonly refuseKey: (request: DialectRequest) => DialectReply | undefined;
  readonly speakText?: (request: DialectRequest) => DialectReply;
};

function replyError(status: number, message: string, fields = {}) {
  return replyJson({ error: { message, ...fields } }, status);
}

function makeWav(text: string) {
  const samples = makeTone(text, 24_000);
  return writeWav({ samples, rateHz: 24_000, channels: 1 });
}

function openVendor(
  { findBasePath, models, refuseKey, speakText }: Vendor,
  { hears, replies }: ServersBehind,
): Promise<DialectServer> {
  const routes = {
    '/chat/completions': ({ body }: DialectRequest) =>
      writeEvents(makeChatEvents(body, findReply(body, replies))),
    '/audio/transcriptions': ({ pcm }: DialectRequest) =>
      replyJson({ text: pcm ? hears(pcm) : '' }),
    ...(speakText && { '/audio/speech': speakText }),
  };
  const paths = models.flatMap((model) =>
    Object.entries(routes).map(
      ([path, route]) => [`POST ${findBasePath(model)}${path}`, route] as const,
    ),
  );
  return openDialect({
    routes: Object.fromEntries(paths),
    refuses: refuseKey,
    answerOtherwise: (request) =>
      refuseKey(request) ?? replyError(404, 'Resource not found'),
  });
}

const readKey = ({ headers }: DialectRequest) =>
  headers.authorization?.replace('Bearer ', '') ?? '';

/** https://learn.microsoft.com/azure/ai-services/openai/reference: a deployment for each role, its key in `api-key`. */
export function openAzure(behind: ServersBehind): Promise<DialectServer> {
  return openVendor(
    {
      models: ['mind', 'ears', 'voice'],
      findBasePath: (deployment) => `/openai/deployments/${deployment}`,
      refuseKey: ({ headers }) =>
        headers['api-key'] === 'your-key'
          ? undefined
          : replyError(401, 'Access denied due to missing subscription key.', {
              code: '401',
            }),
      speakText: ({ body }) =>
        body.response_format === 'wav'
          ? replySound('audio/wav', makeWav(`${body.input}`))
          : replySound('audio/pcm', makeWav(`${body.input}`).subarray(44)),
    },
    behind,
  );
}

/** https://console.groq.com/docs/api-reference: its speech is WAV alone, of 200 characters at most. */
export function openGroq(behind: ServersBehind): Promise<DialectServer> {
  const models = [
    'llama-3.3-70b-versatile',
    'whisper-large-v3-turbo',
    'canopylabs/orpheus-v1-english',
  ];
  return openVendor(
    {
      models,
      findBasePath: () => '/openai/v1',
      refuseKey(request) {
        if (!readKey(request).startsWith('gsk_'))
          return replyError(401, 'Invalid API Key', { code: 'invalid_api_key' });
        const { model } = request.body;
        if (model === undefined || models.includes(`${model}`)) return undefined;
        const why = `The model \`${model}\` does not exist or you do not have access to it.`;
        return replyError(404, why, { code: 'model_not_found' });
      },
      speakText({ body: { input, response_format, voice } }) {
        if (response_format !== 'wav')
          return replyError(400, 'response_format must be one of [wav]');
        if (voice !== 'autumn')
          return replyError(400, 'voice must be one of [autumn diana hannah]');
        if (`${input}`.length > 200)
          return replyError(400, 'input must be at most 200 characters');
        return replySound('audio/wav', makeWav(`${input}`));
      },
    },
    behind,
  );
}

/** https://ai.google.dev/gemini-api/docs/openai: errors are a list, and there is no speech. */
export function openGemini(behind: ServersBehind): Promise<DialectServer> {
  return openVendor(
    {
      models: ['gemini'],
      findBasePath: () => '/v1beta/openai',
      refuseKey: (request) =>
        readKey(request) === 'your-key'
          ? undefined
          : replyJson([{ error: { code: 400, message: 'API key not valid.' } }], 400),
    },
    behind,
  );
}

/** https://docs.together.ai/reference/audio-speech: `stream` means events with samples in base64. */
export function openTogether(behind: ServersBehind): Promise<DialectServer> {
  return openVendor(
    {
      models: ['together'],
      findBasePath: () => '/v1',
      refuseKey: (request) =>
        readKey(request).startsWith('tgp_')
          ? undefined
          : replyError(401, 'Invalid API key provided.'),
      speakText({ body: { input, response_format, stream } }) {
        const wav = makeWav(`${input}`);
        if (stream) return replyTogetherEvents(wav);
        if (response_format === 'wav') return replySound('audio/wav', wav);
        return response_format === 'raw'
          ? makeReply('application/octet-stream', [wav.subarray(44)])
          : replyError(
              400,
              'Invalid response_format. Supported formats: mp3, wav, raw',
            );
      },
    },
    behind,
  );
}

function replyTogetherEvents(wav: Buffer) {
  const makeDelta = (bytes: Buffer) => ({
    type: 'conversation.item.audio_output.delta',
    object: 'audio.tts.chunk',
    b64: bytes.toString('base64'),
  });
  const middle = 44 + 2 * Math.floor(wav.length / 8);
  return replyEvents(
    makeDelta(wav.subarray(44, middle)),
    makeDelta(wav.subarray(middle)),
  );
}
