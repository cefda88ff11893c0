import type { IncomingHttpHeaders } from 'node:http';
import {
  answerJson,
  answerSpeech,
  answerStream,
  type ExaminedRequest,
  type FakeRoute,
} from '#test/doctor/run-examination.ts';

/** The sentence of the doctor. */
export const said =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/** A server as one product or vendor answers, below any address. */
export type EnvServer = FakeRoute;

type Handler = (request: ExaminedRequest, path: string) => FakeRoute | undefined;

/** Answers below `basePath`. Undefined is a missing path. */
function serveBelow(basePath: string, missing: FakeRoute, handle: Handler): EnvServer {
  return (response, request) => {
    const path = request.path.replace(/\?.*/, '');
    const isBelow = path.startsWith(`${basePath}/`);
    const route = isBelow ? handle(request, path.slice(basePath.length)) : undefined;
    (route ?? missing)(response, request);
  };
}

const answerText =
  (text: string, status: number, type = 'text/plain'): FakeRoute =>
  (response) => {
    response.writeHead(status, { 'content-type': type }).end(text);
  };

const answerWords = (content: string): FakeRoute =>
  answerStream({ choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] });

const refuseRequest = (status: number, message: string, fields = {}) =>
  answerJson({ error: { message, ...fields } }, status);

/** Calls the tool `ping` where it is offered, and answers in words otherwise and with its result. */
function answerChat({ body }: ExaminedRequest): FakeRoute {
  const messages = body.messages as readonly { readonly role: string }[];
  const isOffered = JSON.stringify(body.tools ?? '').includes('"ping"');
  if (!isOffered || messages.at(-1)?.role === 'tool') return answerWords('ok');
  const call = { index: 0, id: 'abcdefghi', type: 'function' as const };
  const tool_calls = [{ ...call, function: { name: 'ping', arguments: '{}' } }];
  return answerStream({
    choices: [{ index: 0, delta: { tool_calls }, finish_reason: 'tool_calls' }],
  });
}

/** Finds a field of a JSON body or of a form. */
function readField({ body, raw }: ExaminedRequest, name: string) {
  const [, field] = new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(raw) ?? [];
  return `${body[name] ?? field ?? ''}`;
}

const fastApiMissing = answerJson({ detail: 'Not Found' }, 404);

export const ollama: EnvServer = serveBelow(
  '/v1',
  answerText('404 page not found', 404),
  (request, path) => {
    if (path === '/models')
      return answerJson({ object: 'list', data: [{ id: 'qwen3:8b' }] });
    if (path !== '/chat/completions') return undefined;
    const model = readField(request, 'model');
    return model === 'qwen3:8b'
      ? answerChat(request)
      : refuseRequest(404, `model "${model}" not found, try pulling it first`);
  },
);

export const kokoroFastApi: EnvServer = serveBelow(
  '/v1',
  fastApiMissing,
  (request, path) => {
    if (path === '/models') return answerJson({ data: [{ id: 'kokoro' }] });
    if (path === '/audio/voices')
      return answerJson({ voices: ['af_bella', 'am_adam'] });
    if (path !== '/audio/speech') return undefined;
    const voice = readField(request, 'voice');
    return /^a[fm]_/.test(voice)
      ? answerSpeech(24_000)
      : answerJson(
          {
            detail: {
              error: 'validation_error',
              message: `Voice '${voice}' not found`,
            },
          },
          400,
        );
  },
);

/** Started without --inference-path. */
export const whisperCpp: EnvServer = (response, request) => {
  const isKnown = request.path === '/inference';
  const missing = answerText(`File Not Found (${request.path})`, 404);
  (isKnown ? answerJson({ error: "no 'file' field in the request" }) : missing)(
    response,
    request,
  );
};

export const azureKey = 'azure-key-1234';

/** One deployment for each role, as https://learn.microsoft.com/azure/ai-services/openai/reference says. */
export const answerAzure: EnvServer = (response, request) => {
  const { pathname, searchParams } = new URL(request.path, 'http://azure');
  const [, deployment = '', endpoint = ''] =
    /^\/openai\/deployments\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
  const answers: Readonly<Record<string, Readonly<Record<string, FakeRoute>>>> = {
    mind: { '/chat/completions': answerChat(request) },
    ears: { '/audio/transcriptions': answerJson({ text: said }) },
    voice: { '/audio/speech': answerSpeech(24_000) },
  };
  const isKeyed = request.headers['api-key'] === azureKey;
  const denied = refuseRequest(401, 'Access denied due to missing subscription key.', {
    code: '401',
  });
  const nothing = refuseRequest(404, 'Resource not found', { code: '404' });
  const unknown = refuseRequest(
    404,
    'The API deployment for this resource does not exist.',
    {
      code: 'DeploymentNotFound',
    },
  );
  const isVersioned = searchParams.has('api-version');
  const knownRoute = deployment in answers ? answers[deployment]?.[endpoint] : unknown;
  (isKeyed ? ((isVersioned ? knownRoute : undefined) ?? nothing) : denied)(
    response,
    request,
  );
};

function isKeyed({ authorization }: IncomingHttpHeaders, key: string) {
  return authorization === `Bearer ${key}`;
}

export const proxyKey = 'sk-virtual-1234';
const proxyModels = ['gpt-4o-mini', 'whisper-1', 'tts-1'];

export const liteLlm: EnvServer = serveBelow('/v1', fastApiMissing, (request, path) => {
  if (!isKeyed(request.headers, proxyKey))
    return refuseRequest(
      401,
      'Authentication Error, Invalid proxy server token passed.',
      {
        type: 'token_not_found_in_db',
        code: '401',
      },
    );
  if (path === '/models')
    return answerJson({ data: proxyModels.map((id) => ({ id })) });
  const model = readField(request, 'model');
  if (!proxyModels.includes(model))
    return refuseRequest(
      400,
      `${path}: Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.`,
    );
  if (path === '/chat/completions') return answerChat(request);
  if (path === '/audio/transcriptions') return answerJson({ text: said });
  return path === '/audio/speech' ? answerSpeech(24_000) : undefined;
});

export const groqKey = 'gsk_1234567';
const groqModels = [
  'llama-3.3-70b-versatile',
  'whisper-large-v3-turbo',
  'canopylabs/orpheus-v1-english',
];

export const groq: EnvServer = serveBelow(
  '/openai/v1',
  refuseRequest(404, 'Unknown request URL: POST. Please check the URL for typos', {
    code: 'unknown_url',
  }),
  (request, path) => {
    if (!isKeyed(request.headers, groqKey))
      return refuseRequest(401, 'Invalid API Key', { code: 'invalid_api_key' });
    if (path === '/models')
      return answerJson({ data: groqModels.map((id) => ({ id })) });
    const model = readField(request, 'model');
    if (!groqModels.includes(model))
      return refuseRequest(
        404,
        `The model \`${model}\` does not exist or you do not have access to it.`,
        {
          code: 'model_not_found',
        },
      );
    if (path === '/chat/completions') return answerChat(request);
    if (path === '/audio/transcriptions') return answerJson({ text: said });
    return path === '/audio/speech' ? answerGroqSpeech(request) : undefined;
  },
);

function answerGroqSpeech({ body }: ExaminedRequest) {
  if (body.voice !== 'autumn')
    return refuseRequest(400, 'voice must be one of [autumn diana hannah]');
  if (body.response_format !== 'wav')
    return refuseRequest(400, 'response_format must be one of [wav]');
  if (`${body.input}`.length > 200)
    return refuseRequest(400, 'input must be at most 200 characters');
  return answerSpeech(24_000);
}

export const geminiKey = 'AIza1234567';

/** Takes the result of a tool, or refuses every second round. */
export function openGemini(takesResults: boolean): EnvServer {
  return serveBelow('/v1beta/openai', answerText('', 404), (request, path) => {
    if (!isKeyed(request.headers, geminiKey))
      return answerJson([{ error: { code: 400, message: 'API key not valid.' } }], 400);
    if (path === '/models')
      return answerJson({ data: [{ id: 'models/gemini-3-flash' }] });
    if (path !== '/chat/completions') return undefined;
    const isResult = JSON.stringify(request.body.messages).includes('"role":"tool"');
    const message =
      'Function call is missing a thought_signature in functionCall parts.';
    const status = 'INVALID_ARGUMENT';
    return isResult && !takesResults
      ? answerJson([{ error: { code: 400, message, status } }], 400)
      : answerChat(request);
  });
}

export const togetherKey = 'tgp_1234567';
const togetherModels = [
  'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  'openai/whisper-large-v3',
  'hexgrad/Kokoro-82M',
];

/** Its list of models is bare, and its speech takes mp3, wav and raw. */
export const together: EnvServer = serveBelow(
  '/v1',
  answerText('', 404),
  (request, path) => {
    if (!isKeyed(request.headers, togetherKey))
      return refuseRequest(401, 'Invalid API key provided.');
    if (path === '/models') return answerJson(togetherModels.map((id) => ({ id })));
    const model = readField(request, 'model');
    if (!togetherModels.includes(model))
      return refuseRequest(
        404,
        `Unable to access model ${model}. Please visit the list of models.`,
        {
          code: 'model_not_available',
        },
      );
    if (path === '/chat/completions') return answerChat(request);
    if (path === '/audio/transcriptions') return answerJson({ text: said });
    if (path !== '/audio/speech') return undefined;
    return /^(mp3|wav|raw)$/.test(readField(request, 'response_format'))
      ? answerSpeech(24_000)
      : refuseRequest(400, 'Invalid response_format. Supported formats: mp3, wav, raw');
  },
);

/** Its page answers everything that is no path of its API. */
export const openWebUi: EnvServer = serveBelow(
  '/api',
  answerText('<!doctype html><title>Open WebUI</title>', 200, 'text/html'),
  (request, path) => {
    if (path === '/models') return answerJson({ data: [{ id: 'llama3.2' }] });
    return path === '/chat/completions' ? answerChat(request) : fastApiMissing;
  },
);

/** Says that a path is unknown with status 200. */
export const lmStudio: EnvServer = serveBelow(
  '/v1',
  (response, request) => {
    const error = `Unexpected endpoint or method. (POST ${request.path}). Returning 200 anyway`;
    const text = JSON.stringify({ error });
    const type = { 'content-type': 'application/json', 'content-length': text.length };
    response.writeHead(200, type).end(text);
  },
  (request, path) => {
    if (path === '/models') return answerJson({ data: [{ id: 'qwen3-8b' }] });
    return path === '/chat/completions' ? answerChat(request) : undefined;
  },
);

/** A proxy with Basic authentication before another server. */
export function guardByPassword(login: string, inner: EnvServer): EnvServer {
  return (response, request) => {
    const isIn = request.headers.authorization === `Basic ${btoa(login)}`;
    (isIn
      ? inner
      : answerText('<h1>401 Authorization Required</h1>', 401, 'text/html'))(
      response,
      request,
    );
  };
}

/** Answers with bare text, whatever is asked. */
export function openPlainEars(text: string): EnvServer {
  return serveBelow('/v1', fastApiMissing, (_, path) =>
    path === '/audio/transcriptions' ? answerText(text, 200) : undefined,
  );
}

/** Its models are downloaded by a request of their own. */
export const speaches: EnvServer = serveBelow(
  '/v1',
  fastApiMissing,
  (request, path) => {
    const models = ['Systran/faster-whisper-small'];
    if (path === '/models') return answerJson({ data: models.map((id) => ({ id })) });
    const model = readField(request, 'model');
    if (path !== '/audio/transcriptions') return undefined;
    return models.includes(model)
      ? answerJson({ text: said })
      : answerJson(
          {
            detail: `Model '${model}' is not installed locally. You can download the model using \`POST /v1/models\``,
          },
          404,
        );
  },
);
