import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { fieldsOf, textIn } from '#src/base/json.ts';
import { ifInTime } from '#src/base/waiting.ts';
import { codeOf, plainWords, serverName } from '#src/provider/models/error-phrases.ts';
import { apiUrl } from '#src/provider/models/models.ts';
import { type JsonEvent, JsonSocket, type SocketOptions, socketUrl } from './json-socket.ts';

export type LinkOptions = Omit<SocketOptions, 'clock'> & {
  readonly clock?: Clock;
  /** Addresses of the server, tried in this order until one is known there. */
  readonly urls: readonly URL[];
  /** First event to a session: its settings. */
  readonly opening: JsonEvent;
};

/** Servers differ in whether they greet and whether they confirm; one that does neither is believed. */
const greetingMs = 2000;
/** Errors of a server that does not know this address. */
const elsewhere = new Set(['provider.refused', 'provider.bad_key']);
/** A connection to a Realtime server, configured and ready. Errors: BotError `provider.*`. Aborting `signal` throws its reason. */
export async function openRealtimeLink(
  options: LinkOptions,
  signal: AbortSignal,
): Promise<JsonSocket> {
  let first: unknown;
  for (const url of options.urls) {
    try {
      return await openAt(url, options, signal);
    } catch (error) {
      first ??= error;
      if (!(error instanceof BotError && elsewhere.has(error.code))) break;
    }
  }
  throw first;
}

async function openAt(url: URL, options: LinkOptions, signal: AbortSignal): Promise<JsonSocket> {
  const { baseUrl, clock = realClock, opening } = options;
  const [greeted, updated] = [expected('created', options), expected('updated', options)];
  const socket = await JsonSocket.open(url, { ...options, clock }, greeted.listener, signal);
  try {
    const greeting = await ifInTime(greeted.event, greetingMs, clock, signal);
    socket.attach(updated.listener);
    if (greeting && isOfBeta(greeting)) {
      const message = `${serverName(baseUrl)} speaks the former Realtime interface (beta), which the bot no longer supports: update that server.`;
      throw new BotError('provider.refused', false, message);
    }
    socket.send(opening);
    await ifInTime(updated.event, greetingMs, clock, signal);
    socket.detach();
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The session's next event of this kind; an error, or the end, instead. */
function expected(what: 'created' | 'updated', options: LinkOptions) {
  const { promise, resolve, reject } = Promise.withResolvers<JsonEvent>();
  promise.catch(() => undefined);
  const hear = (event: JsonEvent) => {
    if (isOfSession(event, what)) resolve(event);
    if (event.type !== 'error') return;
    const { code, words } = errorIn(event);
    reject(refusalOf(words, code, options));
  };
  return { event: promise, listener: { hear, lost: reject } };
}

/** Whether a server tells that it has made, or changed, the session. */
export function isOfSession({ type }: JsonEvent, what: 'created' | 'updated'): boolean {
  return type === `session.${what}` || type === `transcription_session.${what}`;
}

/** Whether a greeting is that of the interface of before May 2026. */
function isOfBeta({ type, session }: JsonEvent): boolean {
  const settings = fieldsOf(session);
  const hasFormerNames = 'input_audio_format' in settings || 'modalities' in settings;
  return hasFormerNames || type === 'transcription_session.created';
}

/** Error in an event of a server; `eventId`: the event of ours that it is about, where it says so. */
export function errorIn({ error }: JsonEvent) {
  const { message, code, event_id } = fieldsOf(error);
  const words = textIn(message) ?? 'no reason given';
  return { eventId: textIn(event_id), code: textIn(code), words };
}

/** Error from a server's message: its code in the sentence, its words apart. */
export function refusalOf(
  words: string,
  code: string | undefined,
  { baseUrl, apiKey }: Pick<LinkOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const isOwnFault = code === 'invalid_value' || code === 'invalid_request_error';
  const serverWords = plainWords(words, apiKey?.reveal(), 140);
  const about = { serverWords, ...(isOwnFault && { status: 400 }) };
  const message = `${serverName(baseUrl)} did not answer: ${codeOf(code) ?? 'no code given'}.`;
  const isLimited = /rate_limit/.test(code ?? '');
  const refused = isLimited ? 'provider.rate_limited' : 'provider.refused';
  const kind = code === 'insufficient_quota' ? 'provider.spent' : refused;
  return new BotError(
    kind,
    isLimited || code === 'server_error',
    message,
    undefined,
    undefined,
    about,
  );
}

/** Addresses of the Realtime API below a base URL, with each of these queries. */
export function realtimeUrls(baseUrl: string, queries: readonly object[]): URL[] {
  return queries.map((query) => socketUrl(apiUrl(baseUrl), '/realtime', { ...query }));
}
