import type { BotError } from '#src/base/errors.ts';
import { foreignJson } from '#src/base/json.ts';
import { answerLimits } from '#src/provider/answer-type.ts';

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
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, detail, message, msg } = body as Readonly<Record<string, unknown>>;
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
  if (!URL.canParse(baseUrl)) return 'The server';
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname}`.replace(/\/$/, '');
}
