import { setImmediate } from 'node:timers/promises';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { fetchWithFormBytes } from '#src/base/fetch-with-form-bytes.ts';
import { JsonMeter } from '#src/base/json.ts';
import { endMarkReason } from './event-stream.ts';
import {
  answerLimits,
  eventLimits,
  parseErrorText,
  toPlainLine,
} from './models/error-text.ts';

const maxAnswerBytes = 64 * 1024 * 1024;
const maxHeadBytes = 4096;

export type Fetch = (
  url: string | URL | Request,
  init?: RequestInit,
) => Promise<Response>;

export type FetchGuard = {
  readonly server: string;
  readonly secret: () => string | undefined;
};

/** Two thousand of the smallest events, read in one turn of the event loop. */
const eventPartBytes = 16 * 1024;

/** A stream that ends in time after its end mark leaves its connection usable. */
const maxStreamEndMs = 1_000;

/** Some servers insist on a key, and those without keys ignore it. */
export const placeholderKey = 'none';
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
      const response = await fetchWithFormBytes(url, {
        ...init,
        headers,
        signal,
        redirect: 'manual',
      });
      return await checkResponse(response, {
        ...guard,
        hangUp,
        asked: getExpectedContent(url, init.body),
      });
    } catch (cause) {
      hangUp.abort(cause);
      throw cause;
    }
  };
}

type ResponseWatch = FetchGuard & {
  readonly hangUp: AbortController;
  readonly asked: ExpectedContent;
};

async function checkResponse(response: Response, watch: ResponseWatch) {
  const { status, statusText, headers } = response;
  if (status >= 300 && status < 400) throw createRedirectError(headers, watch);
  if (!response.body) return response;
  const objection = response.ok
    ? findTypeObjection(getMediaType(headers), watch.asked)
    : undefined;
  let unread = response.body;
  if (objection && /events|words/.test(watch.asked)) {
    const [ahead, rest] = unread.tee();
    unread = rest;
    if (looksLikeEvents(await readHead(ahead))) {
      const labelled = new Response(rest, { headers });
      labelled.headers.set('content-type', 'text/event-stream');
      return await checkResponse(labelled, watch);
    }
  }
  const isSound = response.ok && watch.asked === 'sound' && objection === undefined;
  const meter = isSound ? undefined : createMeter(response, watch);
  const source = createWatchedBody(unread, { ...watch, meter }, response.ok);
  const body = new ReadableStream(source, { highWaterMark: 0 });
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
  let head = '';
  for await (const piece of body.values({ preventCancel: true })) {
    head += Buffer.from(piece).toString('latin1');
    if (head.length > maxHeadBytes || head.trimStart().includes('\n')) break;
  }
  body.cancel().catch(() => undefined);
  return head;
}

type MeasuredAnswer = ResponseWatch & { readonly meter: JsonMeter | undefined };

function createMeter({ ok, headers }: Response, { asked }: ResponseWatch) {
  const isStream = ok && isEventStream(getMediaType(headers), asked);
  return new JsonMeter(isStream ? eventLimits : answerLimits, { isStream });
}

function createWatchedBody(
  body: ReadableStream<Uint8Array>,
  watch: MeasuredAnswer,
  judges: boolean,
) {
  let bytes = 0;
  let unread: Uint8Array | undefined;
  const reader = body.getReader();
  const partBytes = watch.meter?.isStream ? eventPartBytes : Infinity;

  async function nextPart() {
    // A reader goes through a whole piece in one turn of the event loop.
    if (unread) await setImmediate();
    const piece = unread ?? (await read());
    const isLong = piece !== undefined && piece.length > partBytes;
    unread = isLong ? piece.subarray(partBytes) : undefined;
    return isLong ? piece.subarray(0, partBytes) : piece;
  }

  async function read() {
    const { done, value } = await reader.read();
    if (done) return undefined;
    const { asked, meter, server } = watch;
    const isJudged = bytes === 0 && judges;
    const objection = isJudged ? findHeadObjection(value, asked) : undefined;
    if (objection)
      throw await createWrongTypeError(objection, new Response(value.slice()), watch);
    bytes += value.length;
    const what = bytes > maxAnswerBytes ? 'more than 64 MB' : meter?.push(value);
    if (what) throw new BotError('provider.refused', false, `${server} sent ${what}.`);
    return value;
  }

  /** Never throws. */
  async function readToEnd() {
    const last = waitUnlessAborted(reader.read(), AbortSignal.timeout(maxStreamEndMs));
    const isOver = await last.then(
      ({ done }) => done,
      () => false,
    );
    // The connection cannot be used again.
    if (!isOver) watch.hangUp.abort(endMarkReason);
  }

  return {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      try {
        const part = await nextPart();
        if (part) controller.enqueue(part);
        else controller.close();
      } catch (cause) {
        watch.hangUp.abort(cause);
        controller.error(cause);
      }
    },
    cancel(reason: unknown) {
      if (reason === endMarkReason && !unread) void readToEnd();
      else watch.hangUp.abort(reason);
    },
  };
}

async function createWrongTypeError(what: string, answer: Response, guard: FetchGuard) {
  const advice = 'check that the base URL is the API itself, which usually ends in /v1';
  // Where sound or a stream was asked for, JSON is an error in spite of its status.
  const isJson = what === 'json';
  const serverMessage = isJson
    ? toPlainLine(parseErrorText(await answer.text()), guard.secret(), 120)
    : undefined;
  const how = isJson ? 'JSON' : `${what}: ${advice}`;
  const message = `${guard.server} answered with ${how}.`;
  return new BotError('provider.wrong_type', false, message, undefined, undefined, {
    serverMessage,
  });
}

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
  const streamed =
    body instanceof FormData
      ? body.get('stream') === 'true'
      : body instanceof ReadableStream ||
        (typeof body === 'string' && /"stream"\s*:\s*true/.test(body));
  if (!streamed) return 'json';
  // Many servers send the whole transcript for any request.
  return path.endsWith('/audio/transcriptions') ? 'words' : 'events';
}

/** Returns `audio/pcm` for `Audio/PCM; rate=24000`. */
function getMediaType(headers: Headers) {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Finds how a type differs from the expected one. `json` means that the body contains the error. */
function findTypeObjection(type: string, asked: ExpectedContent) {
  if (type === '' || acceptedTypes[asked].test(type)) return undefined;
  if (acceptedTypes.json.test(type)) return 'json';
  return /html/.test(type) ? `a web page (${type})` : `${type} instead of ${asked}`;
}

function isEventStream(type: string, asked: ExpectedContent) {
  return (
    type === 'text/event-stream' ||
    (asked === 'events' && findTypeObjection(type, asked) === undefined)
  );
}

/** Recognises events by their first bytes, as labels are often wrong. */
function looksLikeEvents(head: string) {
  return /^(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:|\{[^\n]*"(?:delta|chat\.completion\.chunk)")/.test(
    head,
  );
}

/** Finds how the first bytes differ from the expected type, as labels are often wrong. */
function findHeadObjection(
  head: Uint8Array,
  asked: ExpectedContent,
): string | undefined {
  const text = Buffer.from(head.subarray(0, 64)).toString('latin1').trimStart();
  const sound = asked === 'sound';
  // Sound may begin with any bytes, but not with sixteen printable ones.
  if (sound && !/^[\t\n\r\x20-\x7e]{16}/.test(text)) return undefined;
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) return 'a web page';
  if (sound && /^[{[]/.test(text)) return 'json';
  if (sound && /^(data|event):/.test(text)) return 'an event stream instead of sound';
  return undefined;
}
