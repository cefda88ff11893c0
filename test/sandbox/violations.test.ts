import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openSilentSandbox as open } from '#test/sandbox/voice/silent-voice.ts';
import { identifyBot, sendRequest } from './raw-bot.ts';

test('a seat asked for by a session that a later one has replaced is noted', async () => {
  await using sandbox = await open();
  using former = await identifyBot(sandbox);
  const { guildId } = sandbox;
  const seat = { guild_id: guildId, channel_id: sandbox.channelId('Lounge') };
  former.say(4, seat);
  await former.event('VOICE_STATE_UPDATE');
  const later = await identifyBot(sandbox);
  later.say(4, seat);
  await later.event('VOICE_STATE_UPDATE');
  former.say(4, { ...seat, channel_id: null });
  await expect.poll(() => sandbox.bot().channel).toBeUndefined();
  expect(sandbox.violations()).toEqual([]);
  former.say(4, seat);
  await expect.poll(() => sandbox.violations()).toMatchObject([{ guildId }]);
  later.socket.terminate();
  await later.closed;
  await expect.poll(() => sandbox.gatewaySessions().at(-1)?.online).toBe(false);
  former.say(4, seat);
  await expect.poll(() => sandbox.bot().channel).toBe('Lounge');
  expect(sandbox.violations()).toHaveLength(1);
});

test('requests of all kinds share a limit a second, but answers to interactions do not count', async () => {
  const clock = new VirtualClock();
  await using sandbox = await open({ clock, rateLimits: 'usual' });
  const readUser = () => fetch(`${sandbox.apiUrl}/v10/users/@me`, { headers });
  const headers = { authorization: `Bot ${sandbox.token}` };
  for (let n = 0; n < 50; n++) expect((await readUser()).status).toBe(200);
  const refused = await readUser();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-ratelimit-global')).toBe('true');
  expect(refused.headers.get('x-ratelimit-scope')).toBe('global');
  expect(await refused.json()).toMatchObject({ global: true, retry_after: 1 });
  expect(
    (await sendRequest(sandbox, '/interactions/1/x/callback', { body: { type: 5 } }))
      .status,
  ).toBe(404);
  await clock.advance(1000);
  expect((await readUser()).status).toBe(200);
});
