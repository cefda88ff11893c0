import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { newClient, openBot } from '#test/discord/setup/sandbox-bot.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

test('a wrong token is refused before the gateway is reached', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  const client = newClient(sandbox);
  await expect(client.login('wrong')).rejects.toMatchObject({ code: 'TokenInvalid' });
  await client.destroy();
});

test('a dropped gateway is resumed, and what happened meanwhile arrives late, not never', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const joined = once(client, 'voiceStateUpdate');
  const resumed = once(client, 'shardResume');
  sandbox.faults.dropGateway();
  await sandbox.person('Adam').join('Lounge', AbortSignal.timeout(20_000));
  await resumed;
  const [, state] = await joined;
  expect(state).toMatchObject({ channelId: sandbox.channelId('Lounge') });
  expect(sandbox.bot().online).toBe(true);
});

test('the bot gets a voice ticket for the seat it asks for, follows a move, and is seen leaving', async () => {
  await using bot = await openBot();
  const { client, sandbox, voice } = bot;
  const guild = client.guilds.cache.first();
  if (!guild) throw new Error('no server');
  const servers: { token: string }[] = [];
  const adapter = guild.voiceAdapterCreator({
    onVoiceServerUpdate: (update) => void servers.push(update),
    onVoiceStateUpdate: () => undefined,
    destroy: () => undefined,
  });
  const op4 = (channel_id: string | null) =>
    adapter.sendPayload({
      op: 4,
      d: { guild_id: guild.id, channel_id, self_deaf: false, self_mute: false },
    } as never);
  op4(sandbox.channelId('Lounge'));
  await expect.poll(() => servers.length).toBe(1);
  expect(voice.admitted[0]).toMatchObject({ userId: sandbox.botId, token: servers[0]?.token });
  expect(guild.members.me?.voice.channel?.name).toBe('Lounge');
  sandbox.faults.moveBot('Workshop');
  await expect.poll(() => guild.members.me?.voice.channel?.name).toBe('Workshop');
  expect(servers).toHaveLength(2);
  op4(null);
  await expect.poll(() => voice.expelled).toEqual([{ userId: sandbox.botId, closeCode: 4014 }]);
  expect(sandbox.bot().channel).toBeUndefined();
});

test('a seat in a closed channel is refused with silence', async () => {
  await using bot = await openBot();
  const { client, sandbox, voice } = bot;
  const changed = once(client, 'channelUpdate');
  sandbox.faults.closeChannel('Lounge');
  await changed;
  const lounge = client.channels.cache.get(sandbox.channelId('Lounge'));
  expect(lounge).toMatchObject({ joinable: false });
  await expect(sandbox.person('Bob').join('Lounge', AbortSignal.timeout(1000))).rejects.toThrow(
    'Bob may not enter Lounge.',
  );
  await sandbox.person('Olga').join('Lounge', AbortSignal.timeout(20_000));
  expect(voice.admitted).toHaveLength(1);
});
