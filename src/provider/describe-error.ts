import { APIConnectionTimeoutError, APIError, type OpenAI } from 'openai';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { keyOf } from './client.ts';
import { plainWords, serverName, wordsOf, wordsOfText } from './foreign-words.ts';

/**
 * Whatever a request threw, as a BotError `provider.*` with one sentence for the operator, free of tags and keys.
 *
 * A caller who aborted gets its own reason, not this: `signal.throwIfAborted()` comes first.
 */
export function describeError(
  thrown: unknown,
  client: Pick<OpenAI, 'baseURL' | 'apiKey'>,
): BotError {
  const chain = [...causes(thrown)];
  const told = chain.find((error) => error instanceof BotError);
  if (told) return told;
  const { code, retryable, what, words } = judge(thrown, chain);
  const start = `${serverName(client.baseURL)} ${what}`;
  const room = longestChars - start.length - 3;
  const said = room > 10 ? plainWords(words ?? '', keyOf(client), room) : '';
  const message = said === '' ? `${start}.` : `${start}: ${said}`;
  return new BotError(code, retryable, plainWords(message, keyOf(client), longestChars));
}

const longestChars = 200;

type Judgement = {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly what: string;
  readonly words?: string | undefined;
};

function judge(thrown: unknown, chain: readonly Error[]): Judgement {
  if (thrown instanceof APIConnectionTimeoutError) {
    return { code: 'provider.late', retryable: true, what: 'did not answer in time' };
  }
  if (thrown instanceof APIError && thrown.status !== undefined) return judgeStatus(thrown);
  const text = chain.map(({ name, message }) => `${name}: ${message}`).join(' ');
  if (chain.some(({ name }) => name === 'SyntaxError') || /terminated|aborted/i.test(text)) {
    return { code: 'provider.truncated', retryable: true, what: 'broke off its answer' };
  }
  const network = chain.map(systemCode).findLast((code) => code !== undefined);
  if (network !== undefined || /fetch failed|connection error/i.test(text)) {
    const words = unreachable[network ?? ''] ?? network;
    return { code: 'provider.unreachable', retryable: true, what: 'could not be reached', words };
  }
  const words = thrown instanceof APIError ? wordsOfError(thrown) : String(thrown);
  return { code: 'provider.refused', retryable: false, what: 'failed', words };
}

function judgeStatus(error: APIError): Judgement {
  const { status = 0, code, type } = error;
  const words = wordsOfError(error);
  if (status === 401 || status === 403) {
    return {
      code: 'provider.bad_key',
      retryable: false,
      what: `refused the key (${status})`,
      words,
    };
  }
  if (status === 429) {
    const spent = code === 'insufficient_quota' || type === 'insufficient_quota';
    const after = error.headers?.get('retry-after');
    const wait = after ? `, try again after ${after.slice(0, 40)}` : '';
    const what = spent ? 'says the quota is used up' : `is limiting us${wait}`;
    return { code: 'provider.rate_limited', retryable: !spent, what: `${what} (429)`, words };
  }
  if (status === 408 || status === 504) {
    return { code: 'provider.late', retryable: true, what: `took too long (${status})`, words };
  }
  const hint = status === 404 ? ', check the base URL and the model' : '';
  const what = `answered with error ${status}${hint}`;
  return { code: 'provider.refused', retryable: status >= 500 || status === 409, what, words };
}

/** The client puts the status before the text; the rest may be JSON of any shape. */
function wordsOfError(error: APIError): string {
  return wordsOf(error.error) ?? wordsOfText(error.message.replace(/^\d{3} /, ''));
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED), is it running?',
  ENOTFOUND: 'no such host (ENOTFOUND), check the base URL.',
  ECONNRESET: 'it closed the connection (ECONNRESET).',
  UND_ERR_SOCKET: 'it closed the connection.',
};

function systemCode(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_0-9]+$/.test(code) ? code : undefined;
}

/** The error and what caused it, at most eight deep. */
function* causes(thrown: unknown): Generator<Error> {
  let error = thrown;
  for (let depth = 0; depth < 8 && error instanceof Error; depth++) {
    yield error;
    error = error.cause;
  }
}
