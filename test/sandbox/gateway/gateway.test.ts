import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { ask, identified, openSocket, usualIntents } from '#test/sandbox/raw-bot.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });

test.each([
  ['words before a login', '{"op":8,"d":{"guild_id":"1"}}', 4003],
  ['an unknown opcode', '{"op":99}', 4001],
  ['a login without a token', '{"op":2,"d":{}}', 4002],
  ['no JSON', '{{{', 4002],
  ['a null', 'null', 4002],
  ['bytes', randomBytes(500), 4002],
  ['more bytes than a request has', 'x'.repeat(20_000), 1009],
])('%s on the gateway end that socket and nothing else', async (_name, junk, code) => {
  await using sandbox = await open();
  using bot = await openSocket(sandbox);
  bot.socket.send(junk);
  expect(await bot.closed).toBe(code);
  expect((await ask(sandbox, '/users/@me')).status).toBe(200);
});

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
