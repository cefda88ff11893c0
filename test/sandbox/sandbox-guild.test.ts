import { expect, test } from 'vitest';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { identified, type RawBot } from './raw-bot.ts';

const soon = () => AbortSignal.timeout(30_000);

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
