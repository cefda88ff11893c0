import type { BotError } from '#src/base/errors.ts';
import { foreignJson, isRecord, type JsonLimits } from '#src/base/json.ts';

/** JSON in one piece: five minutes of speech in base64, or a list of 10,000 models. */
export const answerLimits: JsonLimits = {
  bytes: 16 * 2 ** 20,
  depth: 32,
  values: 100_000,
};

/** One event of a stream, or one message of a Realtime connection: a minute of speech in base64. */
export const eventLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/** Kind of content a request expects. */
export type ExpectedContent = 'sound' | 'events' | 'json' | 'words';

const accepted: Readonly<Record<ExpectedContent, RegExp>> = {
  sound: /^(audio\/.+|(application|binary)\/octet-stream)$/,
  events: /^(text\/event-stream|text\/plain)$/,
  words: /^(text\/event-stream|text\/plain|application\/(.+\+)?json)$/,
  json: /^(application\/(.+\+)?json|text\/plain)$/,
};

/** Expected content, derived from the request alone: its path, and `stream` in its body. */
export function askedOf(url: string, body: unknown): ExpectedContent {
  const path = url.replace(/[?#].*/, '');
  if (path.endsWith('/audio/speech')) {
    const isEvents = typeof body === 'string' && /"stream_format"\s*:\s*"sse"/.test(body);
    return isEvents ? 'events' : 'sound';
  }
  const streamed =
    body instanceof FormData
      ? body.get('stream') === 'true'
      : typeof body === 'string' && /"stream"\s*:\s*true/.test(body);
  if (!streamed) return 'json';
  // Many servers transcribe at once for any request, and that is as good.
  return path.endsWith('/audio/transcriptions') ? 'words' : 'events';
}

/** `audio/pcm` out of `Audio/PCM; rate=24000`; empty where the server does not say. */
export function mediaType(headers: Headers): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Undefined if the type fits or is missing, `json` if the body will contain the error, else the real type. */
export function objectionToType(type: string, asked: ExpectedContent): string | undefined {
  if (type === '' || accepted[asked].test(type)) return undefined;
  if (accepted.json.test(type)) return 'json';
  return /html/.test(type) ? `a web page (${type})` : `${type} instead of ${asked}`;
}

/** True where an answer is read as a stream of events. */
export function isEventStream(type: string, asked: ExpectedContent): boolean {
  return (
    type === 'text/event-stream' ||
    (asked === 'events' && objectionToType(type, asked) === undefined)
  );
}

/** Whether an answer is a stream of events, or of JSON lines, by its first bytes: labels are wrong often enough. */
export function isEventsHead(head: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:|\{[^\n]*"(?:delta|chat\.completion\.chunk)")/.test(
    head,
  );
}

/** Objection to an answer by its first bytes: types are missing or wrong often enough. */
export function objectionToHead(head: Uint8Array, asked: ExpectedContent): string | undefined {
  const text = Buffer.from(head.subarray(0, 64)).toString('latin1').trimStart();
  const sound = asked === 'sound';
  // Sound may begin with any bytes, but not with sixteen printable ones.
  if (sound && !/^[\t\n\r\x20-\x7e]{16}/.test(text)) return undefined;
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) return 'a web page';
  if (sound && /^[{[]/.test(text)) return 'json';
  if (sound && /^(data|event):/.test(text)) return 'an event stream instead of sound';
  return undefined;
}

const longestReadChars = 20_000;

/** A server's message as one line for an operator: no tags, no keys, at most `maxChars`. */
export function plainWords(text: string, secret: string | undefined, maxChars: number): string {
  const head = text.slice(0, longestReadChars);
  const line = redact(head, secret)
    .replace(/<(script|style|head)\b(?:(?!<\1\b)[\s\S])*?<\/\1>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).trimEnd()}\u2026`;
}

/** Removes the key in use, and all else that looks like one. */
function redact(text: string, secret: string | undefined): string {
  const known = secret && secret.length >= 4 ? text.replaceAll(secret, '[key]') : text;
  return known.replace(/\bBearer\s+[^\s"']+/gi, '[key]').replace(/\bsk-[\w*-]{6,}/g, '[key]');
}

/** The human part of an error body: `error.message`, `error`, `detail`, `detail.message`, `detail[].msg`, `message`. */
export function wordsOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body === '' ? undefined : body;
  if (Array.isArray(body)) {
    const all = body.map(wordsOf).filter((words) => words !== undefined);
    return all.length > 0 ? all.join('; ') : undefined;
  }
  if (!isRecord(body)) return undefined;
  const { error, detail, message, msg } = body;
  const inner = typeof error === 'string' ? undefined : wordsOf(error); // A bare one is often but a code.
  return inner ?? wordsOf(detail) ?? wordsOf(message) ?? wordsOf(msg) ?? wordsOf(error);
}

/** A server's error code, say `rate_limit_exceeded`; a sentence is none, for it may quote people's words. */
export function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,60}$/.test(value) ? value : undefined;
}

/** The message of a failure and the server's own sentence: for programs that send no words of people, as the doctor. */
export function withServerWords({ message, about }: BotError): string {
  const { serverWords } = about;
  return serverWords === undefined ? message : `${message.replace(/\.$/, '')}: ${serverWords}`;
}

/** `text` read as JSON where it is JSON, and its human part taken. */
export function wordsOfText(text: string): string {
  return wordsOf(foreignJson(text, answerLimits)) ?? text;
}

/** A base URL as it may be shown: without user, password and query. */
export function serverName(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  return url ? `${url.origin}${url.pathname}`.replace(/\/$/, '') : 'The server';
}
