import type { BotError } from '#src/base/errors.ts';
import { isRecord, type JsonLimits, tryParseForeignJson } from '#src/base/json.ts';

/** Limits of a whole answer: five minutes of speech in base64, or a list of 10,000 models. */
export const answerLimits: JsonLimits = {
  bytes: 16 * 2 ** 20,
  depth: 32,
  values: 100_000,
};

/** Limits of one event of a stream or Realtime connection: a minute of speech in base64. */
export const eventLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

const maxReadChars = 20_000;

/** Makes one line of at most `maxChars`, without tags, keys and control characters. */
export function toPlainLine(
  text: string,
  secret: string | undefined,
  maxChars: number,
): string {
  const textLine = redactSecrets(text.slice(0, maxReadChars), secret)
    .replace(/<(script|style|head)\b(?:(?!<\1\b)[\s\S])*?<\/\1>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return textLine.length <= maxChars
    ? textLine
    : `${textLine.slice(0, maxChars - 1).trimEnd()}\u2026`;
}

/** Removes the key in use, and everything that looks like a key. */
function redactSecrets(text: string, secret: string | undefined) {
  const withoutSecret =
    secret && secret.length >= 4 ? text.replaceAll(secret, '[key]') : text;
  return withoutSecret
    .replace(/\bBearer\s+[^\s"']+/gi, '[key]')
    .replace(/\bsk-[\w*-]{6,}/g, '[key]');
}

/** Fields of an error body that hold its text, the best first. A bare text in `error` is often a code. */
const textFields = [
  'detail',
  'message',
  'msg',
  'error_message',
  'errorMessage',
  'error_description',
  'errors',
  'details',
  'title',
  'error',
] as const;

/**
 * Finds the text of an error body: `error.message`, `detail`, `detail[].msg`, `errors[].message`, `error` and the like.
 * Undefined if the body has none of these.
 */
export function findErrorText(body: unknown): string | undefined {
  if (typeof body === 'string') return body === '' ? undefined : body;
  if (Array.isArray(body)) {
    const texts = body.map(findErrorText).filter((text) => text !== undefined);
    return texts.length > 0 ? texts.join('; ') : undefined;
  }
  if (!isRecord(body)) return undefined;
  const inner = isRecord(body.error) ? findErrorText(body.error) : undefined;
  const texts = textFields.map((field) => findErrorText(body[field]));
  return inner ?? texts.find((text) => text !== undefined);
}

/** Returns a text or number as text, else ''. A server may send objects that have no text of their own. */
export function toScalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
}

/** Returns a code, but no sentence, which may quote people. */
export function toErrorCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,60}$/.test(value) ? value : undefined;
}

/** Adds the server's sentence to the message, for programs that send no words of people. */
export function formatFailure({ message, about }: BotError): string {
  const { serverMessage } = about;
  return serverMessage === undefined || message.includes(serverMessage)
    ? message
    : `${message.replace(/\.$/, '')}: ${serverMessage}`;
}

/** Parses the text of an error body, which may be JSON or plain text. */
export function parseErrorText(text: string): string {
  return findErrorText(tryParseForeignJson(text, answerLimits)) ?? text;
}

/** Formats an address without user, password and query. */
export function formatServerName(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  return url ? `${url.origin}${url.pathname}`.replace(/\/$/, '') : 'The server';
}
