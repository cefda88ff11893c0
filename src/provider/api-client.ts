import type { UnderlyingSource } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { OpenAI } from 'openai/client';
import { APIError } from 'openai/core/error';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { fetchWithFormBytes } from '#src/base/fetch-with-form-bytes.ts';
import { JsonMeter, tryParseForeignJson } from '#src/base/json.ts';
import {
  type FetchRequest,
  placeholderKey,
  ServerAccess,
  type ServerAccessOptions,
} from '#src/provider/access/server-access.ts';
import { readServerAddress } from '#src/provider/access/server-address.ts';
import {
  answerLimits,
  eventLimits,
  formatServerName,
  parseErrorText,
  toPlainLine,
} from '#src/provider/models/error-text.ts';
import { createAnswerError } from '#src/provider/models/refusal.ts';
import { isOpenAi } from '#src/provider/models/standard-models.ts';
import {
  endMarkReason,
  findAnswerRefusal,
  judgeText,
  readEvents,
} from './event-stream.ts';

export type ClientOptions = ServerAccessOptions;

/** Client of the `openai` package with one attempt a request and no log, which would hold people's words. */
export class ApiClient extends OpenAI {
  /** Host of the server, with its port if that is not the usual one. */
  readonly host: string;
  /** True for OpenAI itself, whose servers refuse fields of others. */
  readonly isOpenAi: boolean;

  static {
    // Node would print the fields of the package's client, and so the key.
    Object.defineProperty(ApiClient.prototype, inspect.custom, {
      value: ApiClient.prototype.toJSON,
    });
  }

  constructor({ apiKey, baseUrl: address }: ClientOptions, send: Fetch) {
    const { baseUrl, query } = readServerAddress(address);
    super({
      baseURL: baseUrl,
      defaultQuery: Object.fromEntries(new URLSearchParams(query)),
      apiKey: async () => apiKey?.reveal() ?? placeholderKey,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      logLevel: 'off',
      // The package looks for `Response` on a `fetch` to learn that it accepts forms.
      fetch: Object.assign(send, { Response }),
    });
    this.host = new URL(baseUrl).host;
    this.isOpenAi = isOpenAi(baseUrl);
  }

  /** Keeps all that stands in the body of a refusal. */
  protected override makeStatusError(
    status: number,
    error: object,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    return createAnswerError(status, error, message, headers);
  }

  /** Names the server without the key, for logs and the console. */
  toJSON(): string {
    return `ApiClient(${formatServerName(this.baseURL)})`;
  }
}

/**
 * Opens a client for one server: one attempt a request, guarded, nothing from the environment. `describeError`
 * converts its errors.
 */
export function openClient(options: ClientOptions): ApiClient {
  const { apiKey, baseUrl } = options;
  const access = new ServerAccess(options);
  const send = createGuardedFetch({
    server: formatServerName(access.baseUrl),
    secret: () => apiKey?.reveal(),
    send: (url, request) => access.send(url, request),
  });
  return new ApiClient({ apiKey, baseUrl }, send);
}

/** Finds the key of a client. Undefined if it has the placeholder alone. */
export function findClientKey({
  apiKey,
}: Pick<ApiClient, 'apiKey'>): string | undefined {
  return apiKey === null || apiKey === placeholderKey ? undefined : apiKey;
}

const maxAnswerBytes = 64 * 1024 * 1024;
const maxHeadBytes = 4096;
/** Sound shows that it is none within a few dozen bytes. */
const maxJudgedBytes = 512;
/** Longer than any error, and than the events before the first sound. */
const maxTextBytes = 64 * 1024;

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
  readonly send?: (url: string, request: FetchRequest) => Promise<Response>;
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
  /** Media type of the answer. */
  readonly type?: string;
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
  const isSound = response.ok && watch.expected === 'sound';
  const meter = isSound ? undefined : createMeter(response, watch);
  const type = getMediaType(headers);
  const watchedBody = new WatchedBody(unread, { ...watch, type, meter }, response.ok);
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
    if (isHead && expected !== 'sound' && pageStart.test(toText(value)))
      throw await createWrongTypeError('a web page', new Response(), this.#watch);
    const part =
      isHead && expected === 'sound' ? await this.#readSoundHead(value) : value;
    this.#bytes += part.length;
    const excess = this.#bytes > maxAnswerBytes ? 'more than 64 MB' : meter?.push(part);
    if (excess)
      throw new BotError('provider.refused', false, `${server} sent ${excess}.`);
    return part;
  }

  /** Reads until the beginning is sound, or a text that holds sound in base64. Throws for any other text. */
  async #readSoundHead(firstPiece: Uint8Array) {
    let head = Buffer.from(firstPiece);
    for (let isWhole = false; ; ) {
      const start = head.subarray(0, maxJudgedBytes);
      const kind = judgeText(start, isWhole && start.length === head.length);
      const isSound = kind === 'other' || (kind === 'text' && holdsSound(head));
      if (isSound) return head;
      if (isWhole || head.length > maxTextBytes)
        throw await createTextError(head, this.#watch);
      const { done, value } = await this.#reader.read();
      if (done) isWhole = true;
      else head = Buffer.concat([head, value]);
    }
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

/** Creates the error of a text in place of sound, which an event with an error may state. */
async function createTextError(text: Buffer, guard: ResponseWatch): Promise<unknown> {
  try {
    await Array.fromAsync(readEvents(new Response(Uint8Array.from(text))));
  } catch (error) {
    if (error instanceof APIError && error.status !== undefined) return error;
  }
  const start = text.toString('utf8', 0, maxHeadBytes);
  const objection = describeText(start, guard.type);
  return await createWrongTypeError(objection, new Response(start), guard);
}

/** Describes a text that came in place of sound. */
function describeText(start: string, type = '') {
  if (/^\s*[{[]/.test(start)) return 'json';
  if (/^\s*(?:data|event):/.test(start)) return 'an event stream without sound';
  return /html/.test(type) || pageStart.test(start)
    ? `a web page${type && ` (${type})`}`
    : 'text';
}

async function createWrongTypeError(
  objection: string,
  answer: Response,
  guard: FetchGuard,
) {
  // Where sound or a stream was asked for, JSON or a text is an error in spite of its status.
  const isStated = objection === 'json' || objection === 'text';
  const text = isStated ? await answer.text() : '';
  const refusal = findAnswerRefusal(tryParseForeignJson(text, answerLimits));
  if (refusal) return refusal;
  const serverMessage = isStated
    ? toPlainLine(parseErrorText(text), guard.secret(), 120)
    : undefined;
  const advice = 'check that the base URL is the API itself, which usually ends in /v1';
  const complaint = statedComplaints[objection] ?? `${objection}: ${advice}`;
  const message = `${guard.server} answered with ${complaint}.`;
  return new BotError('provider.wrong_type', false, message, undefined, undefined, {
    serverMessage,
  });
}

const statedComplaints: Readonly<Record<string, string>> = {
  json: 'JSON',
  text: 'a text in place of sound',
};

/** Content that an answer may have. */
export type ExpectedContent = 'sound' | 'events' | 'json' | 'words';

const acceptedTypes: Readonly<Record<ExpectedContent, RegExp>> = {
  /** The bytes of sound decide, since servers give it any label. */
  sound: /./,
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

const pageStart = /^\s*<(!doctype|html|\?xml|head|body)/i;

function toText(bytes: Uint8Array) {
  return Buffer.from(bytes.subarray(0, maxHeadBytes)).toString('latin1');
}

/** A text as long as this without a space is sound in base64, in which PHP escapes each slash. */
const encodedSound = /[\w+/-]{100}/;

function holdsSound(text: Buffer) {
  return encodedSound.test(text.toString('latin1').replace(/\\[/nr]|[\r\n]/g, '/'));
}
