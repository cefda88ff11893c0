import { APIError } from 'openai/core/error';
import {
  isRecord,
  toRecord,
  tryParseForeignJson,
  tryParseJson,
} from '#src/base/json.ts';
import forms from '#src/provider/models/stream-errors.json' with { type: 'json' };
import { eventLimits } from './models/error-text.ts';
import { classifyRefusal, type RefusalKind } from './models/refusal.ts';
import { toStatus } from './models/refusal-evidence.ts';

/** Reason for ending at an end mark, which keeps the connection if the stream ends there. */
export const endMarkReason: Error = new Error('the stream is at its end mark');
const readerStopped = new Error('the reader of the stream has stopped');
const endOfEventsMark = '[DONE]';

/**
 * Reads the values of an event stream up to `[DONE]`.
 *
 * A line of whole JSON is an event, with or without `data:`. Other data is ignored. Ending early closes the
 * connection, but `[DONE]` keeps it. Throws APIError for an event with an error, and SyntaxError for broken JSON.
 */
export async function* readEvents(
  response: Response,
  onEndMark: () => void = () => undefined,
): AsyncGenerator<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return;
  // Some servers send no blank lines, or JSON lines.
  const events = new EventLines();
  let reason = readerStopped;
  try {
    for await (const piece of readText(reader)) {
      for (const event of events.push(piece)) {
        if (event.data === endOfEventsMark) {
          reason = endMarkReason;
          return onEndMark();
        }
        const error = findStreamError(event.data, event.name);
        if (error) throw createStreamError(error, response.headers);
        yield event.data;
      }
    }
  } finally {
    // A failed body rejects the cancellation.
    reader.cancel(reason).catch(() => undefined);
  }
}

/**
 * Parses a whole text. Throws SyntaxError for broken JSON.
 *
 * @example
 * import { parseEvents } from '#src/provider/event-stream.ts';
 *
 * [...parseEvents('data: {"n": 1}\n\ndata: {"n": 2}\n\n')]; // [{ n: 1 }, { n: 2 }]
 */
export function* parseEvents(text: string): Generator<unknown> {
  for (const { data } of new EventLines().push(`${text}\n\n`)) yield data;
}

async function* readText(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const text = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    // The line breaks after the last event may be missing.
    yield done ? `${text.decode()}\n\n` : text.decode(value, { stream: true });
    if (done) return;
  }
}

type ServerEvent = { readonly name: string; readonly data: unknown };

/** Takes an event stream apart, cut anywhere: https://html.spec.whatwg.org/multipage/server-sent-events.html */
class EventLines {
  #line = '';
  #name = '';
  #json = '';

  /** Adds a piece of the stream, and yields the events that are whole now. Throws SyntaxError for broken JSON. */
  *push(piece: string): Generator<ServerEvent> {
    this.#line += piece;
    if (!/[\r\n]/.test(piece)) return;
    // A carriage return at the end may be half of a line break.
    const lines = this.#line.split(/\r\n|\n|\r(?!$)/);
    this.#line = lines.pop() ?? '';
    for (const textLine of lines) yield* this.#readLine(textLine);
  }

  *#readLine(textLine: string) {
    if (textLine === '') return yield* this.#endEvent();
    const [, field, value = ''] = /^(data|event|error): ?(.*)$/s.exec(textLine) ?? [];
    if (field === 'event') this.#name = value.trim();
    else if (field === 'error')
      yield { name: field, data: tryParseJson(value) ?? value };
    else if (field === 'data' || /^\s*[{["}\]]/.test(textLine))
      yield* this.#readData(field ? value : textLine);
  }

  *#readData(text: string) {
    const isNew = this.#json === '';
    const isData =
      text.trim() === endOfEventsMark || (this.#name === 'error' && text.trim() !== '');
    const data = /^\s*[{[]/.test(text) ? tryParseJson(text) : undefined;
    if (isNew && (data !== undefined || isData))
      yield { name: this.#name, data: data ?? text.trim() };
    else if (!isNew || /^\s*[{[]/.test(text)) this.#json += `${text}\n`;
    if (this.#json.length > eventLimits.bytes) throw createMalformedError();
  }

  *#endEvent() {
    if (this.#json !== '') {
      const data = tryParseForeignJson(this.#json, eventLimits);
      if (data === undefined) throw createMalformedError();
      this.#json = '';
      yield { name: this.#name, data };
    }
    this.#name = '';
  }
}

function createMalformedError() {
  return new SyntaxError('Error reading response: malformed server-sent event JSON.');
}

/** After these an answer of a wrong form says as much, and another form of the request may help. */
const doubtfulKinds: ReadonlySet<RefusalKind> = new Set(['request', 'model', 'voice']);

/**
 * Finds a refusal in JSON that a server sent in place of an answer, in spite of its status. Undefined also for an error
 * after which another form of the request may help.
 */
export function findAnswerRefusal(
  answer: unknown,
  headers: Headers = new Headers(),
): APIError | undefined {
  const found = findStreamError(answer, '');
  const error = found && createStreamError(found, headers);
  const isPlain = error && !doubtfulKinds.has(classifyRefusal(error).kind);
  return isPlain ? error : undefined;
}

function createStreamError({ body, status }: StreamError, headers: Headers) {
  return new APIError(status, body, undefined, headers);
}

/** An error inside a stream, with the status that it would have had before the stream. */
type StreamError = { readonly body: object; readonly status: number | undefined };

function findStreamError(sent: unknown, name: string): StreamError | undefined {
  const event: unknown = Array.isArray(sent) ? sent[0] : sent;
  if (!isRecord(event)) return name === 'error' ? toStreamError(event, {}) : undefined;
  const isAnswer = Array.isArray(event.choices) && event.choices.length > 0;
  const form = forms.places.find(({ key, value, besideChoices }) => {
    const hasError = value === undefined ? Boolean(event[key]) : event[key] === value;
    return hasError && (besideChoices || !isAnswer);
  });
  if (form)
    return toStreamError(
      form.value === undefined ? event[form.key] : (event.error ?? event),
      event,
    );
  return name === 'error' ? toStreamError(event.error ?? event, event) : undefined;
}

function toStreamError(error: unknown, event: object): StreamError {
  // Beside a bare text stand its code and its wait.
  const isText = typeof error === 'string' && Object.keys(event).length > 1;
  const body = isText ? event : isRecord(error) ? error : { message: `${error}` };
  const records = [toRecord(body), toRecord(event)];
  const codes = records.flatMap((record) =>
    forms.statusKeys.map((key) => toStatus(record[key])),
  );
  return { body, status: codes.find((code) => code !== undefined) };
}

/** Fewer bytes of sound may look like text by chance. Sound of 16 bits shows another byte within a few dozen. */
const minTextBytes = 64;
/** Share of plain letters in a text of an older encoding, such as Latin-1. */
const minPlainShare = 0.7;

/**
 * Judges whether bytes begin a readable text: no control byte but tab and line ends, in UTF-8 or mostly plain letters.
 * `more` means that up to 64 bytes are needed.
 *
 * @example
 * import { judgeText } from '#src/provider/event-stream.ts';
 *
 * judgeText(Buffer.from('Internal Server Error'), true); // 'text'
 * judgeText(Buffer.from([0, 0, 12, 0]), false); // 'other'
 */
export function judgeText(
  bytes: Uint8Array,
  isWhole: boolean,
): 'text' | 'other' | 'more' {
  if (bytes.some(isUnreadable)) return 'other';
  if (bytes.length < minTextBytes && !isWhole) return 'more';
  if (bytes.length === 0) return 'other';
  const plainCount = bytes.reduce((sum, byte) => sum + (byte < 0x80 ? 1 : 0), 0);
  const isText = isUtf8(bytes) || plainCount >= minPlainShare * bytes.length;
  return isText ? 'text' : 'other';
}

/** Finds where the readable UTF-8 text at the end of sound begins. The length of `bytes` if there is none. */
export function findTextTail(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && !isUnreadable(bytes[start - 1] ?? 0)) start--;
  // The last byte of the sound may be readable, too.
  for (let at = start; at < start + 4 && at < bytes.length; at++)
    if (isUtf8(bytes.subarray(at))) return at;
  return bytes.length;
}

const [tab, lineFeed, carriageReturn, space, deleteCode, never] = [
  0x09, 0x0a, 0x0d, 0x20, 0x7f, 0xff,
];

function isUnreadable(byte: number) {
  if (byte < space) return byte !== tab && byte !== lineFeed && byte !== carriageReturn;
  return byte === deleteCode || byte === never;
}

function isUtf8(bytes: Uint8Array) {
  try {
    // The last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
