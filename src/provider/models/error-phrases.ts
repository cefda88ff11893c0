import type { BotError } from '#src/base/errors.ts';
import { foreignJson, isRecord, type JsonLimits } from '#src/base/json.ts';

/** Five minutes of speech in base64, or a list of 10,000 models. */
export const answerLimits: JsonLimits = {
  bytes: 16 * 2 ** 20,
  depth: 32,
  values: 100_000,
};

/** One event of a stream or message of a Realtime connection: a minute of speech in base64. */
export const eventLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

export type ExpectedContent = 'sound' | 'events' | 'json' | 'words';

const accepted: Readonly<Record<ExpectedContent, RegExp>> = {
  sound: /^(audio\/.+|(application|binary)\/octet-stream)$/,
  events: /^(text\/event-stream|text\/plain)$/,
  words: /^(text\/event-stream|text\/plain|application\/(.+\+)?json)$/,
  json: /^(application\/(.+\+)?json|text\/plain)$/,
};

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
  // Many servers send the whole transcript for any request.
  return path.endsWith('/audio/transcriptions') ? 'words' : 'events';
}

/** Returns `audio/pcm` for `Audio/PCM; rate=24000`. */
export function mediaType(headers: Headers): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Undefined if the type fits or is missing. `json` means that the body contains the error. */
export function objectionToType(type: string, asked: ExpectedContent): string | undefined {
  if (type === '' || accepted[asked].test(type)) return undefined;
  if (accepted.json.test(type)) return 'json';
  return /html/.test(type) ? `a web page (${type})` : `${type} instead of ${asked}`;
}

export function isEventStream(type: string, asked: ExpectedContent): boolean {
  return (
    type === 'text/event-stream' ||
    (asked === 'events' && objectionToType(type, asked) === undefined)
  );
}

/** Labels are often wrong, so the first bytes decide. */
export function isEventsHead(head: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:|\{[^\n]*"(?:delta|chat\.completion\.chunk)")/.test(
    head,
  );
}

/** Labels are often missing or wrong, so the first bytes decide. */
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

export function plainWords(text: string, secret: string | undefined, maxChars: number): string {
  const head = text.slice(0, longestReadChars);
  const line = redact(head, secret)
    .replace(/<(script|style|head)\b(?:(?!<\1\b)[\s\S])*?<\/\1>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).trimEnd()}\u2026`;
}

/** Removes the key in use, and everything that looks like a key. */
function redact(text: string, secret: string | undefined): string {
  const known = secret && secret.length >= 4 ? text.replaceAll(secret, '[key]') : text;
  return known.replace(/\bBearer\s+[^\s"']+/gi, '[key]').replace(/\bsk-[\w*-]{6,}/g, '[key]');
}

/**
 * Finds the text of an error body: `error.message`, `error`, `detail`, `detail.message`, `detail[].msg` or `message`.
 */
export function wordsOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body === '' ? undefined : body;
  if (Array.isArray(body)) {
    const all = body.map(wordsOf).filter((words) => words !== undefined);
    return all.length > 0 ? all.join('; ') : undefined;
  }
  if (!isRecord(body)) return undefined;
  const { error, detail, message, msg } = body;
  const inner = typeof error === 'string' ? undefined : wordsOf(error); // A bare text is often a code.
  return inner ?? wordsOf(detail) ?? wordsOf(message) ?? wordsOf(msg) ?? wordsOf(error);
}

/** A sentence is no code, as it may quote people. */
export function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,60}$/.test(value) ? value : undefined;
}

/** Adds the server's sentence to the message, for programs such as the doctor that send no words of people. */
export function withServerWords({ message, about }: BotError): string {
  const { serverWords } = about;
  return serverWords === undefined ? message : `${message.replace(/\.$/, '')}: ${serverWords}`;
}

export function wordsOfText(text: string): string {
  return wordsOf(foreignJson(text, answerLimits)) ?? text;
}

/** Leaves out user, password and query. */
export function serverName(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  return url ? `${url.origin}${url.pathname}`.replace(/\/$/, '') : 'The server';
}
