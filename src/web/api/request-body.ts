import { setImmediate } from 'node:timers/promises';
import type { Context } from 'hono';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { noGuild, toProgramId } from '#src/base/ids.ts';
import {
  checkForeignValue,
  type JsonLimits,
  parseForeignJson,
} from '#src/base/json.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { ApiRefusal, createRefusal } from './api-refusal.ts';

/** Truth in a form or in a query: `true`, `1` or `yes` and their opposites, in any case, as programs write it. */
export const isTrue: z.ZodType<boolean, string> = z.stringbool();

/** Fits 1,000 messages, or two minutes of sound in base64. */
export const requestJsonLimits: JsonLimits = {
  bytes: 8 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/** Most bytes of a sound: two minutes of 48 kHz stereo. */
export const maxSoundBytes: number = 24 * 1_024 * 1_024;

/** Largest body, in bytes, that needs no slot. */
const smallBodyBytes = 64 * 2 ** 10;
/** Concurrent larger bodies. */
const [maxOfToken, maxBodies] = [2, 8];
/** A body may take the 30 s of a request. */
const retryAfterS = 5;

/** Reserves a slot for a large body of a token. Throws `ApiRefusal` 429 if none is free. */
export type ReserveBody = (token: string) => Disposable;

/** Concurrent bodies that play as they come. Each waits for its track. */
const [maxStreamsOfToken, maxStreams] = [4, 16];

/** Creates the slots for large bodies. */
export function createBodyReservations(): ReserveBody {
  return createReservations('large bodies', maxOfToken, maxBodies);
}

/** Creates the slots for bodies that play as they come. */
export function createStreamReservations(): ReserveBody {
  return createReservations('sounds', maxStreamsOfToken, maxStreams);
}

function createReservations(what: string, ofToken: number, ofAll: number): ReserveBody {
  const slots = new WrittenAnswerConcurrency(ofToken, ofAll);

  return (token) => {
    const slot = slots.enter(noGuild, toProgramId(token));
    if (slot) return slot;
    throw new ApiRefusal({
      status: 429,
      code: 'body.busy',
      message: `A token sends ${ofToken} ${what} at a time, and all tokens ${ofAll}: try again in ${retryAfterS} s.`,
      retryAfterS,
    });
  };
}

/** A body that is read while it is used. */
export interface BodyStream extends Disposable {
  /** The bytes as they come. Throws BotError `source.unreachable` if the program hangs up, and `ApiRefusal` without a slot. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Content type, if the program names one. */
  readonly type: string | undefined;
  /** Resolves once no byte is read any more. */
  readonly closed: Promise<void>;
}

/** Opens the body of a request, of any length. Nothing is read before it is asked for. Dispose of it at its end. */
export function openBodyStream({ req }: Context, takePlace: TakeBodyPlace): BodyStream {
  const closed = Promise.withResolvers<void>();
  async function* readBytes() {
    try {
      using _ = takePlace();
      for await (const chunk of req.raw.body ?? []) yield chunk;
    } catch (cause) {
      if (cause instanceof ApiRefusal) throw cause;
      throw createCutOffError(cause);
    } finally {
      closed.resolve();
    }
  }
  const bytes = readBytes();
  return {
    bytes,
    type: req.header('content-type'),
    closed: closed.promise,
    [Symbol.dispose]() {
      closed.resolve();
      // A body that does not move ends with its connection.
      void bytes.return().catch(() => undefined);
    },
  };
}

function createCutOffError(cause: unknown) {
  const message = 'A sound did not arrive: its program hung up.';
  return new BotError('source.unreachable', false, message, cause);
}

/** Takes a slot for a large body. Throws `ApiRefusal` 429 if none is free. */
export type TakeBodyPlace = () => Disposable;

/** Reads JSON of a request. Throws `ApiRefusal`. */
export async function readJsonBody(
  context: Context,
  takePlace: TakeBodyPlace,
): Promise<unknown> {
  const bytes = await readBodyBytes(context, requestJsonLimits.bytes, takePlace);
  const read = parseForeignJson(bytes, requestJsonLimits);
  if (read.kind === 'fault')
    throw createRefusal(
      read.code === 'json.broken' ? 400 : 413,
      read.code,
      `The body is ${read.description}.`,
    );
  await setImmediate(); // frames of sound leave before it is checked
  return read.value;
}

/** Reads a body. Throws `ApiRefusal` if too long, incomplete, or without a slot. */
export async function readBodyBytes(
  { req }: Context,
  maxBytes: number,
  takePlace: TakeBodyPlace,
): Promise<Uint8Array> {
  const announcedBytes = Number(
    req.header('content-length') ?? Number.POSITIVE_INFINITY,
  );
  using _ = announcedBytes > smallBodyBytes ? takePlace() : undefined;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of req.raw.body ?? []) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw createTooLongRefusal(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiRefusal) throw error;
    throw createRefusal(400, 'body.cut_off', 'The body is incomplete.');
  }
  return Buffer.concat(chunks);
}

function createTooLongRefusal(maxBytes: number) {
  return createRefusal(
    413,
    'body.too_long',
    `The body is too long: at most ${maxBytes / 2 ** 20} MiB.`,
  );
}

/** Checks a body. Throws `ApiRefusal` with a sentence about the first mistake. */
export function checkBody<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const read = checkForeignValue(schema, value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const param = z.core.toDotPath(issue?.path ?? []);
  throw createRefusal(
    400,
    'request.invalid',
    `${param || 'The request'}: ${issue?.message}.`,
    param || undefined,
  );
}
