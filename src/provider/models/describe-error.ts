import { APIError } from 'openai/core/error';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import { type ApiClient, findClientKey } from '#src/provider/api-client.ts';
import { RepeatedFailure } from '#src/provider/negotiation.ts';
import {
  findErrorText,
  formatServerName,
  parseErrorText,
  toErrorCode,
  toPlainLine,
} from './error-text.ts';

/**
 * Turns any error of a request into a BotError `provider.*` with one sentence for the operator, without tags and
 * keys.
 *
 * The sentence holds codes of the answer, and its text only if the text repeats nothing of `request`. Otherwise the
 * text is in `about.serverMessage` alone. A caller who aborted calls `signal.throwIfAborted()` first.
 *
 * @example
 * import { describeError } from '#src/provider/models/describe-error.ts';
 *
 * const client = { baseURL: 'http://127.0.0.1:8000/v1', apiKey: null };
 * const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
 * describeError(new TypeError('fetch failed', { cause: refused }), client).code; // 'provider.unreachable'
 */
export function describeError(
  thrown: unknown,
  client: Pick<ApiClient, 'baseURL' | 'apiKey'>,
  request?: string,
): BotError {
  const failure = thrown instanceof RepeatedFailure ? thrown.cause : thrown;
  const chain = [...listCauses(failure)];
  const botError = chain.find((error) => error instanceof BotError);
  if (botError) return botError;
  const {
    code,
    retryable,
    predicate,
    detail: codes,
    serverMessage,
    about,
  } = classifyError(failure, chain);
  const isHarmless =
    serverMessage && request !== undefined && !repeatsWords(serverMessage, request);
  const start = `${formatServerName(client.baseURL)} ${predicate}`;
  const maxLength = maxSentenceChars - start.length - 3;
  const cutText = (text = '') =>
    maxLength > 10 ? toPlainLine(text, findClientKey(client), maxLength) : '';
  const detail = cutText(isHarmless ? serverMessage : codes);
  const message = detail === '' ? `${start}.` : `${start}: ${detail}`;
  const sentence = toPlainLine(message, findClientKey(client), maxSentenceChars);
  return new BotError(
    code,
    retryable && failure === thrown,
    sentence,
    undefined,
    undefined,
    {
      ...about,
      serverMessage: cutText(serverMessage) || undefined,
    },
  );
}

const maxSentenceChars = 300;

type ErrorClass = {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Continues a sentence that begins with the name of the server. */
  readonly predicate: string;
  /** Ends that sentence, and quotes nobody. */
  readonly detail?: string;
  /** Text of the server, which may quote the request. */
  readonly serverMessage?: string;
  readonly about?: FailureServer;
};

function classifyError(thrown: unknown, chain: readonly Error[]): ErrorClass {
  if (thrown instanceof APIError && thrown.status !== undefined)
    return classifyAnswerError(thrown);
  const text = chain.map(({ name, message }) => `${name}: ${message}`).join(' ');
  if (
    chain.some(({ name }) => name === 'SyntaxError') ||
    /terminated|aborted/i.test(text)
  ) {
    return {
      code: 'provider.truncated',
      retryable: true,
      predicate: 'ended its answer early',
    };
  }
  const codes = chain.flatMap((error) => toNonEmptyText(toRecord(error).code) ?? []);
  const network = codes.findLast((code) => /^[A-Z][A-Z_0-9]+$/.test(code));
  if (network !== undefined || /fetch failed|connection error/i.test(text)) {
    const detail = networkErrorTexts[network ?? ''] ?? network;
    return {
      code: 'provider.unreachable',
      retryable: true,
      predicate: 'could not be reached',
      detail,
    };
  }
  const failed = {
    code: 'provider.refused',
    retryable: false,
    predicate: 'failed',
  } as const;
  if (thrown instanceof APIError) return { ...failed, ...separateQuote(thrown) };
  return {
    ...failed,
    detail: thrown instanceof Error ? thrown.name : '',
    serverMessage: `${thrown}`,
  };
}

function classifyAnswerError(error: APIError): ErrorClass {
  const { headers, status = 0 } = error;
  const retryAfterMs = headers && parseRetryAfterMs(headers);
  const rejection = findKnownRejection(
    status,
    // A server may send objects there, which have no text of their own.
    `${getErrorText(error)} ${JSON.stringify([error.code, error.type])}`,
  );
  if (!rejection) return { ...classifyStatus(error), about: { status, retryAfterMs } };
  const { code, remedy, predicate } = rejection;
  const about = { status, retryAfterMs, remedy };
  return {
    code,
    retryable: false,
    predicate: `${predicate} (${status}): ${remedy}`,
    ...separateQuote(error),
    about,
  };
}

const notFoundPredicate = 'answered with error 404, check the base URL and the model';

function classifyStatus(error: APIError): ErrorClass {
  const { headers, status = 0 } = error;
  const detail = getErrorText(error);
  const texts = separateQuote(error);
  const createClass = (code: ErrorCode, predicate: string, retryable = false) => {
    return { code, retryable, predicate, ...texts };
  };
  switch (status) {
    case 401:
    case 403:
      return {
        ...createClass('provider.bad_key', `refused the key (${status})`),
        detail,
      };
    case 402:
      return createClass('provider.spent', 'wants to be paid (402)');
    case 404:
      return { ...createClass('provider.refused', notFoundPredicate), detail };
    case 408:
    case 504:
      // The server behind a gateway may still be busy with the request.
      return createClass('provider.late', `took too long (${status})`);
    case 429: {
      const retryAfter = headers && readRetryAfter(headers);
      const wait = retryAfter ? `, try again after ${retryAfter.slice(0, 40)}` : '';
      return createClass(
        'provider.rate_limited',
        `applies its rate limit${wait} (429)`,
        true,
      );
    }
    default: {
      const predicate = `answered with error ${status}`;
      return createClass(
        'provider.refused',
        predicate,
        status >= 500 || status === 409,
      );
    }
  }
}

function readRetryAfter(headers: Headers) {
  // LiteLLM passes on the header of the server behind it.
  return (
    headers.get('retry-after') ?? headers.get('llm_provider-retry-after')
  )?.trim();
}

function parseRetryAfterMs(headers: Headers) {
  const inMs = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (inMs >= 0) return inMs;
  const retryAfter = readRetryAfter(headers) ?? '';
  return /^\d+(\.\d+)?$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
}

function separateQuote(error: APIError): Pick<ErrorClass, 'detail' | 'serverMessage'> {
  // The text of an answer may quote the request, but codes do not.
  const codes = new Set(
    [error.type, error.code].map(toErrorCode).filter((code) => code !== undefined),
  );
  return { detail: [...codes].join(', '), serverMessage: getErrorText(error) };
}

function getErrorText(error: APIError) {
  // The client puts the status before the text, which may be JSON of any shape.
  return (
    findErrorText(error.error) ?? parseErrorText(error.message.replace(/^\d{3} /, ''))
  );
}

const networkErrorTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no program listens there (ECONNREFUSED), is it running?',
  ENOTFOUND: 'no such host (ENOTFOUND), check the base URL.',
  ECONNRESET: 'it closed the connection (ECONNRESET).',
  UND_ERR_SOCKET: 'it closed the connection.',
};

function* listCauses(thrown: unknown): Generator<Error> {
  let error = thrown;
  for (let depth = 0; depth < 8 && error instanceof Error; depth++) {
    yield error;
    error = error.cause;
  }
}

/** Beginnings of words, figures, and letters of scripts without spaces. */
const quotableUnits = /\p{N}+|\p{Script=Latin}{3,}|(?!\p{Script=Latin})\p{L}/gu;

/**
 * Returns whether a server's sentence repeats anything of a request: a figure, a letter of a script without spaces,
 * or the beginning of a word. Escaped characters count as a repetition.
 */
function repeatsWords(sentence: string, request: string) {
  const requestUnits = new Set(splitUnits(request));
  if (/\\[ux]/.test(sentence)) return true;
  return splitUnits(sentence).some((unit) => requestUnits.has(unit));
}

function splitUnits(text: string): readonly string[] {
  return (text.toLowerCase().match(quotableUnits) ?? []).map((unit) =>
    unit.slice(0, 4),
  );
}

type KnownRejection = {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  /** Continues a sentence that begins with the name of the server. */
  readonly predicate: string;
  readonly remedy: string;
};

const knownRejections: readonly KnownRejection[] = [
  {
    pattern:
      /exceeded your current quota|insufficient[_ ](?:quota|balance|credit|funds)|credit balance|payment required|billing/i,
    code: 'provider.spent',
    predicate: 'says the quota is used up',
    remedy: 'top up that account',
  },
  {
    pattern: /no_db_connection|token_not_found_in_db|invalid proxy server token/i,
    code: 'provider.bad_key',
    predicate: 'knows no such key of its own',
    remedy: 'set the master key or a virtual key of that proxy',
  },
  {
    pattern: /litellm\.AuthenticationError/,
    code: 'provider.bad_key',
    predicate: 'was itself refused by the server behind it',
    remedy: 'correct the api_key of that model in the configuration of the proxy',
  },
  {
    pattern:
      /context[_ ](?:length|size|window)|exceed_context_size|maximum context|prompt is too long|n_ctx/i,
    code: 'provider.refused',
    predicate: 'has no room for a prompt as long as this',
    remedy:
      'start it with a larger context (vLLM: --max-model-len; llama.cpp: --ctx-size; Ollama: OLLAMA_CONTEXT_LENGTH)',
  },
  {
    pattern:
      /\bvoices?\b.{0,80}(?:not (?:available|found|supported)|unknown|invalid)|(?:unknown|invalid|unsupported) voice/i,
    code: 'provider.refused',
    predicate: 'does not have this voice',
    remedy: 'set SPEECH_VOICE to a voice that it has',
  },
  {
    pattern:
      /\bmodel\b.{0,80}(?:not (?:found|exist|installed|available|loaded)|does not exist)|(?:invalid|unknown|no such) model|model_not_found/i,
    code: 'provider.refused',
    predicate: 'does not have this model',
    remedy: 'set a model that it lists under /v1/models',
  },
];

const rejectionStatuses = new Set([400, 401, 402, 403, 404, 422, 429, 500]);

function findKnownRejection(status: number, text: string): KnownRejection | undefined {
  if (!rejectionStatuses.has(status)) return undefined;
  return knownRejections.find(({ pattern }) => pattern.test(text));
}
