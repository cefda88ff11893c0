import type { Client, REST } from 'discord.js';
import { RESTEvents } from 'discord.js';
import type { Button } from '#src/conversation/command.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { ChannelWriter } from './channel-writer.ts';
import { openMessageRequests } from './message-requests.ts';
import { readRateLimitHeaders } from './rate-budget.ts';
import type { WriteRoute, WriteTask } from './write-lane.ts';

/** Turns of requests about messages of a channel. */
export interface WriteTurns {
  /** Sends when its turn has come. Throws the error of `send`, or that of `late`. */
  task<T>(channelId: string, task: WriteTask<T>): Promise<T>;
}

/** Writers of all channels in which the bot posts or edits, one for each. */
export interface ChannelWriters extends WriteTurns {
  of(channelId: string): ChannelWriter;
  /** Begins no more requests. */
  close(): void;
}

/** Number of writers above which idle ones are forgotten, with the limits they have learned. */
const mostWriters = 200;
const messagePath = /^\/channels\/(\d+)\/messages(?:\/\d+)?$/;
const routes: Readonly<Record<string, WriteRoute>> = {
  POST: 'POST',
  PATCH: 'PATCH',
  DELETE: 'DELETE',
};

/** Opens the writers of a logged-in client; they learn the rate limits from its answers. */
export function openChannelWriters(
  client: Client<true>,
  buttons: ReadonlyMap<string, Button>,
  timing: SyncTiming,
): ChannelWriters {
  const writers = new Map<string, ChannelWriter>();
  const of = (channelId: string): ChannelWriter => {
    const known = writers.get(channelId);
    if (known) return known;
    if (writers.size >= mostWriters) {
      for (const [id, writer] of writers) if (writer.isIdle) writers.delete(id);
    }
    const parts = { client, buttons, timing };
    const writer = new ChannelWriter(openMessageRequests(channelId, parts), timing);
    writers.set(channelId, writer);
    return writer;
  };
  const unwatch = watchLimits(client.rest, (channelId, route, headers) => {
    const known = readRateLimitHeaders(headers);
    if (known) writers.get(channelId)?.learn(route, known);
  });
  return {
    of,
    task: (channelId, task) => of(channelId).task(task),
    close() {
      unwatch();
      for (const writer of writers.values()) writer.close();
    },
  };
}

type Headers = { get(name: string): string | null };

/** Tells of every answer over a route of the messages of a channel. */
function watchLimits(
  rest: REST,
  report: (channelId: string, route: WriteRoute, headers: Headers) => void,
): () => void {
  const listener: Parameters<typeof rest.on<RESTEvents.Response>>[1] = (request, response) => {
    const [, channelId] = messagePath.exec(request.path) ?? [];
    const route = routes[request.method.toUpperCase()];
    if (channelId !== undefined && route) report(channelId, route, response.headers);
  };
  rest.on(RESTEvents.Response, listener);
  return () => rest.off(RESTEvents.Response, listener);
}
