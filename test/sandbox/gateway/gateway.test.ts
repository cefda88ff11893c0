import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { ask, identified, openSocket, usualIntents } from '#test/sandbox/raw-bot.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });

test('the server shows itself, its channels, and who sits in them', async () => {
  await using sandbox = await open();
  const adam = sandbox.person('Adam');
  await adam.join('Lounge', AbortSignal.timeout(20_000));
  using bot = await identified(sandbox);
  expect(await bot.event('READY')).toMatchObject({ guilds: [{ unavailable: true }] });
  expect(await bot.event('GUILD_CREATE')).toMatchObject({
    id: sandbox.guildId,
    voice_states: [{ user_id: adam.id, channel_id: sandbox.channelId('Lounge') }],
    members: [{ user: { id: sandbox.botId } }, { user: { id: adam.id } }],
  });
});

test('who did not ask for voice states is not told of them', async () => {
  await using sandbox = await open();
  using deaf = await identified(sandbox, 1);
  using bot = await identified(sandbox);
  await sandbox.person('Adam').join('Lounge', AbortSignal.timeout(20_000));
  await bot.event('VOICE_STATE_UPDATE');
  expect(deaf.heard.map(({ t }) => t)).not.toContain('VOICE_STATE_UPDATE');
});

test('a wrong token and a privileged intent each close with their own code', async () => {
  await using sandbox = await open();
  using stranger = await openSocket(sandbox);
  stranger.say(2, { token: 'wrong', intents: usualIntents });
  expect(await stranger.closed).toBe(4004);
  using curious = await openSocket(sandbox);
  curious.say(2, { token: sandbox.token, intents: 1 << 15 });
  expect(await curious.closed).toBe(4014);
});

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

test('junk instead of HTTP, and a socket to the wrong path, are turned away', async () => {
  await using sandbox = await open();
  const port = Number(new URL(sandbox.apiUrl).port);
  for (const junk of [
    randomBytes(3000),
    'GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(junk);
    await once(socket.resume(), 'close');
  }
  expect((await ask(sandbox, '/users/@me')).status).toBe(200);
});

test('heartbeats are answered', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  bot.say(1, null);
  await expect.poll(() => bot.heard.some(({ op }) => op === 11)).toBe(true);
});

test('a bot without heartbeats is cut off', async () => {
  await using sandbox = await open({ heartbeatMs: 20 });
  using bot = await openSocket(sandbox);
  expect(await bot.closed).toBe(4009);
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

test('a resume from further back than is kept is refused', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const adam = sandbox.person('Adam');
  for (let n = 0; n < 300; n++) {
    await adam.join('Lounge', AbortSignal.timeout(20_000));
    await adam.leave();
  }
  using second = await openSocket(sandbox);
  second.say(6, { token: sandbox.token, session_id: bot.sessionId, seq: 2 });
  await expect.poll(() => second.heard.at(-1)).toMatchObject({ op: 9, d: false });
});

test('muting oneself changes the voice state without a new ticket', async () => {
  const voice = silentVoice();
  await using sandbox = await open({ voice: voice.half });
  using bot = await identified(sandbox);
  const seat = { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') };
  bot.say(4, seat);
  bot.say(4, { ...seat, self_mute: true });
  const states = () => bot.heard.filter(({ t }) => t === 'VOICE_STATE_UPDATE').map(({ d }) => d);
  await expect.poll(() => states().at(-1)).toMatchObject({ self_mute: true });
  expect(voice.admitted).toHaveLength(1);
});

test('members are told by name or id', async () => {
  await using sandbox = await open();
  const adam = sandbox.person('Adam');
  using bot = await identified(sandbox);
  bot.say(8, { guild_id: sandbox.guildId, user_ids: [adam.id, '1'], nonce: 'n' });
  expect(await bot.event('GUILD_MEMBERS_CHUNK')).toMatchObject({
    members: [{ user: { global_name: 'Adam' } }],
    not_found: ['1'],
    nonce: 'n',
  });
});
