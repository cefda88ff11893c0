import type { IncomingMessage } from 'node:http';
import { BotError } from '#src/base/errors.ts';
import {
  type RedirectRules,
  type RequestOptions,
  requestOnce,
} from './request-once.ts';
import {
  createGoneError,
  createNotAllowedError,
  createNotAudioError,
  createTooBigError,
  createUnreachableError,
} from './sound-refusals.ts';

export type FetchRules = RedirectRules & {
  readonly maxBytes: number;
  /** Allowed media types, by default those of sounds. A missing type is allowed. */
  readonly types?: RegExp;
};

const maxRedirects = 3;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Servers deliver sounds under these. The bytes show the real format. */
const soundTypes =
  /^(audio\/|video\/|application\/(x-)?ogg|(application|binary)\/octet-stream)/;

/** Returns whether a media type is allowed. True if it is unknown. */
export function isAllowedType(
  type: string | undefined,
  types: RegExp = soundTypes,
): boolean {
  return !type?.trim() || types.test(type.trim().toLowerCase());
}

/**
 * Fetches a link, as fast as it is read.
 *
 * Only https and public addresses are allowed, and each of three redirects is checked. Hosts in `allowed` may be
 * private, and use http. `signal` alone limits the time. Throws BotError `source.*`.
 */
export async function* fetchSource(
  link: string,
  rules: FetchRules,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* readBody(await requestLink(link, rules, signal), rules.maxBytes, signal);
}

/** Reads a body of at most `maxBytes`. Throws like `fetchSource`. */
export async function* readBody(
  answer: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    let sizeBytes = 0;
    for await (const bytes of answer as AsyncIterable<Uint8Array>) {
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) throw createTooBigError(maxBytes);
      yield bytes;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof BotError) throw cause;
    throw createUnreachableError('the connection broke', cause);
  } finally {
    answer.destroy();
  }
}

/**
 * Requests a link, and checks the head of the answer. The caller reads or destroys the body. A `range` may be
 * ignored.
 */
export async function requestLink(
  link: string,
  rules: FetchRules,
  signal: AbortSignal,
  options: Pick<RequestOptions, 'range'> = {},
): Promise<IncomingMessage> {
  const answer = await followRedirects(link, rules, signal, options);
  try {
    checkAnswer(answer, rules, options.range !== undefined);
    return answer;
  } catch (refusal) {
    answer.destroy();
    throw refusal;
  }
}

async function followRedirects(
  link: string,
  rules: RedirectRules,
  signal: AbortSignal,
  options: Pick<RequestOptions, 'range'>,
) {
  let url = URL.parse(link);
  if (!url) throw createNotAllowedError('it is not a link');
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const answer = await requestOnce(url, rules, signal, options);
    const { statusCode = 0, headers } = answer;
    if (!redirectStatuses.has(statusCode)) return answer;
    answer.destroy();
    const { location = '' } = headers;
    url = URL.parse(location, url.href);
    if (!url) throw createUnreachableError('its redirect has no target');
  }
  throw createUnreachableError('it has too many redirects');
}

function checkAnswer(
  { statusCode, headers }: IncomingMessage,
  { maxBytes, types }: FetchRules,
  isPart: boolean,
) {
  const isFine = statusCode === 200 || (isPart && statusCode === 206);
  if (statusCode === 404 || statusCode === 410) throw createGoneError(statusCode);
  if (!isFine) throw createUnreachableError(`the server answered with ${statusCode}`);
  if (!isAllowedType(headers['content-type'], types))
    throw createNotAudioError('its media type is not allowed');
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw createNotAudioError('it was compressed');
  if (Number(headers['content-length'] ?? 0) > maxBytes)
    throw createTooBigError(maxBytes);
}
