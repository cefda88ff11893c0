import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { APIError } from 'openai/core/error';
import { parsedJson } from '#src/base/json.ts';
import { endMark } from './guarded-fetch.ts';

/**
 * Events of a stream as values, up to `[DONE]` or the end of the stream. Leaving early closes the connection; at `[DONE]` it is
 * kept, if the stream ends there. `onEndMark` is called at `[DONE]`, which events before it may follow here.
 *
 * Errors: APIError where an event holds one, SyntaxError where it is no JSON, and those of the body.
 */
export async function* readEvents(
  response: Response,
  onEndMark: () => void = () => undefined,
): AsyncGenerator<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const text = new TextDecoder();
  const events: EventSourceMessage[] = [];
  let [isOver, isAtEndMark] = [false, false];
  const onEvent = (event: EventSourceMessage) => {
    if (event.data === endOfEvents) onEndMark();
    isAtEndMark ||= event.data === endOfEvents;
    if (!isAtEndMark) events.push(event);
  };
  const parser = createParser({ onEvent });
  try {
    while (!isOver && !isAtEndMark) {
      const { done, value } = await reader.read();
      isOver = done;
      // The blank line after the last event may be missing.
      parser.feed(done ? `${text.decode()}\n\n` : text.decode(value, { stream: true }));
      for (const event of events.splice(0)) yield readValue(event, response.headers);
    }
  } finally {
    // A body that has failed rejects.
    if (!isOver) reader.cancel(isAtEndMark ? endMark : notRead).catch(() => undefined);
  }
}

const endOfEvents = '[DONE]';
const notRead = new Error('the reader of the stream has stopped');

function readValue({ data, event: name }: EventSourceMessage, headers: Headers): unknown {
  const value = parsedJson(data);
  if (value === undefined)
    throw new SyntaxError('Error reading response: malformed server-sent event JSON.');
  const { error } = Object(value ?? {});
  if (name === 'error') throw new APIError(undefined, error ?? value, undefined, headers);
  if (error) throw new APIError(undefined, error, undefined, headers);
  return value;
}
