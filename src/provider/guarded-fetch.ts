import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { JsonMeter } from '#src/base/json.ts';
import { within } from '#src/base/waiting.ts';
import { plainWords, wordsOfText } from '#src/provider/models/error-phrases.ts';
import {
  answerLimits,
  askedOf,
  type ExpectedContent,
  eventLimits,
  isEventStream,
  mediaType,
  objectionToHead,
  objectionToType,
} from './answer-type.ts';
import { BufferedAnswer } from './buffered-answer.ts';

export type Limits = {
  /** From the request to the first byte of the answer, headers included; a cold model loads in here. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer, counted only while somebody waits for one. */
  readonly idleMs: number;
  /** Of one answer. */
  readonly maxBytes: number;
};

export const standardLimits: Limits = {
  firstByteMs: 30_000,
  idleMs: 15_000,
  maxBytes: 64 * 1024 * 1024,
};

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

export type Guard = {
  /** How messages name the server. */
  readonly server: () => string;
  readonly secret: string | undefined;
  readonly limits: Limits;
  readonly clock: Clock;
  /** An answer that was asked to stream came as one block after a wait. Never throws. */
  readonly onBuffered?: (() => void) | undefined;
};

/** Bytes of events that are read in one turn of the event loop: two thousand of the smallest. */
const eventPartBytes = 16 * 1024;

/** The only headers that leave: what the environment may have added to a client goes to no server. */
const ownHeader = /^(accept|authorization|content-type|user-agent)$/;

/**
 * A `fetch` that cannot hang, flood, follow a redirect, or take a web page for an answer. JSON and events in an answer are
 * measured as they come, so that whoever parses them finds them within `answerLimits` and `eventLimits`.
 *
 * Errors: BotError `provider.late`, `provider.wrong_type`, `provider.refused`, also out of the body while it is read.
 * Every error and every cancelled body closes the connection.
 */
export function guardFetch(guard: Guard): Fetch {
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const { clock, limits } = guard;
    const hangUp = new AbortController();
    const signal = AbortSignal.any([hangUp.signal, ...(init.signal ? [init.signal] : [])]);
    const headers = new Headers(init.headers);
    for (const name of [...headers.keys()]) if (!ownHeader.test(name)) headers.delete(name);
    const sentAtMs = clock.nowMs();
    const sent = send(url, { ...init, headers, signal, redirect: 'manual' });
    try {
      const response = await within(sent, limits.firstByteMs, clock, () =>
        late(guard, 'firstByteMs'),
      );
      return await check(response, { ...guard, hangUp, sentAtMs, asked: askedOf(url, init.body) });
    } catch (cause) {
      hangUp.abort(cause);
      throw cause;
    }
  };
}

/**
 * A form leaves as the bytes it is written as: undici goes on reading a form of a request that failed at once, and throws
 * where nobody can catch it.
 */
async function send(
  url: string,
  init: RequestInit & { readonly headers: Headers },
): Promise<Response> {
  if (!(init.body instanceof FormData)) return await fetch(url, init);
  const form = new Response(init.body);
  init.headers.set('content-type', form.headers.get('content-type') ?? '');
  return await fetch(url, { ...init, body: await form.bytes() });
}

type Watch = Guard & {
  readonly hangUp: AbortController;
  readonly sentAtMs: number;
  readonly asked: ExpectedContent;
};

async function check(response: Response, watch: Watch): Promise<Response> {
  const { status, statusText, headers } = response;
  const server = watch.server();
  if (status >= 300 && status < 400) {
    const to = plainWords(headers.get('location') ?? 'nowhere', watch.secret, 80);
    throw new BotError(
      'provider.refused',
      false,
      `${server} redirects to ${to}: set that address as the base URL.`,
    );
  }
  if (!response.body) return response;
  const objection = response.ok ? objectionToType(mediaType(headers), watch.asked) : undefined;
  const isSound = response.ok && watch.asked === 'sound' && objection === undefined;
  const meter = isSound ? undefined : meterOf(response, watch);
  const body = watchBody(response.body, { ...watch, meter }, response.ok);
  const watched = new Response(body, { status, statusText, headers });
  if (objection === 'json') throw jsonInstead(await watched.text(), watch);
  if (objection) throw wrongType(server, objection);
  return watched;
}

/** An answer with what measures it; undefined for sound. */
type MeasuredAnswer = Watch & { readonly meter: JsonMeter | undefined };

/** Errors are read as JSON, whatever was asked. */
function meterOf({ ok, headers }: Response, { asked }: Watch): JsonMeter {
  const isStream = ok && isEventStream(mediaType(headers), asked);
  return new JsonMeter(isStream ? eventLimits : answerLimits, { isStream });
}

/** Passes pieces on as they are asked for, each within its limit. */
function watchBody(
  body: ReadableStream<Uint8Array>,
  watch: MeasuredAnswer,
  judge: boolean,
): ReadableStream<Uint8Array> {
  const { clock, limits, hangUp, sentAtMs } = watch;
  const reader = body.getReader();
  const buffered = judge ? bufferedAnswerOf(watch) : undefined;
  let bytes = 0;
  const read = async () => {
    const first = bytes === 0;
    const fromMs = clock.nowMs();
    const ms = first ? sentAtMs + limits.firstByteMs - fromMs : limits.idleMs;
    const limit = first ? 'firstByteMs' : 'idleMs';
    const { done, value } = await within(reader.read(), ms, clock, () => late(watch, limit));
    if (done) {
      buffered?.end();
      return undefined;
    }
    buffered?.piece(value.length, fromMs, clock.nowMs());
    if (first && judge) judgeHead(value, watch);
    bytes += value.length;
    checkSize(value, bytes, watch);
    return value;
  };
  let unread: Uint8Array | undefined;
  /** Events are handed on in parts: whoever reads them goes through all of a piece in one turn of the event loop. */
  const readPart = async () => {
    if (unread) await setImmediate();
    const piece = unread ?? (await read());
    const partBytes = watch.meter?.isStream ? eventPartBytes : Number.POSITIVE_INFINITY;
    unread = piece && piece.length > partBytes ? piece.subarray(partBytes) : undefined;
    return unread ? piece?.subarray(0, partBytes) : piece;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await readPart();
          if (piece) controller.enqueue(piece);
          else controller.close();
        } catch (cause) {
          hangUp.abort(cause);
          controller.error(cause);
        }
      },
      cancel(reason) {
        buffered?.end(); // the client leaves at the end mark of a stream
        hangUp.abort(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Undefined for what was not asked to stream. */
function bufferedAnswerOf({ asked, sentAtMs, onBuffered }: Watch): BufferedAnswer | undefined {
  if (!onBuffered || (asked !== 'sound' && asked !== 'events')) return undefined;
  return new BufferedAnswer(asked, sentAtMs, onBuffered);
}

function judgeHead(head: Uint8Array, watch: Watch): void {
  const objection = objectionToHead(head, watch.asked);
  if (objection === 'json') throw jsonInstead(Buffer.from(head).toString(), watch);
  if (objection) throw wrongType(watch.server(), objection);
}

function late({ server, limits }: Guard, limit: 'firstByteMs' | 'idleMs'): BotError {
  const seconds = Math.round(limits[limit] / 100) / 10;
  const doing =
    limit === 'idleMs' ? 'stopped in the middle of its answer for' : 'did not answer in';
  return new BotError('provider.late', true, `${server()} ${doing} ${seconds} s.`);
}

function wrongType(server: string, what: string): BotError {
  const advice = 'check that the base URL is the API itself, which usually ends in /v1';
  const message = `${server} answered with ${what}: ${advice}.`;
  return new BotError('provider.wrong_type', false, message);
}

/** JSON where sound or a stream was asked is an error in the clothes of a success. */
function jsonInstead(text: string, { server, secret }: Guard): BotError {
  const words = plainWords(wordsOfText(text), secret, 120);
  const message = `${server()} answered with JSON.`;
  return new BotError('provider.wrong_type', false, message, undefined, undefined, {
    serverWords: words,
  });
}

/** `bytes` up to the end of this piece. Errors: BotError `provider.refused`. */
function checkSize(piece: Uint8Array, bytes: number, watch: MeasuredAnswer): void {
  const { server, limits, meter } = watch;
  const isTooLong = bytes > limits.maxBytes;
  const megabytes = Math.round(limits.maxBytes / 1024 / 1024);
  const what = isTooLong ? `more than ${megabytes} MB` : meter?.push(piece)?.words;
  if (what) throw new BotError('provider.refused', false, `${server()} sent ${what}.`);
}
