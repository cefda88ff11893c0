import { expect, test, vi } from 'vitest';
import type { Discord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { type FakeGateway, openFakeGateway } from '#test/fakes/servers/gateway.ts';

const never = new AbortController().signal;
const guildIds = Array.from({ length: 130 }, (_, n) => `${2_000_000_000_000_000_000n + BigInt(n)}`);
/** Messages that discord.js sends within a minute: of the 120 that Discord takes it keeps some for heartbeats. */
const sentAMinute = 114;

type SeatedBot = AsyncDisposable & {
  readonly gateway: FakeGateway;
  readonly discord: Discord;
  readonly events: DiscordEvent[];
};

/** A logged-in bot that Discord shows in a voice channel of each of 130 servers. */
async function openSeatedBot(): Promise<SeatedBot> {
  await using stack = new AsyncDisposableStack();
  const gateway = stack.use(await openFakeGateway({ guildIds }));
  const events: DiscordEvent[] = [];
  const options = {
    token: 'a.b.c',
    apiUrl: gateway.apiUrl,
    onEvent: (event: DiscordEvent) => void events.push(event),
  };
  const discord = stack.use(await openDiscord(options, never));
  gateway.seatEverywhere();
  const reported = () => events.filter(({ kind }) => kind === 'muted').length;
  await vi.waitFor(() => expect(reported()).toBe(guildIds.length), 5_000);
  const all = stack.move();
  return { gateway, discord, events, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const keptSeats = (events: readonly DiscordEvent[]) =>
  events.flatMap((event) => (event.kind === 'seats-kept' ? [event.guildIds] : []));

test('of 130 seats as many as Discord takes are given up first, and the rest is told', async () => {
  await using bot = await openSeatedBot();
  const { gateway, discord, events } = bot;
  discord.leaveNow();
  await vi.waitFor(() => expect(gateway.closeCodes).toEqual([1_000]), 5_000);
  expect(gateway.seatRequests.map(({ channel_id }) => channel_id)).toEqual(
    Array(sentAMinute).fill(null),
  );
  expect(gateway.seatRequests.map(({ guild_id }) => guild_id)).toEqual(
    guildIds.slice(0, sentAMinute),
  );
  discord.leaveNow();
  expect(gateway.seatRequests).toHaveLength(sentAMinute);
  const [kept, ...more] = keptSeats(events);
  expect(kept).toEqual(expect.arrayContaining(guildIds.slice(sentAMinute)));
  expect(more).toEqual([]);
});
