import type { IncomingMessage } from 'node:http';
import { BotError } from '#src/base/errors.ts';
import { type RedirectRules, requestOnce } from './request-once.ts';
import { refusals } from './sound-refusals.ts';

export type FetchRules = RedirectRules & {
  readonly mostBytes: number;
  /** Allowed media types; absent: those of sounds. An unknown one is allowed. */
  readonly types?: RegExp;
};

const mostRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
/** Media types under which servers deliver sounds; the real format shows in the bytes. */
const soundTypes =
  /^(audio\/|video\/|application\/(x-)?ogg|(application|binary)\/octet-stream)/;

/** Whether a file may have this media type: that of a sound, or one of `types`; true where the type is unknown. */
export function isAllowedType(type: string | undefined, types = soundTypes): boolean {
  return !type?.trim() || types.test(type.trim().toLowerCase());
}

/**
 * The bytes behind a link, as they arrive and not faster than they are read; stopping early closes the connection.
 *
 * Only over https, only from public addresses, checked again at each of at most three redirects; hosts in `allowed` are
 * asked wherever they are, over http too. How long it may take is up to `signal`.
 *
 * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`.
 */
export async function* fetchSource(
  link: string,
  rules: FetchRules,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* readBody(await requestLink(link, rules, signal), rules.mostBytes, signal);
}

/** The bytes of an answer, `mostBytes` of them at most. Errors and abort: as `fetchSource`. */
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
 * The head of an answer that is allowed to hold a sound, as `fetchSource` has it; its body has to be read or destroyed.
 *
 * `range` as HTTP writes it; the answer then has status 206, or 200 and all of it.
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

/** Checks status, type and size in the head of an answer. */
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
