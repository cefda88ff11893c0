import { APIError } from 'openai/core/error';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import { type ApiClient, findClientKey } from '#src/provider/api-client.ts';
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
 * text is in `about.serverWords` alone. A caller who aborted calls `signal.throwIfAborted()` first.
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
  const chain = [...listCauses(thrown)];
  const botError = chain.find((error) => error instanceof BotError);
  if (botError) return botError;
  const {
    code,
    retryable,
    what,
    words: codes,
    serverWords,
    about,
  } = classifyError(thrown, chain);
  const isHarmless =
    serverWords && request !== undefined && !repeatsWords(serverWords, request);
  const words = isHarmless ? serverWords : codes;
  const start = `${formatServerName(client.baseURL)} ${what}`;
  const maxLength = maxSentenceChars - start.length - 3;
  const cut = (text = '') =>
    maxLength > 10 ? toPlainLine(text, findClientKey(client), maxLength) : '';
  const said = cut(words);
  const message = said === '' ? `${start}.` : `${start}: ${said}`;
  const sentence = toPlainLine(message, findClientKey(client), maxSentenceChars);
  return new BotError(code, retryable, sentence, undefined, undefined, {
    ...about,
    serverMessage: cut(serverWords) || undefined,
  });
}

const maxSentenceChars = 300;

type ErrorClass = {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly what: string;
  readonly words?: string;
  readonly serverWords?: string;
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
      what: 'ended its answer early',
    };
  }
  const codes = chain.flatMap((error) => toNonEmptyText(toRecord(error).code) ?? []);
  const network = codes.findLast((code) => /^[A-Z][A-Z_0-9]+$/.test(code));
  if (network !== undefined || /fetch failed|connection error/i.test(text)) {
    const words = networkErrorTexts[network ?? ''] ?? network;
    return {
      code: 'provider.unreachable',
      retryable: true,
      what: 'could not be reached',
      words,
    };
  }
  const failed = {
    code: 'provider.refused',
    retryable: false,
    what: 'failed',
  } as const;
  if (thrown instanceof APIError) return { ...failed, ...separateQuote(thrown) };
  return {
    ...failed,
    words: thrown instanceof Error ? thrown.name : '',
    serverWords: `${thrown}`,
  };
}

function classifyAnswerError(error: APIError): ErrorClass {
  const { headers, status = 0 } = error;
  const retryAfterMs = headers && parseRetryAfterMs(headers);
  const known = findKnownRejection(
    status,
    // A server may send objects there, which have no text of their own.
    `${getErrorText(error)} ${JSON.stringify([error.code, error.type])}`,
  );
  if (!known) return { ...classifyStatus(error), about: { status, retryAfterMs } };
  const { code, mend, what } = known;
  const about = { status, retryAfterMs, remedy: mend };
  return {
    code,
    retryable: false,
    what: `${what} (${status}): ${mend}`,
    ...separateQuote(error),
    about,
  };
}

function classifyStatus(error: APIError): ErrorClass {
  const { headers, status = 0 } = error;
  const words = getErrorText(error);
  const apart = separateQuote(error);
  const judged = (code: ErrorCode, what: string, retryable = false) => {
    return { code, retryable, what, ...apart };
  };
  switch (status) {
    case 401:
    case 403:
      return { ...judged('provider.bad_key', `refused the key (${status})`), words };
    case 402:
      return judged('provider.spent', 'wants to be paid (402)');
    case 404: {
      const what = 'answered with error 404, check the base URL and the model';
      return { ...judged('provider.refused', what), words };
    }
    case 408:
    case 504:
      // The server behind a gateway may still be busy with the request.
      return judged('provider.late', `took too long (${status})`);
    case 429: {
      const after = headers && readRetryAfter(headers);
      const wait = after ? `, try again after ${after.slice(0, 40)}` : '';
      return judged(
        'provider.rate_limited',
        `applies its rate limit${wait} (429)`,
        true,
      );
    }
    default: {
      const what = `answered with error ${status}`;
      return judged('provider.refused', what, status >= 500 || status === 409);
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
  const after = readRetryAfter(headers) ?? '';
  return /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : undefined;
}

function separateQuote(error: APIError): Pick<ErrorClass, 'words' | 'serverWords'> {
  // The text of an answer may quote the request, but codes do not.
  const codes = new Set(
    [error.type, error.code].map(toErrorCode).filter((code) => code !== undefined),
  );
  return { words: [...codes].join(', '), serverWords: getErrorText(error) };
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
  const said = new Set(splitUnits(request));
  return /\\[ux]/.test(sentence) || splitUnits(sentence).some((unit) => said.has(unit));
}

function splitUnits(text: string): readonly string[] {
  return (text.toLowerCase().match(quotableUnits) ?? []).map((unit) =>
    unit.slice(0, 4),
  );
}

type KnownRejection = {
  readonly words: RegExp;
  readonly code: ErrorCode;
  /** Continues a sentence that begins with the name of the server. */
  readonly what: string;
  readonly mend: string;
};

const knownRejections: readonly KnownRejection[] = [
  {
    words:
      /exceeded your current quota|insufficient[_ ](?:quota|balance|credit|funds)|credit balance|payment required|billing/i,
    code: 'provider.spent',
    what: 'says the quota is used up',
    mend: 'top up that account',
  },
  {
    words: /no_db_connection|token_not_found_in_db|invalid proxy server token/i,
    code: 'provider.bad_key',
    what: 'knows no such key of its own',
    mend: 'set the master key or a virtual key of that proxy',
  },
  {
    words: /litellm\.AuthenticationError/,
    code: 'provider.bad_key',
    what: 'was itself refused by the server behind it',
    mend: 'correct the api_key of that model in the configuration of the proxy',
  },
  {
    words:
      /context[_ ](?:length|size|window)|exceed_context_size|maximum context|prompt is too long|n_ctx/i,
    code: 'provider.refused',
    what: 'has no room for a prompt as long as this',
    mend: 'start it with a larger context (vLLM: --max-model-len; llama.cpp: --ctx-size; Ollama: OLLAMA_CONTEXT_LENGTH)',
  },
  {
    words:
      /\bvoices?\b.{0,80}(?:not (?:available|found|supported)|unknown|invalid)|(?:unknown|invalid|unsupported) voice/i,
    code: 'provider.refused',
    what: 'does not have this voice',
    mend: 'set SPEECH_VOICE to a voice that it has',
  },
  {
    words:
      /\bmodel\b.{0,80}(?:not (?:found|exist|installed|available|loaded)|does not exist)|(?:invalid|unknown|no such) model|model_not_found/i,
    code: 'provider.refused',
    what: 'does not have this model',
    mend: 'set a model that it lists under /v1/models',
  },
];

const rejectionStatuses = new Set([400, 401, 402, 403, 404, 422, 429, 500]);

function findKnownRejection(status: number, words: string): KnownRejection | undefined {
  if (!rejectionStatuses.has(status)) return undefined;
  return knownRejections.find((known) => known.words.test(words));
}
