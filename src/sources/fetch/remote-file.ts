import type { IncomingMessage } from 'node:http';
import { BotError } from '#src/base/errors.ts';
import { type FetchRules, request } from './fetch.ts';
import { refusals } from './refusals.ts';

/** Properties of a file, from the first answer. */
export type RemoteFile = {
  /** Undefined for a stream without an end. */
  readonly sizeBytes: number | undefined;
  /** The server gives parts of it. */
  readonly canJump: boolean;
  readonly etag: string | undefined;
};

/** Broken connections in a row that are opened again where they were. */
const mostBreaks = 2;

export function describe({ headers, statusCode }: IncomingMessage): RemoteFile {
  const length = headers['content-length'];
  const sizeBytes = statusCode === 200 && length ? Number(length) : undefined;
  const canJump = sizeBytes !== undefined && headers['accept-ranges'] === 'bytes';
  return { sizeBytes, canJump, etag: headers.etag };
}

/**
 * The bytes of a file from `fromByte` on. Where the server gives no parts, those before are read and dropped; where it does,
 * a connection that breaks, say while a track is paused, is opened again.
 *
 * `first` is an answer that is there already, for byte 0. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`.
 */
export async function* remoteBytes(
  link: string,
  rules: FetchRules,
  file: RemoteFile,
  fromByte: number,
  signal: AbortSignal,
  first?: IncomingMessage,
): AsyncGenerator<Uint8Array> {
  let [at, breaks, answer] = [fromByte, 0, first];
  for (;;) {
    try {
      for await (const bytes of part(link, rules, file, at, signal, answer)) {
        at += bytes.length;
        breaks = 0;
        yield bytes;
      }
      return;
    } catch (cause) {
      signal.throwIfAborted();
      if (!file.canJump || !isBreak(cause) || ++breaks > mostBreaks) throw cause;
      answer = undefined;
    }
  }
}

function isBreak(cause: unknown): boolean {
  return cause instanceof BotError && cause.retryable;
}

async function* part(
  link: string,
  rules: FetchRules,
  file: RemoteFile,
  fromByte: number,
  signal: AbortSignal,
  first: IncomingMessage | undefined,
): AsyncGenerator<Uint8Array> {
  const wanted = file.canJump && fromByte > 0 ? { range: `bytes=${fromByte}-` } : {};
  const answer = first ?? (await request(link, rules, signal, wanted));
  try {
    let toDrop = fromByte - startOf(answer, file, fromByte);
    for await (const bytes of answer as AsyncIterable<Uint8Array>) {
      const kept = bytes.subarray(Math.min(toDrop, bytes.length));
      toDrop -= bytes.length - kept.length;
      if (kept.length > 0) yield kept;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof BotError) throw cause;
    throw refusals.unreachable('the connection broke', cause);
  } finally {
    answer.destroy();
  }
}

/** The byte an answer begins with. */
function startOf(
  { statusCode, headers }: IncomingMessage,
  file: RemoteFile,
  wanted: number,
): number {
  if (file.sizeBytes === undefined) return wanted; // a stream is another each time
  if (headers.etag !== file.etag) throw refusals.notAudio('it changed while it was read');
  if (statusCode === 200) return 0;
  const [, from] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
  if (Number(from) !== wanted)
    throw refusals.notAudio('its server sent another part than requested');
  return wanted;
}
