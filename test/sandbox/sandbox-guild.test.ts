import { expect, test } from 'vitest';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask, identified, type RawBot, usualIntents } from './raw-bot.ts';
import { SteppedClock } from './stepped-clock.ts';

const soon = () => AbortSignal.timeout(1000);

async function open(options: Partial<SandboxOptions> = {}) {
  const voice = silentVoice();
  const sandbox = await openSandbox({ voice: voice.half, ...options });
  const bot = await identified(sandbox);
  await bot.event('GUILD_CREATE');
  return {
    sandbox,
    bot,
    voice,
    async [Symbol.asyncDispose]() {
      bot.socket.terminate();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

/** Asks for a seat; resolves when everything said before it was taken in. */
async function sit(sandbox: Sandbox, bot: RawBot, channel: string): Promise<void> {
  bot.say(4, { guild_id: sandbox.guildId, channel_id: sandbox.channelId(channel) });
  const acks = () => bot.heard.filter(({ op }) => op === 11).length;
  const before = acks();
  bot.say(1, null);
  await expect.poll(acks).toBe(before + 1);
}

test('a full channel is refused with silence, to people and to the bot, but not to who moves members', async () => {
  await using opened = await open();
  const { sandbox, bot, voice } = opened;
  const guild = sandbox.guild();
  guild.changeChannel('Lounge', { userLimit: 1 });
  await sandbox.person('Adam').join('Lounge', soon());
  await expect(sandbox.person('Eve').join('Lounge', soon())).rejects.toThrow('Lounge is full.');
  await sit(sandbox, bot, 'Lounge');
  expect(guild.bot().channel).toBeUndefined();
  guild.setRole('Nova', ['viewChannel', 'connect', 'moveMembers']);
  await sit(sandbox, bot, 'Lounge');
  expect(guild.bot().channel).toBe('Lounge');
  expect(voice.admitted).toHaveLength(2);
});

test('on a stage the bot is audience, raises its hand, and speaks once it is invited', async () => {
  await using opened = await open({ stageChannels: ['Theatre'] });
  const { sandbox, bot } = opened;
  const guild = sandbox.guild();
  const path = `/guilds/${guild.id}/voice-states/@me`;
  const patch = (body: object) => ask(sandbox, path, { method: 'PATCH', body });
  expect((await patch({ suppress: false })).json).toMatchObject({ code: 10_065 });
  await sit(sandbox, bot, 'Theatre');
  expect(guild.bot()).toMatchObject({ suppressed: true, handRaised: false });
  expect((await patch({ suppress: false })).json).toMatchObject({ code: 50_013 });
  const raised = { request_to_speak_timestamp: new Date().toISOString() };
  expect((await patch(raised)).status).toBe(204);
  expect(guild.bot()).toMatchObject({ suppressed: true, handRaised: true });
  guild.suppress('Nova', false);
  expect(guild.bot()).toMatchObject({ suppressed: false, handRaised: false });
  guild.setRole('@everyone', ['viewChannel', 'connect']);
  expect((await patch(raised)).json).toMatchObject({ code: 50_013 });
});

test('a bot that may mute members takes the stage by itself, and off a stage there is nothing to take', async () => {
  await using opened = await open({ stageChannels: ['Theatre'] });
  const { sandbox, bot } = opened;
  const guild = sandbox.guild();
  guild.setRole('Nova', ['viewChannel', 'connect', 'speak', 'muteMembers']);
  const path = `/guilds/${guild.id}/voice-states/@me`;
  const patch = () => ask(sandbox, path, { method: 'PATCH', body: { suppress: false } });
  await sit(sandbox, bot, 'Theatre');
  expect((await patch()).status).toBe(204);
  expect(guild.bot().suppressed).toBe(false);
  await sit(sandbox, bot, 'Lounge');
  expect((await patch()).json).toMatchObject({ code: 50_024 });
});

test('without the right to speak, and in the AFK channel, everybody is audience', async () => {
  await using opened = await open({ afkChannel: 'Workshop' });
  const { sandbox, bot } = opened;
  const guild = sandbox.guild();
  await sit(sandbox, bot, 'Workshop');
  expect(guild.bot().suppressed).toBe(true);
  guild.permit('Lounge', 'Nova', { deny: ['speak'] });
  await sit(sandbox, bot, 'Lounge');
  expect(guild.bot().suppressed).toBe(true);
  guild.permit('Lounge', 'Nova', {});
  guild.moveBot('Workshop');
  guild.moveBot('Lounge');
  expect(guild.bot().suppressed).toBe(false);
  guild.setAfkChannel('Lounge');
  expect(await bot.event('GUILD_UPDATE')).toMatchObject({
    afk_channel_id: guild.channelId('Lounge'),
  });
});

test('whoever mutes or deafens somebody, the bot is told and the call takes the sound away', async () => {
  await using opened = await open({ stageChannels: ['Theatre'] });
  const { sandbox, bot, voice } = opened;
  const [guild, adam] = [sandbox.guild(), sandbox.person('Adam')];
  const may = (id: string) => voice.rights.get(id);
  guild.mute('Adam', true);
  await adam.join('Lounge', soon());
  expect(may(adam.id)).toEqual({ speak: false, hear: true });
  guild.mute('Adam', false);
  expect(may(adam.id)).toEqual({ speak: true, hear: true });
  adam.mute(true);
  adam.deafen(true);
  expect(may(adam.id)).toEqual({ speak: false, hear: false });
  await adam.join('Theatre', soon());
  expect(may(adam.id)).toEqual({ speak: false, hear: true });
  guild.suppress('Adam', false);
  expect(may(adam.id)).toEqual({ speak: true, hear: true });
  await sit(sandbox, bot, 'Lounge');
  guild.deafen('Nova', true);
  expect(may(sandbox.botId)).toEqual({ speak: true, hear: false });
  const states = () => bot.heard.filter(({ t }) => t === 'VOICE_STATE_UPDATE').map(({ d }) => d);
  await expect.poll(() => states().at(-1)).toMatchObject({ deaf: true, mute: false });
});

test('a timed-out bot is told so, gets no seat and may not write, until its time is over', async () => {
  const clock = new SteppedClock();
  await using opened = await open({ clock });
  const { sandbox, bot } = opened;
  const write = async () => {
    const path = `/channels/${sandbox.channelId('general')}/messages`;
    return (await ask(sandbox, path, { body: { content: 'hello' } })).status;
  };
  sandbox.guild().timeOut('Nova', 60_000);
  const until = new Date(clock.wallMs() + 60_000).toISOString();
  expect(await bot.event('GUILD_MEMBER_UPDATE')).toMatchObject({
    communication_disabled_until: until,
  });
  await sit(sandbox, bot, 'Lounge');
  expect([sandbox.bot().channel, await write()]).toEqual([undefined, 403]);
  await clock.step(60_000);
  await sit(sandbox, bot, 'Lounge');
  expect([sandbox.bot().channel, await write()]).toEqual(['Lounge', 200]);
});

test('a channel that is deleted takes everybody out of it, and calls end with 4022', async () => {
  await using opened = await open();
  const { sandbox, bot, voice } = opened;
  await sandbox.person('Adam').join('Lounge', soon());
  await sit(sandbox, bot, 'Lounge');
  sandbox.guild().removeChannel('Lounge');
  const { length } = bot.heard;
  await bot.event('CHANNEL_DELETE');
  await expect.poll(() => bot.heard.length).toBeGreaterThan(length + 1);
  expect(bot.heard.slice(-3).map(({ t }) => t)).toEqual([
    'CHANNEL_DELETE',
    'VOICE_STATE_UPDATE',
    'VOICE_STATE_UPDATE',
  ]);
  expect(voice.expelled.map(({ closeCode }) => closeCode)).toEqual([4022, 4022]);
  expect(() => sandbox.channelId('Lounge')).toThrow('There is no channel Lounge here.');
});

test('roles are made, given and taken, and seen on the person who sits down', async () => {
  await using opened = await open();
  const { sandbox, bot } = opened;
  const guild = sandbox.guild();
  const adam = sandbox.person('Adam');
  const dj = guild.addRole('DJ', ['moveMembers']);
  expect(await bot.event('GUILD_ROLE_CREATE')).toMatchObject({ role: { id: dj, name: 'DJ' } });
  guild.giveRole('Adam', 'DJ');
  guild.giveRole('Adam', 'DJ');
  await adam.join('Lounge', soon());
  expect(await bot.event('VOICE_STATE_UPDATE')).toMatchObject({ member: { roles: [dj] } });
  guild.takeRole('Adam', 'DJ');
  expect((await ask(sandbox, `/guilds/${guild.id}/members/${adam.id}`)).json).toMatchObject({
    roles: [],
  });
  expect(() => guild.giveRole('Adam', 'Boss')).toThrow('There is no role Boss here.');
  expect(bot.heard.map(({ t }) => t)).not.toContain('GUILD_MEMBER_UPDATE');
});

test('several servers have people, channels and seats of their own', async () => {
  await using opened = await open({ guilds: [{ guildName: 'Annex', voiceChannels: ['Attic'] }] });
  const { sandbox, bot } = opened;
  const annex = sandbox.guild('Annex');
  const [here, there] = [sandbox.person('Adam'), annex.person('Adam')];
  expect(here.id).toBe(there.id);
  await here.join('Lounge', soon());
  await there.join('Attic', soon());
  await sit(sandbox, bot, 'Lounge');
  bot.say(4, { guild_id: annex.id, channel_id: annex.channelId('Attic') });
  await expect.poll(() => annex.bot().channel).toBe('Attic');
  expect(sandbox.bot().channel).toBe('Lounge');
  const created = () => bot.heard.filter(({ t }) => t === 'GUILD_CREATE').map(({ d }) => d.name);
  expect(created()).toEqual(['Sandbox', 'Annex']);
  sandbox.addGuild();
  await expect.poll(created).toEqual(['Sandbox', 'Annex', 'Sandbox 3']);
  const state = `/guilds/${sandbox.guildId}/voice-states/${here.id}`;
  expect((await ask(sandbox, state)).json).toMatchObject({ code: 10_065 });
  expect(() => sandbox.guild('Nowhere')).toThrow('There is no server Nowhere.');
});

test('an interaction tells the language of the person and of the server', async () => {
  await using opened = await open({ locale: 'fr' });
  const { sandbox, bot } = opened;
  const body = { name: 'join', description: 'x' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  sandbox.person('Adam', { locale: 'de' }).command('join');
  expect(await bot.event('INTERACTION_CREATE')).toMatchObject({
    locale: 'de',
    guild_locale: 'fr',
  });
  sandbox.guild().setLocale('ja');
  expect(await bot.event('GUILD_UPDATE')).toMatchObject({ preferred_locale: 'ja' });
});

test('a command asks for the rights it was registered with, and for the right to use commands', async () => {
  await using opened = await open();
  const { sandbox } = opened;
  const body = { name: 'settings', description: 'x', default_member_permissions: '32' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  const adam = sandbox.person('Adam');
  expect(() => adam.command('settings')).toThrow('Adam may not use settings.');
  sandbox.guild().addRole('Boss', ['manageServer']);
  sandbox.guild().giveRole('Adam', 'Boss');
  adam.command('settings');
  sandbox.guild().permit('general', 'Adam', { deny: ['useCommands'] });
  expect(() => adam.command('settings')).toThrow('Adam may not use commands in general.');
});

test('a bot that ticked the members intent sees everybody, also who enters', async () => {
  const voice = silentVoice();
  const members = 1 << 1;
  await using sandbox = await openSandbox({ voice: voice.half, privilegedIntents: ['members'] });
  using bot = await identified(sandbox, usualIntents | members);
  expect((await bot.event('GUILD_CREATE')).members).toHaveLength(2);
  sandbox.person('Adam');
  expect(await bot.event('GUILD_MEMBER_ADD')).toMatchObject({ user: { global_name: 'Adam' } });
});

test('a server that is removed is left by its people and by the bot, and known no more', async () => {
  await using opened = await open();
  const { sandbox, bot } = opened;
  const more = sandbox.addGuild({ guildName: 'Next door' });
  await bot.event('GUILD_CREATE');
  const nora = more.person('Nora');
  await nora.join('Lounge', soon());
  await sandbox.removeGuild('Next door');
  expect(await bot.event('GUILD_DELETE')).toMatchObject({ id: more.id });
  expect(() => sandbox.guild('Next door')).toThrow('There is no server Next door.');
  await expect(sandbox.removeGuild('Sandbox')).rejects.toThrow('The first server stays.');
});
