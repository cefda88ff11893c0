import type { WrittenEvent } from '#src/web/api/event-streams.ts';
import {
  addComments,
  respondWithEvents,
  toComment,
} from '#src/web/api/openai/server-events.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';

const longestMs = 15 * 60_000;

/** `GET /v1/servers/{server}/events`: streams the events of a server. */
export const listenToEvents: ApiRoute = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/events',
  scope: 'events',
  summary: 'Streams the events of a server.',
  async run({ token, ports, connection: { signal, onBug } }) {
    const end = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    return respondWithEvents(
      toStreamParts(addComments(ports.events.listen(token, end))),
      onBug,
    );
  },
});

/** Writes events. The first comment tells the program that it listens. */
async function* toStreamParts(events: AsyncIterable<WrittenEvent | 'still'>) {
  yield toComment('listening');
  for await (const event of events)
    yield event === 'still' ? toComment('listening') : event.bytes;
}
