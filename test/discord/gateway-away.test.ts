import { EventEmitter } from 'node:events';
import { type Client, Status } from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';

const lobby = {
  guildId: toGuildId('g'),
  channelId: toChannelId('lobby'),
  name: 'Lobby',
};
const never = new AbortController().signal;

/** A logged-in client whose gateway is away, as far as an opener of links looks at it before it sends anything. */
function openAwayClient() {
  const shard = { id: 0, status: Status.Reconnecting as Status };
  let adapters = 0;
  const guild = {
    id: 'g',
    shardId: 0,
    shard,
    members: { me: null },
    channels: { cache: new Map() },
    voiceStates: { cache: new Map() },
    client: { application: { id: 'bot' }, user: { id: 'bot' } },
    voiceAdapterCreator: () => {
      adapters++;
      return { sendPayload: () => false, destroy: () => undefined };
    },
  };
  const client = Object.assign(new EventEmitter(), {
    user: { id: 'bot' },
    application: { id: 'bot' },
    guilds: { cache: new Map([['g', guild]]) },
  });
  const openLinks = (
    limits: { connectMs?: number; offlineMs: number },
    signal = never,
  ) =>
    new DiscordLinkOpener(
      client as unknown as Client<true>,
      realClock,
      () => undefined,
      limits,
    ).openLink(lobby, () => true, signal);
  return { shard, open: openLinks, listAdapters: () => adapters };
}

test('a join while the gateway is away waits, and is refused as offline when it does not come back', async () => {
  const { open, listAdapters } = openAwayClient();
  await expect(open({ offlineMs: 600 })).rejects.toMatchObject({
    code: 'link.offline',
    retryable: true,
  });
  expect(listAdapters()).toBe(0);
});

test('a join that waits for the gateway goes on when that is back', async () => {
  const { open, shard, listAdapters } = openAwayClient();
  const opening = open({ offlineMs: 60_000, connectMs: 700 });
  opening.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(listAdapters()).toBe(0);
  shard.status = Status.Ready;
  await expect(opening).rejects.not.toMatchObject({ code: 'link.offline' });
  expect(listAdapters()).toBe(1);
});

test('a join that is called off while the gateway is away ends at once', async () => {
  const { open, listAdapters } = openAwayClient();
  const calling = new AbortController();
  const opening = open({ offlineMs: 60_000 }, calling.signal);
  calling.abort(new Error('called off'));
  await expect(opening).rejects.toThrow('called off');
  expect(listAdapters()).toBe(0);
});
