import { expect, test } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { identified, openSocket, usualIntents } from '#test/sandbox/raw-bot.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });

test('a resume replays what was missed, once', async () => {
  await using sandbox = await open();
  const first = await identified(sandbox);
  await first.event('GUILD_CREATE');
  first.socket.terminate();
  await expect.poll(() => sandbox.bot().online).toBe(false);
  await sandbox.person('Adam').join('Lounge', AbortSignal.timeout(20_000));
  using second = await openSocket(sandbox);
  second.say(6, { token: sandbox.token, session_id: first.sessionId, seq: 2 });
  await second.event('RESUMED');
  expect(second.heard.map(({ t, s }) => [t, s])).toEqual([
    [undefined, undefined],
    ['VOICE_STATE_UPDATE', 3],
    ['RESUMED', 4],
  ]);
});

test('a session that is over, or never was, cannot be resumed', async () => {
  const voice = silentVoice();
  await using sandbox = await open({ voice: voice.half });
  const first = await identified(sandbox);
  const seat = { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') };
  first.say(4, seat);
  expect(await first.event('VOICE_SERVER_UPDATE')).toMatchObject({ endpoint: 'localhost:1' });
  first.socket.close(1000);
  await first.closed;
  await expect.poll(() => voice.expelled).toEqual([{ userId: sandbox.botId, closeCode: 4014 }]);
  using second = await openSocket(sandbox);
  second.say(6, { token: sandbox.token, session_id: first.sessionId, seq: 1 });
  await expect.poll(() => second.heard.at(-1)).toMatchObject({ op: 9, d: false });
  second.say(2, { token: sandbox.token, intents: usualIntents });
  await second.event('READY');
});
