import type { Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import type { DiscordOptions } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
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
