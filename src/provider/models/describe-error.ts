import { APIError } from 'openai/core/error';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import { admitCode, admitSentence } from '#src/base/logged-text.ts';
import { type ApiClient, findClientKey } from '#src/provider/api-client.ts';
import { RepeatedFailure } from '#src/provider/negotiation/negotiation.ts';
import { formatServerName, toErrorCode, toPlainLine } from './error-text.ts';
import {
  classifyRefusal,
  listCauses,
  type Refusal,
  type RefusalKind,
} from './refusal.ts';
import { isWebPage } from './refusal-evidence.ts';
import { refusalTopics } from './refusal-words.ts';

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
  } = classifyError(failure, chain, request === '');
  const quotable = serverMessage && admitSentence(serverMessage, request);
  const start = `${formatServerName(client.baseURL)} ${predicate}`;
  const maxLength = maxSentenceChars - start.length - 3;
  const cutText = (text = '') =>
    maxLength > 10 ? toPlainLine(text, findClientKey(client), maxLength) : '';
  const detail = cutText(quotable || keepUnsaidCodes(codes, request));
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
const maxReadChars = 8_000;

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

function classifyError(
  thrown: unknown,
  chain: readonly Error[],
  isWordless: boolean,
): ErrorClass {
  const refusal = blameKey(classifyRefusal(thrown), isWordless);
  const answer = chain.find((error) => error instanceof APIError);
  if (refusal.kind !== 'none') return classifyAnswerError(refusal, answer);
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
  return {
    code: 'provider.refused',
    retryable: false,
    predicate: 'failed',
    detail: thrown instanceof Error ? thrown.name : '',
    serverMessage: `${thrown}`,
  };
}

/** A request without a word of people can be refused for its key alone, if no reason is told. */
function blameKey(refusal: Refusal, isWordless: boolean): Refusal {
  const isUnexplained =
    refusal.kind === 'forbidden' && describeProhibition(refusal).remedy === undefined;
  return isWordless && isUnexplained ? { ...refusal, kind: 'key' } : refusal;
}

function classifyAnswerError(
  refusal: Refusal,
  answer: APIError | undefined,
): ErrorClass {
  const { kind, retryAfterMs, status, text, tokensOver } = refusal;
  const { code, predicate, remedy, retryable = false } = sentences[kind](refusal);
  // The text of an answer may quote the request, but codes do not.
  const codes = [answer?.type, answer?.code, refusal.code]
    .map(toErrorCode)
    .filter((word) => word !== undefined);
  const isNumbered = status === undefined || predicate.includes(`${status}`);
  const numbered = isNumbered ? predicate : `${predicate} (${status})`;
  return {
    code,
    retryable,
    predicate: remedy === undefined ? numbered : `${numbered}: ${remedy}`,
    detail: [...new Set(codes)].join(', '),
    serverMessage: text,
    about: {
      status,
      retryAfterMs,
      remedy,
      tokensOver,
      ...(kind === 'content' && { isContentRefusal: true }),
      ...(kind === 'too long' && { isTooLong: true }),
    },
  };
}

/** Says of a refusal what the operator needs to know. */
type Sentence = {
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  /** Continues a sentence that begins with the name of the server. */
  readonly predicate: string;
  readonly remedy?: string;
};

const createRefusedSentence = (predicate: string, remedy?: string): Sentence => ({
  code: 'provider.refused',
  predicate,
  remedy,
});

const sentences: Readonly<Record<RefusalKind, (refusal: Refusal) => Sentence>> = {
  content: () => createRefusedSentence('refuses this request for its content'),
  'too long': describeLength,
  'too many tokens': () =>
    createRefusedSentence('allows a shorter answer than this request asks for'),
  loading: () => ({
    code: 'provider.loading',
    retryable: true,
    predicate: 'is still loading its model',
  }),
  rate: ({ retryAfterMs }) => ({
    code: 'provider.rate_limited',
    retryable: true,
    predicate: `applies its rate limit${formatWait(retryAfterMs, ', try again in ')}`,
  }),
  spent: describeSpending,
  key: describeKey,
  forbidden: describeProhibition,
  model: describeModel,
  voice: () =>
    createRefusedSentence(
      'does not have this voice',
      'set SPEECH_VOICE to a voice that it has',
    ),
  'malformed call': () => ({
    ...createRefusedSentence('could not read the call of a tool that its model wrote'),
    retryable: true,
  }),
  'too short sound': () =>
    createRefusedSentence('finds the sound too short for a word'),
  busy: (refusal) => ({
    ...createRefusedSentence(describeAbsence(refusal)),
    retryable: true,
  }),
  // The server behind a gateway may still be busy with the request.
  late: () => ({ code: 'provider.late', predicate: 'took too long' }),
  request: describeStatus,
  none: () => createRefusedSentence('failed'),
};

function describeStatus({ status = 0 }: Refusal): Sentence {
  if (status === 0) return createRefusedSentence('failed');
  const advice = status === 404 ? ', check the base URL and the model' : '';
  return {
    ...createRefusedSentence(`answered with error ${status}${advice}`),
    retryable: status >= 500 || status === 409,
  };
}

function describeLength({ code = '', text }: Refusal): Sentence {
  if (
    !/context|prompt|token|n_ctx|_len\b/i.test(`${text.slice(0, maxReadChars)} ${code}`)
  )
    return createRefusedSentence('finds this request too large');
  return createRefusedSentence(
    'has no room for a prompt as long as this',
    'start it with a larger context (vLLM: --max-model-len; llama.cpp: --ctx-size; Ollama: OLLAMA_CONTEXT_LENGTH)',
  );
}

function describeSpending({ isDaily, retryAfterMs, status }: Refusal): Sentence {
  const code = 'provider.spent';
  if (isDaily) {
    const wait = formatWait(retryAfterMs, ' in ');
    return {
      code,
      predicate: 'says the quota of the day is used up',
      remedy: `wait until it opens again${wait}, or raise it in that account`,
    };
  }
  const predicate = status === 402 ? 'wants to be paid' : 'says the quota is used up';
  return { code, predicate, remedy: 'top up that account' };
}

function describeKey({ text }: Refusal): Sentence {
  const code = 'provider.bad_key';
  if (/no_db_connection|token_not_found_in_db|invalid proxy server token/i.test(text))
    return {
      code,
      predicate: 'knows no such key of its own',
      remedy: 'set the master key or a virtual key of that proxy',
    };
  if (/litellm\.AuthenticationError/.test(text))
    return {
      code,
      predicate: 'was itself refused by the server behind it',
      remedy: 'correct the api_key of that model in the configuration of the proxy',
    };
  return { code, predicate: 'refused the key' };
}

function describeModel({ status }: Refusal): Sentence {
  if (status === 401 || status === 403)
    return createRefusedSentence(
      'does not let this key use this model',
      'set a model that this key may use, or allow it in that account',
    );
  return createRefusedSentence(
    'does not have this model',
    'set a model that it lists under /v1/models',
  );
}

/** Sentences about a refusal that has nothing to do with the request. The first fitting one counts. */
const prohibitions = [
  [
    'firewall',
    'is behind a firewall or proxy that blocked the request',
    'let this machine through there',
  ],
  ['region', 'does not serve the region of this machine', 'choose another server'],
  [
    'API switched off',
    'has this API switched off for that account',
    'switch it on there',
  ],
  ['closed account', 'has closed that account', 'ask its support'],
] as const;

function describeProhibition({ code = '', text }: Refusal): Sentence {
  const words = isWebPage(text) ? 'firewall' : `${text.slice(0, maxReadChars)} ${code}`;
  const found = prohibitions.find(([topic]) => {
    const { codes, words: pattern } = refusalTopics[topic];
    return pattern.test(words) || codes?.test(words);
  });
  const [, predicate = 'does not allow this request', remedy] = found ?? [];
  return createRefusedSentence(predicate, remedy);
}

function describeAbsence({ status, text, code = '' }: Refusal): string {
  if (status === 424) return 'says that a server behind it failed';
  if (isWebPage(text)) return 'does not answer the proxy before it';
  return status === 529 ||
    /overload|busy|capacity/i.test(`${text.slice(0, maxReadChars)} ${code}`)
    ? 'is overloaded'
    : 'is not available now';
}

/** Formats a wait behind `start`, in the largest unit that fits. Empty without a wait. */
function formatWait(waitMs: number | undefined, start: string) {
  if (waitMs === undefined) return '';
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  if (seconds < 120) return `${start}${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120
    ? `${start}${minutes} min`
    : `${start}${Math.ceil(minutes / 60)} h`;
}

const networkErrorTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no program listens there (ECONNREFUSED), is it running?',
  ENOTFOUND: 'no such host (ENOTFOUND), check the base URL.',
  ECONNRESET: 'it closed the connection (ECONNRESET).',
  UND_ERR_SOCKET: 'it closed the connection.',
};

/** Keeps the codes that surely repeat nothing that was said. */
function keepUnsaidCodes(codes = '', request?: string) {
  const unsaid = codes.split(', ').filter((code) => admitCode(code, request));
  return unsaid.join(', ');
}
