import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { type MemoryStores, openMemoryStores } from '#test/fakes/memory-stores.ts';
import { fakeBotId, openFakeGateway } from '#test/fakes/servers/fake-gateway.ts';

const never = new AbortController().signal;
const makeId = (n: number) => `${3_000_000_000_000_000_000n + BigInt(n)}`;
const [present, unavailable, gone, forbidden, unlisted, broken] = [
  1, 2, 3, 4, 5, 6,
].map(makeId);
const listed = [present, unavailable].map(String);

/** READY lists two servers; of others Discord says this. */
function openGateway(unavailableIds: readonly string[]) {
  return openFakeGateway({
    guildIds: listed,
    unavailableIds,
    guildAnswers: {
      [`${gone}`]: [404, { message: 'Unknown Guild', code: 10_004 }],
      [`${forbidden}`]: [403, { message: 'Missing Access', code: 50_001 }],
      [`${unlisted}`]: [200, { id: unlisted, name: 'There after all' }],
      [`${broken}`]: [404, { message: '404: Not Found', code: 0 }],
    },
  });
}

/** Logs in over a book that has noted these servers; what was told by the time all of them are noted anew. */
async function logInOver(
  store: MemoryStores['guilds'],
  unavailableIds: readonly string[] = [],
) {
  const noted = vi.spyOn(store, 'addGuilds');
  await using stack = new AsyncDisposableStack();
  const gateway = stack.use(await openGateway(unavailableIds));
  const events: DiscordEvent[] = [];
  const options = {
    token: 'a.b.c',
    apiUrl: gateway.apiUrl,
    guildStore: store,
    onEvent: (event: DiscordEvent) => void events.push(event),
  };
  stack.use(await openDiscord(options, never));
  await expect.poll(() => noted).toHaveBeenCalled();
  const removed = events.flatMap((event) =>
    event.kind === 'guild-removed' ? [event.guildId] : [],
  );
  const warnings = events.filter(({ kind }) => kind === 'warning');
  return { removed, warnings, asked: gateway.askedGuildIds };
}

async function guildsOf(botId: PersonId, ...guildIds: readonly unknown[]) {
  const { guilds: store } = openMemoryStores();
  await store.addGuilds(botId, guildIds.map(String).map(toGuildId));
  return store;
}

test('servers that removed the bot while it was away are reported as soon as it is back', async () => {
  const store = await guildsOf(fakeBotId, present, unavailable, gone, forbidden);
  expect(await logInOver(store)).toMatchObject({
    removed: [gone, forbidden],
    warnings: [],
  });
});

test('a server that is unavailable, or is there although READY does not list it, is kept', async () => {
  const store = await guildsOf(fakeBotId, present, unavailable, unlisted);
  const outcome = { removed: [], warnings: [], asked: [unlisted] };
  expect(await logInOver(store, [`${unavailable}`])).toEqual(outcome);
});

test('an answer that does not say that the bot is no member removes nothing, and is told', async () => {
  const { removed, warnings } = await logInOver(
    await guildsOf(fakeBotId, broken, gone),
  );
  expect([removed, warnings.length]).toEqual([[gone], 1]);
});

test('the servers of another bot on the same store are nothing to this one', async () => {
  const store = await guildsOf(toPersonId('another bot'), gone, forbidden);
  expect(await logInOver(store)).toEqual({ removed: [], warnings: [], asked: [] });
  expect(await store.listGuilds(fakeBotId)).toEqual(listed);
});
