import {
  comment,
  commented,
  eventResponse,
  type StreamPart,
} from '#src/web/api/openai/server-events.ts';
import { defineRoute } from '#src/web/api/route.ts';
import type { WrittenEvent } from '#src/web/api/server-events.ts';

/** Longest stream in ms. */
const longestMs = 15 * 60_000;

export const listenToEvents = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/events',
  scope: 'events',
  async run({ token, events, signal, onBug }) {
    const end = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    return eventResponse(partsOf(commented(events.listen(token, end))), onBug);
  },
});

/** The first comment goes at once, so that the program knows that it listens. */
async function* partsOf(events: AsyncIterable<WrittenEvent | 'still'>): AsyncGenerator<StreamPart> {
  yield comment('listening');
  for await (const event of events) yield event === 'still' ? comment('listening') : event.bytes;
}
