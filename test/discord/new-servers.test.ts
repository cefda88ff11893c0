import type { Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { DiscordOptions } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { type MemoryStores, openMemoryStores } from '#test/fakes/memory-stores.ts';
import { fakeBotId, openFakeGateway } from '#test/fakes/servers/fake-gateway.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const never = new AbortController().signal;
const hello = formatText('server.new', { bot: 'Nova' });
const barred = formatText('server.barred');

/** A Discord without sound, a book of servers, and a bot that is logged in over both. */
async function openWorld(overrides: Partial<DiscordOptions> = {}) {
  const { guilds: store } = openMemoryStores();
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await openSilentSandbox());
  const events: DiscordEvent[] = [];
  const logIn = () => openBot(sandbox, { guildStore: store, ...overrides }, events);
  let bot = await logIn();
  stack.defer(() => bot[Symbol.asyncDispose]());
  const all = stack.move();
  return {
    sandbox,
    store,
    events,
    listWarnings: () =>
      events.flatMap((event) => (event.kind === 'warning' ? [event] : [])),
    async restart() {
      await bot[Symbol.asyncDispose]();
      bot = await logIn();
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function openBot(
  { apiUrl, token }: Sandbox,
  overrides: Partial<DiscordOptions>,
  events: DiscordEvent[],
) {
  const onEvent = (event: DiscordEvent) => void events.push(event);
  return await openDiscord({ apiUrl, token, onEvent, ...overrides }, never);
}

function listWrittenTexts(guild: SandboxGuild, channel = 'general') {
  return guild.messages(channel).map((message) => message.text);
}

test.concurrent('a server that invites the bot reads once how to call it, in its system channel and its language', async ({
  expect,
}) => {
  await using world = await openWorld();
  const guild = world.sandbox.addGuild({
    textChannels: ['general', 'arrivals'],
    systemChannel: 'arrivals',
    locale: 'de',
  });
  const german = formatText('server.new', { bot: 'Nova' }, 'de');
  await expect.poll(() => listWrittenTexts(guild, 'arrivals')).toEqual([german]);
  expect(listWrittenTexts(guild)).toEqual([]);
  expect(world.listWarnings()).toEqual([]);
});

test.concurrent('it is not said again after an outage, a lost session and a restart, nor to servers of before', async ({
  expect,
}) => {
  await using world = await openWorld();
  const { sandbox } = world;
  const guild = sandbox.addGuild();
  await expect.poll(() => listWrittenTexts(guild)).toEqual([hello]);
  guild.setOutage(true);
  guild.setOutage(false);
  const sessions = sandbox.gatewaySessions();
  sandbox.faults.endSessions();
  await expect.poll(() => sandbox.gatewaySessions()).not.toEqual(sessions);
  await expect.poll(() => sandbox.bot().online).toBe(true);
  await world.restart();
  // A wrong one would have left before that of a newer server.
  const newer = sandbox.addGuild();
  await expect.poll(() => listWrittenTexts(newer)).toEqual([hello]);
  expect(listWrittenTexts(guild)).toEqual([hello]);
  expect(listWrittenTexts(sandbox.guild())).toEqual([]);
});

test.concurrent('a server that is not allowed reads that alone, and is not noted: a later invitation is its first', async ({
  expect,
}) => {
  await using world = await openWorld({ isAllowed: () => false });
  const guild = world.sandbox.addGuild();
  await expect.poll(() => listWrittenTexts(guild)).toEqual([barred]);
  expect(await world.store.listGuilds(world.sandbox.botId)).toEqual([]);
});

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
