import { once } from 'node:events';
import { constants, inflateSync } from 'node:zlib';
import { WebSocket } from 'ws';

import {
  identifyBot,
  openSocket,
  sendRequest,
  usualIntents,
} from '#test/sandbox/raw-bot.ts';
import {
  openSilentSandbox as open,
  openSilentVoice,
} from '#test/sandbox/voice/silent-voice.ts';

test('a resume replays what was missed, once', async () => {
  await using sandbox = await open();
  const first = await identifyBot(sandbox);
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
  const voice = openSilentVoice();
  await using sandbox = await open({ voice: voice.half });
  const first = await identifyBot(sandbox);
  first.say(4, { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') });
  expect(await first.event('VOICE_SERVER_UPDATE')).toMatchObject({
    endpoint: 'localhost:1',
  });
  first.socket.close(1000);
  await first.closed;
  await expect
    .poll(() => voice.expelled)
    .toEqual([{ userId: sandbox.botId, closeCode: 4014 }]);
  using second = await openSocket(sandbox);
  second.say(6, { token: sandbox.token, session_id: first.sessionId, seq: 1 });
  await expect.poll(() => second.heard.at(-1)).toMatchObject({ op: 9, d: false });
  second.say(2, { token: sandbox.token, intents: usualIntents });
  await second.event('READY');
});

test('a bot that asks for compression gets one stream, each message flushed', async () => {
  await using sandbox = await open();
  const { json } = await sendRequest(sandbox, '/gateway/bot');
  const socket = new WebSocket(`${json?.url}?v=10&encoding=json&compress=zlib-stream`);
  const chunks: Buffer[] = [];
  socket.on('message', (data) => chunks.push(data as Buffer));
  await once(socket, 'open');
  const data = { token: sandbox.token, intents: usualIntents, properties: {} };
  socket.send(JSON.stringify({ op: 2, d: data }));
  await expect.poll(() => chunks.length).toBe(3);
  const flush = Buffer.from([0, 0, 255, 255]);
  expect(chunks.map((chunk) => chunk.subarray(-4))).toEqual([flush, flush, flush]);
  const text = inflateSync(Buffer.concat(chunks), {
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  expect(text.toString()).toMatch(/"op":10.*"t":"READY".*"t":"GUILD_CREATE"/);
  socket.terminate();
});

test('ids that a bot writes as numbers are not rounded', async () => {
  await using sandbox = await open({ voice: openSilentVoice().half });
  const bot = await identifyBot(sandbox);
  const channel = sandbox.channelId('Lounge');
  bot.socket.send(
    `{"op":4,"d":{"guild_id":${sandbox.guildId},"channel_id":${channel}}}`,
  );
  expect(await bot.event('VOICE_SERVER_UPDATE')).toMatchObject({
    guild_id: sandbox.guildId,
  });
});

test('a program logs in as a member: it has the seat of that person, and nothing that is for the bot alone', async () => {
  await using sandbox = await open();
  const adam = sandbox.person('Adam');
  const account = await sandbox.openAccount('Adam');
  const bot = await identifyBot(sandbox);
  using program = await identifyBot(account);
  const seat = { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') };
  program.say(4, seat);
  await program.event('VOICE_SERVER_UPDATE');
  expect(sandbox.guild().roster().people).toContainEqual({
    id: adam.id,
    name: 'Adam',
    channel: 'Lounge',
  });
  const body = [{ name: 'leave', description: 'Leaves.' }];
  const commands = `/applications/${sandbox.botId}/commands`;
  await sendRequest(sandbox, commands, { method: 'PUT', body });
  adam.command('leave');
  await bot.event('INTERACTION_CREATE');
  sandbox.guild().addRole('DJ');
  await program.event('GUILD_ROLE_CREATE');
  expect(program.heard.map(({ t }) => t)).not.toContain('INTERACTION_CREATE');
});
