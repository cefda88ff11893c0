import type { UnderlyingSource } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { fetchWithFormBytes } from '#src/base/fetch-with-form-bytes.ts';
import { JsonMeter, tryParseForeignJson } from '#src/base/json.ts';
import { endMarkReason, findAnswerRefusal } from './event-stream.ts';
import {
  answerLimits,
  eventLimits,
  parseErrorText,
  toPlainLine,
} from './models/error-text.ts';
import { type AccessRequest, placeholderKey } from './server-access.ts';

const maxAnswerBytes = 64 * 1024 * 1024;
const maxHeadBytes = 4096;

/** A `fetch` as the clients of servers call it. */
export type Fetch = (
  url: string | URL | Request,
  init?: RequestInit,
) => Promise<Response>;

/** The server that requests go to: its name for errors, and its key. */
export type FetchGuard = {
  /** Name of the server in errors. */
  readonly server: string;
  /** Gets the key, which goes to this server alone and into no error. */
  readonly secret: () => string | undefined;
  /** Sends a request to where the server takes it. Default: as it is, with the key as `Bearer`. */
  readonly send?: (url: string, request: AccessRequest) => Promise<Response>;
};

/** Two thousand of the smallest events, read in one turn of the event loop. */
const eventPartBytes = 16 * 1024;

/** A stream that ends in time after its end mark leaves its connection usable. */
const maxStreamEndMs = 1_000;

/** Headers that the client adds by itself or from the environment go to no server. */
const allowedHeader = /^(accept|content-type)$/;

/**
 * Creates a `fetch` that cannot flood, follow a redirect, or take a web page for an answer.
 *
 * JSON and events are held to `answerLimits` and `eventLimits`. Throws BotError `provider.wrong_type` or
 * `provider.refused`, also while the body is read. Errors and cancelled bodies close the connection, except with
 * `endMarkReason` and an end in time.
 */
export function createGuardedFetch(guard: FetchGuard): Fetch {
  const { send = fetchWithFormBytes } = guard;
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const hangUp = new AbortController();
    const headers = new Headers(init.headers);
    for (const name of [...headers.keys()])
      if (!allowedHeader.test(name)) headers.delete(name);
    headers.set('authorization', `Bearer ${guard.secret() ?? placeholderKey}`);
    headers.set('user-agent', 'Parley');
    const signal = init.signal
      ? AbortSignal.any([init.signal, hangUp.signal])
      : hangUp.signal;
    try {
      const response = await send(url, {
        ...init,
        headers,
        signal,
        redirect: 'manual',
      });
      return await checkResponse(response, {
        ...guard,
        hangUp,
        expected: getExpectedContent(url, init.body),
      });
    } catch (cause) {
      hangUp.abort(cause);
      throw cause;
    }
  };
}

type ResponseWatch = FetchGuard & {
  readonly hangUp: AbortController;
  readonly expected: ExpectedContent;
};

async function checkResponse(response: Response, watch: ResponseWatch) {
  const { status, statusText, headers } = response;
  if (status >= 300 && status < 400) throw createRedirectError(headers, watch);
  if (!response.body) return response;
  const objection = response.ok
    ? findTypeObjection(getMediaType(headers), watch.expected)
    : undefined;
  let unread = response.body;
  if (objection && /events|words/.test(watch.expected)) {
    const [headCopy, body] = unread.tee();
    unread = body;
    if (looksLikeEvents(await readHead(headCopy))) {
      const labelled = new Response(body, { headers });
      labelled.headers.set('content-type', 'text/event-stream');
      return await checkResponse(labelled, watch);
    }
  }
  const isSound = response.ok && watch.expected === 'sound' && objection === undefined;
  const meter = isSound ? undefined : createMeter(response, watch);
  const watchedBody = new WatchedBody(unread, { ...watch, meter }, response.ok);
  const body = new ReadableStream(watchedBody, { highWaterMark: 0 });
  const watched = new Response(body, { status, statusText, headers });
  if (objection) throw await createWrongTypeError(objection, watched, watch);
  return watched;
}

function createRedirectError(headers: Headers, { secret, server }: ResponseWatch) {
  const to = toPlainLine(headers.get('location') ?? 'nowhere', secret(), 80);
  const message = `${server} redirects to ${to}: set that address as the base URL.`;
  return new BotError('provider.refused', false, message);
}

async function readHead(body: ReadableStream<Uint8Array>) {
  let text = '';
  for await (const piece of body.values({ preventCancel: true })) {
    text += Buffer.from(piece).toString('latin1');
    if (text.length > maxHeadBytes || text.trimStart().includes('\n')) break;
  }
  body.cancel().catch(() => undefined);
  return text;
}

type MeasuredAnswer = ResponseWatch & { readonly meter: JsonMeter | undefined };

function createMeter({ ok, headers }: Response, { expected }: ResponseWatch) {
  const isStream = ok && isEventStream(getMediaType(headers), expected);
  return new JsonMeter(isStream ? eventLimits : answerLimits, { isStream });
}

/** Passes a body on in small parts, and stops at what is too large or of the wrong type. */
class WatchedBody implements UnderlyingSource<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #watch: MeasuredAnswer;
  readonly #isJudged: boolean;
  readonly #partBytes: number;
  #bytes = 0;
  #unread: Uint8Array | undefined;

  /** `isJudged` compares the first bytes with the expected type. */
  constructor(
    body: ReadableStream<Uint8Array>,
    watch: MeasuredAnswer,
    isJudged: boolean,
  ) {
    this.#reader = body.getReader();
    this.#watch = watch;
    this.#isJudged = isJudged;
    this.#partBytes = watch.meter?.isStream ? eventPartBytes : Infinity;
  }

  /** Enqueues the next part. A failure closes the connection and ends the stream with that error. */
  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const part = await this.#nextPart();
      if (part) controller.enqueue(part);
      else controller.close();
    } catch (cause) {
      this.#watch.hangUp.abort(cause);
      controller.error(cause);
    }
  }

  /** Closes the connection. After an end mark it may stay open, if the stream ends in time. */
  cancel(reason: unknown): void {
    if (reason === endMarkReason && !this.#unread) void this.#readToEnd();
    else this.#watch.hangUp.abort(reason);
  }

  async #nextPart() {
    // A reader goes through a whole piece in one turn of the event loop.
    if (this.#unread) await setImmediate();
    const piece = this.#unread ?? (await this.#readPiece());
    const isLong = piece !== undefined && piece.length > this.#partBytes;
    this.#unread = isLong ? piece.subarray(this.#partBytes) : undefined;
    return isLong ? piece.subarray(0, this.#partBytes) : piece;
  }

  async #readPiece() {
    const { done, value } = await this.#reader.read();
    if (done) return undefined;
    const { expected, meter, server } = this.#watch;
    const isHead = this.#bytes === 0 && this.#isJudged;
    const objection = isHead ? findHeadObjection(value, expected) : undefined;
    if (objection) {
      const answer = new Response(value.slice());
      throw await createWrongTypeError(objection, answer, this.#watch);
    }
    this.#bytes += value.length;
    const excess =
      this.#bytes > maxAnswerBytes ? 'more than 64 MB' : meter?.push(value);
    if (excess)
      throw new BotError('provider.refused', false, `${server} sent ${excess}.`);
    return value;
  }

  /** Never throws. */
  async #readToEnd() {
    const timeout = AbortSignal.timeout(maxStreamEndMs);
    const isOver = await waitUnlessAborted(this.#reader.read(), timeout).then(
      ({ done }) => done,
      () => false,
    );
    // The connection cannot be used again.
    if (!isOver) this.#watch.hangUp.abort(endMarkReason);
  }
}

async function createWrongTypeError(
  objection: string,
  answer: Response,
  guard: FetchGuard,
) {
  const advice = 'check that the base URL is the API itself, which usually ends in /v1';
  // Where sound or a stream was asked for, JSON is an error in spite of its status.
  const isJson = objection === 'json';
  const text = isJson ? await answer.text() : '';
  const refusal = findAnswerRefusal(tryParseForeignJson(text, answerLimits));
  if (refusal) return refusal;
  const serverMessage = isJson
    ? toPlainLine(parseErrorText(text), guard.secret(), 120)
    : undefined;
  const complaint = isJson ? 'JSON' : `${objection}: ${advice}`;
  const message = `${guard.server} answered with ${complaint}.`;
  return new BotError('provider.wrong_type', false, message, undefined, undefined, {
    serverMessage,
  });
}

/** Content that an answer may have. */
export type ExpectedContent = 'sound' | 'events' | 'json' | 'words';

const acceptedTypes: Readonly<Record<ExpectedContent, RegExp>> = {
  sound: /^(audio\/.+|(application|binary)\/octet-stream)$/,
  events: /^(text\/event-stream|text\/plain)$/,
  words: /^(text\/event-stream|text\/plain|application\/(.+\+)?json)$/,
  json: /^(application\/(.+\+)?json|text\/plain)$/,
};

function getExpectedContent(url: string, body: unknown): ExpectedContent {
  const path = url.replace(/[?#].*/, '');
  if (path.endsWith('/audio/speech')) {
    const isEvents =
      typeof body === 'string' && /"stream_format"\s*:\s*"sse"/.test(body);
    return isEvents ? 'events' : 'sound';
  }
  const isStreamed =
    body instanceof FormData
      ? body.get('stream') === 'true'
      : body instanceof ReadableStream ||
        (typeof body === 'string' && /"stream"\s*:\s*true/.test(body));
  if (!isStreamed) return 'json';
  // Many servers send the whole transcript for any request.
  return path.endsWith('/audio/transcriptions') ? 'words' : 'events';
}

/** Returns `audio/pcm` for `Audio/PCM; rate=24000`. */
function getMediaType(headers: Headers) {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Finds how a type differs from the expected one. `json` means that the body contains the error. */
function findTypeObjection(type: string, expected: ExpectedContent) {
  if (type === '' || acceptedTypes[expected].test(type)) return undefined;
  if (acceptedTypes.json.test(type)) return 'json';
  return /html/.test(type) ? `a web page (${type})` : `${type} instead of ${expected}`;
}

function isEventStream(type: string, expected: ExpectedContent) {
  return (
    type === 'text/event-stream' ||
    (expected === 'events' && findTypeObjection(type, expected) === undefined)
  );
}

/** Recognises events by their first bytes, as labels are often wrong. */
function looksLikeEvents(firstText: string) {
  return /^(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:|\{[^\n]*"(?:delta|chat\.completion\.chunk)")/.test(
    firstText,
  );
}

/** Finds how the first bytes differ from the expected type, as labels are often wrong. */
function findHeadObjection(
  firstBytes: Uint8Array,
  expected: ExpectedContent,
): string | undefined {
  const text = Buffer.from(firstBytes.subarray(0, 64)).toString('latin1').trimStart();
  const isSound = expected === 'sound';
  // Sound may begin with any bytes, but not with sixteen printable ones.
  if (isSound && !/^[\t\n\r\x20-\x7e]{16}/.test(text)) return undefined;
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) return 'a web page';
  if (isSound && /^[{[]/.test(text)) return 'json';
  if (isSound && /^(data|event):/.test(text)) return 'an event stream instead of sound';
  return undefined;
}
