import {
  ApplicationCommandOptionType,
  type ChatInputCommandInteraction,
  type Client,
  MessageFlags,
  REST,
  Routes,
} from 'discord.js';
import { expect, test } from 'vitest';
import { openBot } from '#test/discord/setup/sandbox-bot.ts';

const soon = AbortSignal.timeout;
const join = {
  name: 'join',
  description: 'Call me',
  options: [
    { name: 'channel', description: 'Where', type: ApplicationCommandOptionType.Channel as const },
    {
      name: 'times',
      description: 'How often',
      type: ApplicationCommandOptionType.Integer as const,
    },
  ],
};

/** Registers `/join` in the server and runs `answer` on each use. */
async function withJoin(
  client: Client,
  answer: (interaction: ChatInputCommandInteraction<'cached'>) => Promise<unknown>,
): Promise<void> {
  await client.guilds.cache.first()?.commands.set([join]);
  client.on('interactionCreate', (interaction) => {
    if (interaction.isChatInputCommand() && interaction.inCachedGuild()) void answer(interaction);
  });
}

test('discord.js logs in, sees the server and itself, and reads its application', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const guild = client.guilds.cache.get(sandbox.guildId);
  expect(client.user?.displayName).toBe('Nova');
  expect(guild?.channels.cache.map((channel) => channel.name)).toEqual([
    'general',
    'Lounge',
    'Workshop',
  ]);
  expect(guild?.members.me?.permissions.has('Connect')).toBe(true);
  expect((await client.application?.fetch())?.name).toBe('Nova');
  expect((await guild?.members.fetch(sandbox.person('Adam').id))?.displayName).toBe('Adam');
});

test('commands are registered globally and in the server, replaced, edited and deleted', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const ofServer = client.guilds.cache.first()?.commands;
  await client.application?.commands.set([join]);
  const leave = await ofServer?.create({ name: 'leave', description: 'Go' });
  expect(sandbox.commands().map(({ body, guildId }) => [body.name, guildId])).toEqual([
    ['join', undefined],
    ['leave', sandbox.guildId],
  ]);
  await leave?.edit({ description: 'Go away' });
  expect((await ofServer?.fetch(leave?.id ?? ''))?.description).toBe('Go away');
  await leave?.delete();
  expect(await ofServer?.fetch()).toHaveLength(0);
});

test('a command registered by a REST client of its own is there for everybody', async () => {
  await using bot = await openBot();
  const { sandbox } = bot;
  const rest = new REST({ api: sandbox.apiUrl }).setToken(sandbox.token);
  const route = Routes.applicationGuildCommands(sandbox.botId, sandbox.guildId);
  await rest.put(route, { body: [join] });
  expect(sandbox.commands()).toHaveLength(1);
  const broken = rest.put(route, { body: [{ name: 'Not A Name', description: 'x' }] });
  await expect(broken).rejects.toMatchObject({ status: 400, code: 50_035 });
});

test('a person issues a command with options, and sees the private reply and the follow-up', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withJoin(client, async (interaction) => {
    const where = interaction.options.getChannel('channel', true).name;
    const times = interaction.options.getInteger('times', true);
    const content = `${interaction.member.displayName} ${where} ${times}`;
    await interaction.reply({ content, flags: MessageFlags.Ephemeral });
    await interaction.followUp('and a second thing');
  });
  const asked = sandbox.person('Adam').command('join', { channel: 'Lounge', times: 2 });
  const reply = await asked.answered(soon(5000));
  expect(reply).toMatchObject({ text: 'Adam Lounge 2', ephemeral: true });
  await expect.poll(() => asked.followUps.map(({ text }) => text)).toEqual(['and a second thing']);
  expect(sandbox.messages('general').map(({ text }) => text)).toEqual(['and a second thing']);
});

test('a deferred reply counts as answered when it is filled, and may be edited and deleted', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const filled = Promise.withResolvers<void>();
  await withJoin(client, async (interaction) => {
    await interaction.deferReply();
    await filled.promise;
    await interaction.editReply('almost');
    const { id } = await interaction.editReply('done');
    expect((await interaction.fetchReply()).id).toBe(id);
    await interaction.deleteReply();
  });
  const asked = sandbox.person('Adam').command('join');
  await expect.poll(() => asked.deferred).toBe(true);
  expect(asked.reply).toBeUndefined();
  filled.resolve();
  expect((await asked.answered(soon(5000))).text).toBe('almost');
  await expect.poll(() => sandbox.messages('general')).toEqual([]);
});

test('the first follow-up fills a deferred reply, and is as private as the deferral was', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withJoin(client, async (interaction) => {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.followUp('filled');
  });
  const asked = sandbox.person('Adam').command('join');
  expect(await asked.answered(soon(5000))).toMatchObject({ text: 'filled', ephemeral: true });
  expect(asked.followUps).toEqual([]);
});

test('the follow-up to a deferral that was taken away is the answer', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withJoin(client, async (interaction) => {
    await interaction.deferReply();
    await interaction.deleteReply();
    await interaction.followUp('instead');
  });
  const asked = sandbox.person('Adam').command('join');
  expect((await asked.answered(soon(5000))).text).toBe('instead');
});

test('an interaction takes one callback, and tells discord.js of the message when it asks', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const second = Promise.withResolvers<unknown>();
  await withJoin(client, async (interaction) => {
    const response = await interaction.reply({ content: 'once', withResponse: true });
    expect(response.resource?.message?.content).toBe('once');
    const route = Routes.interactionCallback(interaction.id, interaction.token);
    const again = client.rest.post(route, { body: { type: 5 }, auth: false });
    second.resolve(await again.catch((cause: unknown) => cause));
  });
  await sandbox.person('Adam').command('join').answered(soon(5000));
  expect(await second.promise).toMatchObject({ status: 400, code: 40_060 });
});

test('suggestions for a half-typed option reach the person who types', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const type = ApplicationCommandOptionType.String as const;
  const options = [{ name: 'voice', description: 'Which', type, autocomplete: true as const }];
  await client.application?.commands.set([{ name: 'say', description: 'Say', options }]);
  client.on('interactionCreate', (interaction) => {
    if (!interaction.isAutocomplete()) return;
    const value = interaction.options.getFocused();
    void interaction.respond([{ name: `${value}t`, value: `${value}t` }]);
  });
  const typed = sandbox.person('Adam').complete('say', { voice: 'sl' }, 'voice');
  expect(await typed.suggested(soon(5000))).toEqual([{ name: 'slt', value: 'slt' }]);
});

test('the bot writes in a channel with a file, edits and deletes, and reads what stands there', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const channel = await client.channels.fetch(sandbox.channelId('general'));
  if (!channel?.isSendable()) throw new Error('general is no text channel');
  const files = [{ attachment: Buffer.from('words'), name: 'words.txt' }];
  const message = await channel.send({ content: 'first', files });
  await message.edit('second');
  expect(sandbox.messages('general')).toMatchObject([{ text: 'second', fileNames: ['words.txt'] }]);
  expect((await channel.messages.fetch()).map(({ content }) => content)).toEqual(['second']);
  await message.delete();
  await expect(channel.messages.fetch(message.id)).rejects.toMatchObject({ code: 10_008 });
});
