import { once } from 'node:events';
import type { Client, Guild, VoiceBasedChannel } from 'discord.js';
import { expect, test } from 'vitest';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { openBot } from '#test/discord/setup/sandbox-bot.ts';

const soon = () => AbortSignal.timeout(5000);

function guildOf(client: Client, sandbox: Sandbox): Guild {
  return client.guilds.cache.get(sandbox.guildId) ?? no();
}

function voiceChannel(client: Client, sandbox: Sandbox, name: string): VoiceBasedChannel {
  const channel = client.channels.cache.get(sandbox.channelId(name));
  return channel?.isVoiceBased() ? channel : no();
}

function no(): never {
  throw new Error('It is not there.');
}

/** Asks for a seat in the channel and waits until discord.js knows of it. */
async function sit(client: Client, sandbox: Sandbox, name: string): Promise<void> {
  const guild = guildOf(client, sandbox);
  const adapter = guild.voiceAdapterCreator({
    onVoiceServerUpdate: () => undefined,
    onVoiceStateUpdate: () => undefined,
    destroy: () => undefined,
  });
  const channel_id = sandbox.channelId(name);
  const d = { guild_id: guild.id, channel_id, self_deaf: false, self_mute: false };
  adapter.sendPayload({ op: 4, d } as never);
  await expect.poll(() => guild.members.me?.voice.channelId).toBe(channel_id);
}

test('discord.js knows what stands in the way of joining: rights, limits, timeouts, the AFK channel', async () => {
  await using bot = await openBot({ afkChannel: 'Workshop' });
  const { client, sandbox } = bot;
  const guild = sandbox.guild();
  const lounge = voiceChannel(client, sandbox, 'Lounge');
  expect(lounge).toMatchObject({ viewable: true, joinable: true, full: false });
  expect(lounge.guild.afkChannel?.name).toBe('Workshop');
  guild.changeChannel('Lounge', { userLimit: 1 });
  await sandbox.person('Adam').join('Lounge', soon());
  await expect.poll(() => lounge.full).toBe(true);
  guild.permit('Lounge', 'Nova', { deny: ['viewChannel'] });
  await expect.poll(() => lounge.viewable).toBe(false);
  guild.permit('Lounge', 'Nova', {});
  await expect.poll(() => lounge.viewable).toBe(true);
  guild.timeOut('Nova', 60_000);
  await expect.poll(() => lounge.guild.members.me?.isCommunicationDisabled()).toBe(true);
  expect(lounge.joinable).toBe(false);
});

test('discord.js asks to speak on a stage, steps up where it may, and sees itself muted', async () => {
  await using bot = await openBot({ stageChannels: ['Theatre'] });
  const { client, sandbox } = bot;
  const guild = sandbox.guild();
  await sit(client, sandbox, 'Theatre');
  const voice = guildOf(client, sandbox).members.me?.voice ?? no();
  expect(voice.suppress).toBe(true);
  await voice.setRequestToSpeak(true);
  expect(guild.bot().handRaised).toBe(true);
  await expect(voice.setSuppressed(false)).rejects.toMatchObject({ code: 50_013 });
  guild.setRole('Nova', ['viewChannel', 'connect', 'speak', 'muteMembers']);
  await voice.setSuppressed(false);
  await expect.poll(() => voice.suppress).toBe(false);
  guild.mute('Nova', true);
  guild.deafen('Nova', true);
  await expect.poll(() => [voice.serverMute, voice.serverDeaf]).toEqual([true, true]);
});

test('a bot in two servers hears of both, and one more is announced', async () => {
  await using bot = await openBot({ guilds: [{ guildName: 'Annex', locale: 'de' }] });
  const { client, sandbox } = bot;
  const names = () => client.guilds.cache.map(({ name }) => name);
  expect(names()).toEqual(['Sandbox', 'Annex']);
  expect(client.guilds.cache.get(sandbox.guild('Annex').id)?.preferredLocale).toBe('de');
  await client.application?.commands.set([{ name: 'where', description: 'x' }]);
  client.on('interactionCreate', (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    void interaction.reply(`${interaction.guild?.name} ${interaction.locale}`);
  });
  const asked = sandbox.guild('Annex').person('Adam', { locale: 'fr' }).command('where');
  expect((await asked.answered(soon())).text).toBe('Annex fr');
  const created = once(client, 'guildCreate');
  sandbox.addGuild({ guildName: 'Third' });
  await created;
  expect(names()).toEqual(['Sandbox', 'Annex', 'Third']);
});

test('a deleted channel is gone for discord.js, and nobody sits in it', async () => {
  await using bot = await openBot();
  const { client, sandbox, voice } = bot;
  await sit(client, sandbox, 'Lounge');
  const deleted = once(client, 'channelDelete');
  sandbox.guild().removeChannel('Lounge');
  await deleted;
  const me = guildOf(client, sandbox).members.me;
  await expect.poll(() => me?.voice.channelId ?? null).toBeNull();
  expect(voice.expelled).toEqual([{ userId: sandbox.botId, closeCode: 4022 }]);
});

test('a server that Discord loses comes back, and one the bot is thrown out of does not', async () => {
  await using bot = await openBot();
  const { client, sandbox, voice } = bot;
  const guild = sandbox.guild();
  await sit(client, sandbox, 'Lounge');
  const lost = once(client, 'guildUnavailable');
  guild.setOutage(true);
  await lost;
  const found = once(client, 'guildAvailable');
  guild.setOutage(false);
  await found;
  expect(guild.bot().channel).toBe('Lounge');
  const gone = once(client, 'guildDelete');
  guild.removeBot();
  await gone;
  expect(voice.expelled).toHaveLength(1);
  await expect(client.guilds.fetch(guild.id)).rejects.toMatchObject({ code: 10_004 });
});

test('discord.js waits out a 429, and repeats a request that failed', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const channel = await client.channels.fetch(sandbox.channelId('general'));
  if (!channel?.isSendable()) throw new Error('general is no text channel');
  const route = { method: 'POST', path: '/channels/:channel/messages' };
  sandbox.faults.rest({ ...route, status: 429, retryAfterMs: 100 });
  sandbox.faults.rest({ ...route, status: 500 });
  await channel.send('at last');
  expect(sandbox.messages('general').map(({ text }) => text)).toEqual(['at last']);
  const statuses = sandbox.requests().flatMap(({ route: taken, status }) => {
    return taken === route.path ? [status] : [];
  });
  expect(statuses).toEqual([429, 500, 200]);
});

test('discord.js resumes when it is asked to reconnect, and when its session is called in question', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const { faults } = sandbox;
  for (const trouble of [() => faults.askToReconnect(), () => faults.invalidateSessions(true)]) {
    const resumed = once(client, 'shardResume');
    trouble();
    await resumed;
  }
  expect(sandbox.bot().online).toBe(true);
});
