import { expect, test } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { ask, identified, openSocket, type RawBot, usualIntents } from '#test/sandbox/raw-bot.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });
const soon = () => AbortSignal.timeout(1000);

function eventsOf(bot: RawBot, prefix = 'VOICE'): (string | undefined)[] {
  return bot.heard.map(({ t }) => t).filter((name) => name?.startsWith(prefix));
}

test('the bot may be told of the call before it is told of its seat', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const sit = (channel: string) =>
    bot.say(4, { guild_id: sandbox.guildId, channel_id: sandbox.channelId(channel) });
  sandbox.faults.serverFirst();
  sit('Lounge');
  await expect.poll(() => eventsOf(bot)).toEqual(['VOICE_SERVER_UPDATE', 'VOICE_STATE_UPDATE']);
  sandbox.faults.heal();
  sit('Workshop');
  await expect
    .poll(() => eventsOf(bot).slice(2))
    .toEqual(['VOICE_STATE_UPDATE', 'VOICE_SERVER_UPDATE']);
});

test('events are late, lost or doubled as often as told', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const body = { name: 'join', description: 'x' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  const adam = sandbox.person('Adam');
  sandbox.faults.event({ event: 'INTERACTION_CREATE', copies: 2 });
  adam.command('join');
  await expect.poll(() => eventsOf(bot, 'INTER')).toHaveLength(2);
  const ids = bot.heard.filter(({ t }) => t === 'INTERACTION_CREATE').map(({ d }) => d.id);
  expect(ids[0]).toBe(ids[1]);
  sandbox.faults.event({ event: 'VOICE_STATE_UPDATE', copies: 0 });
  await adam.join('Lounge', soon());
  sandbox.faults.event({ event: 'VOICE_STATE_UPDATE', delayMs: 30 });
  await adam.join('Workshop', soon());
  adam.command('join');
  await expect.poll(() => eventsOf(bot).length).toBe(1);
  expect(bot.heard.slice(-2).map(({ t }) => t)).toEqual([
    'INTERACTION_CREATE',
    'VOICE_STATE_UPDATE',
  ]);
  expect(bot.heard.at(-1)?.d.channel_id).toBe(sandbox.channelId('Workshop'));
});

test('a seat is asked for in vain as often as told', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const seat = { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') };
  sandbox.faults.ignoreSeats(2);
  for (let n = 0; n < 3; n++) bot.say(4, seat);
  await expect.poll(() => eventsOf(bot)).toEqual(['VOICE_STATE_UPDATE', 'VOICE_SERVER_UPDATE']);
});

test('a session declared invalid is resumed or begun anew on the same socket, as it was told', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  await bot.event('GUILD_CREATE');
  sandbox.faults.invalidateSessions(true);
  await expect.poll(() => bot.heard.at(-1)).toMatchObject({ op: 9, d: true });
  bot.say(6, { token: sandbox.token, session_id: bot.sessionId, seq: 2 });
  await bot.event('RESUMED');
  sandbox.faults.invalidateSessions(false);
  await expect.poll(() => bot.heard.at(-1)).toMatchObject({ op: 9, d: false });
  bot.say(6, { token: sandbox.token, session_id: bot.sessionId, seq: 3 });
  await expect.poll(() => bot.heard.filter(({ op }) => op === 9)).toHaveLength(3);
  bot.say(2, { token: sandbox.token, intents: usualIntents });
  await expect.poll(() => eventsOf(bot, 'READY')).toHaveLength(2);
});

test('the gateway asks to reconnect, closes with any code, and leaves heartbeats unanswered', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  sandbox.faults.ignoreHeartbeats();
  bot.say(1, null);
  sandbox.faults.askToReconnect();
  await expect.poll(() => bot.heard.at(-1)?.op).toBe(7);
  expect(bot.heard.some(({ op }) => op === 11)).toBe(false);
  sandbox.faults.closeGateway(4000);
  expect(await bot.closed).toBe(4000);
  using second = await openSocket(sandbox);
  second.say(6, { token: sandbox.token, session_id: bot.sessionId, seq: 2 });
  await second.event('RESUMED');
});

test('a voice server goes away, and its successor is told of with a fresh ticket', async () => {
  const voice = silentVoice();
  await using sandbox = await open({ voice: voice.half });
  using bot = await identified(sandbox);
  bot.say(4, { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') });
  await bot.event('VOICE_SERVER_UPDATE');
  sandbox.faults.replaceVoiceServer(10);
  const servers = () => bot.heard.filter(({ t }) => t === 'VOICE_SERVER_UPDATE').map(({ d }) => d);
  await expect.poll(servers).toMatchObject([{}, { endpoint: null }, { endpoint: 'localhost:1' }]);
  expect(voice.expelled).toEqual([{ userId: sandbox.botId, closeCode: 4022 }]);
  expect(new Set(voice.admitted.map(({ token }) => token)).size).toBe(2);
});
