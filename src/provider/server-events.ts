import { APIError } from 'openai/core/error';
import { foreignJson, parsedJson } from '#src/base/json.ts';
import { eventLimits } from '#src/provider/models/error-phrases.ts';
import { errorIn } from '#src/provider/models/stream-errors.ts';

/** Why a stream is left at its end mark: its connection is kept, if the stream ends there. */
export const endMark = new Error('the stream is at its end mark');
const notRead = new Error('the reader of the stream has stopped');
const endOfEvents = '[DONE]';

/**
 * Values of a stream of events, up to `[DONE]` or the end of the stream: the one reader for all roles.
 *
 * A line that is whole JSON is an event, with `data:` or without, whatever follows it: some servers send no blank lines, or JSON
 * lines. Data that is no JSON, as `ping`, is passed over. Leaving early closes the connection; at `[DONE]`, where `onEndMark` is
 * called, it is kept.
 *
 * Errors: APIError where an event holds one, with its status; SyntaxError where JSON is cut off; those of the body.
 */
export async function* readEvents(
  response: Response,
  onEndMark: () => void = () => undefined,
): AsyncGenerator<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const events = new EventLines();
  let reason = notRead;
  try {
    for await (const piece of readText(reader)) {
      for (const event of events.push(piece)) {
        if (event.data === endOfEvents) {
          reason = endMark;
          return onEndMark();
        }
        const error = errorIn(event.data, event.name);
        if (error) throw new APIError(error.status, error.body, undefined, response.headers);
        yield event.data;
      }
    }
  } finally {
    // A body that has failed rejects; one that is over takes no notice.
    reader.cancel(reason).catch(() => undefined);
  }
}

/** Values of the events in a text that is whole. Errors: SyntaxError, behind the others, where JSON is cut off. */
export function* eventsIn(text: string): Generator<unknown> {
  for (const { data } of new EventLines().push(`${text}\n\n`)) yield data;
}

async function* readText(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<string> {
  const text = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    // The line breaks after the last event may be missing.
    yield done ? `${text.decode()}\n\n` : text.decode(value, { stream: true });
    if (done) return;
  }
}

type ServerEvent = { readonly name: string; readonly data: unknown };

/** Takes a stream of events apart, cut anywhere. */
class EventLines {
  #line = '';
  #name = '';
  /** Lines of JSON that is not whole yet. */
  #json = '';

  *push(piece: string): Generator<ServerEvent> {
    this.#line += piece;
    if (!/[\r\n]/.test(piece)) return;
    // A carriage return at the end may be the first half of a line break.
    const lines = this.#line.split(/\r\n|\n|\r(?!$)/);
    this.#line = lines.pop() ?? '';
    for (const line of lines) yield* this.#read(line);
  }

  *#read(line: string): Generator<ServerEvent> {
    if (line === '') return yield* this.#endEvent();
    const [, field, rest = ''] = /^(data|event|error): ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') this.#name = rest.trim();
    else if (field === 'error') yield { name: field, data: parsedJson(rest) ?? rest };
    else if (field === 'data' || /^\s*[{["}\]]/.test(line))
      yield* this.#readData(field ? rest : line);
  }

  *#readData(text: string): Generator<ServerEvent> {
    const isNew = this.#json === '';
    const isData = text.trim() === endOfEvents || (this.#name === 'error' && text.trim() !== '');
    const data = /^\s*[{[]/.test(text) ? parsedJson(text) : undefined;
    if (isNew && (data !== undefined || isData))
      yield { name: this.#name, data: data ?? text.trim() };
    else if (!isNew || /^\s*[{[]/.test(text)) this.#json += `${text}\n`;
    if (this.#json.length > eventLimits.bytes) throw malformed();
  }

  *#endEvent(): Generator<ServerEvent> {
    if (this.#json !== '') {
      const data = foreignJson(this.#json, eventLimits);
      if (data === undefined) throw malformed();
      this.#json = '';
      yield { name: this.#name, data };
    }
    this.#name = '';
  }
}

function malformed(): SyntaxError {
  return new SyntaxError('Error reading response: malformed server-sent event JSON.');
}
