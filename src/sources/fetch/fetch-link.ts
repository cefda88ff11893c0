import type { IncomingMessage } from 'node:http';
import { BotError } from '#src/base/errors.ts';
import { type RedirectRules, requestOnce } from './request-once.ts';
import { refusals } from './sound-refusals.ts';

export type FetchRules = RedirectRules & {
  readonly mostBytes: number;
  /** Allowed media types, by default those of sounds. A missing type is allowed. */
  readonly types?: RegExp;
};

const mostRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
/** Servers deliver sounds under these. The bytes show the real format. */
const soundTypes =
  /^(audio\/|video\/|application\/(x-)?ogg|(application|binary)\/octet-stream)/;

/** True if unknown. */
export function isAllowedType(type: string | undefined, types = soundTypes): boolean {
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
  yield* readBody(await requestLink(link, rules, signal), rules.mostBytes, signal);
}

/** Reads a body of at most `mostBytes`. Throws like `fetchSource`. */
export async function* readBody(
  answer: IncomingMessage,
  mostBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    let sizeBytes = 0;
    for await (const bytes of answer as AsyncIterable<Uint8Array>) {
      sizeBytes += bytes.length;
      if (sizeBytes > mostBytes) throw refusals.tooBig(mostBytes);
      yield bytes;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof BotError) throw cause;
    throw refusals.unreachable('the connection broke', cause);
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
  wanted: { readonly range?: string } = {},
): Promise<IncomingMessage> {
  const answer = await followRedirects(link, rules, signal, wanted);
  try {
    checkAnswer(answer, rules, wanted.range !== undefined);
    return answer;
  } catch (refused) {
    answer.destroy();
    throw refused;
  }
}

async function followRedirects(
  link: string,
  rules: RedirectRules,
  signal: AbortSignal,
  wanted: { readonly range?: string },
) {
  let url = URL.parse(link);
  if (!url) throw refusals.notAllowed('it is not a link');
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await requestOnce(url, rules, signal, wanted);
    const { statusCode = 0, headers } = answer;
    if (!redirects.has(statusCode)) return answer;
    answer.destroy();
    const { location = '' } = headers;
    url = URL.parse(location, url.href);
    if (!url) throw refusals.unreachable('its redirect has no target');
  }
  throw refusals.unreachable('it has too many redirects');
}

function checkAnswer(
  { statusCode, headers }: IncomingMessage,
  { mostBytes, types }: FetchRules,
  isPart: boolean,
) {
  const isFine = statusCode === 200 || (isPart && statusCode === 206);
  if (statusCode === 404 || statusCode === 410) throw refusals.gone(statusCode);
  if (!isFine) throw refusals.unreachable(`the server answered with ${statusCode}`);
  if (!isAllowedType(headers['content-type'], types))
    throw refusals.notAudio('its media type is not allowed');
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw refusals.notAudio('it was compressed');
  if (Number(headers['content-length'] ?? 0) > mostBytes)
    throw refusals.tooBig(mostBytes);
}
