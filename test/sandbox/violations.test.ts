import { expect, test } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { closeCode, op } from '#sandbox/voice/voice-ops.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { SteppedClock } from '#test/sandbox/stepped-clock.ts';
import { identify, Raw } from '#test/sandbox/voice/raw-voice.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ada, guildId, ticketOf } from '#test/sandbox/voice/voice-callers.ts';
import { ask, identified } from './raw-bot.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });

test('a seat asked for by a session that a later one has replaced is noted', async () => {
  await using sandbox = await open();
  using former = await identified(sandbox);
  const { guildId } = sandbox;
  const seat = { guild_id: guildId, channel_id: sandbox.channelId('Lounge') };
  former.say(4, seat);
  await former.event('VOICE_STATE_UPDATE');
  const later = await identified(sandbox);
  later.say(4, seat);
  await later.event('VOICE_STATE_UPDATE');
  former.say(4, { ...seat, channel_id: null });
  await expect.poll(() => sandbox.bot().channel).toBeUndefined();
  expect(sandbox.violations()).toEqual([]);
  former.say(4, seat);
  await expect
    .poll(() => sandbox.violations())
    .toMatchObject([{ kind: 'superseded-session', guildId }]);
  later.socket.terminate();
  await later.closed;
  await expect.poll(() => sandbox.gatewaySessions().at(-1)?.online).toBe(false);
  former.say(4, seat);
  await expect.poll(() => sandbox.bot().channel).toBe('Lounge');
  expect(sandbox.violations()).toHaveLength(1);
});

test('a second callback of an interaction is refused with 40060, and noted', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const body = { name: 'join', description: 'x' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  sandbox.person('Adam').command('join');
  const { id, token } = await bot.event('INTERACTION_CREATE');
  const as = (process: string) => ({
    apiUrl: sandbox.apiUrlFor(process),
    token: sandbox.token,
  });
  const answer = (type: number, process: string) =>
    ask(as(process), `/interactions/${id}/${token}/callback`, {
      body: { type, data: { content: 'x' } },
    });
  expect((await answer(5, 'one')).status).toBe(204);
  expect(await answer(4, 'two')).toMatchObject({ status: 400, json: { code: 40_060 } });
  expect(sandbox.violations()).toMatchObject([
    { kind: 'answered-twice', interactionId: id, callbackType: 4, by: ['one', 'two'] },
  ]);
  // By a deferral a process asks whether it is the first; what it writes though it is not is noted.
  expect((await answer(5, 'three')).json).toMatchObject({ code: 40_060 });
  expect(sandbox.violations()).toHaveLength(1);
  const following = { body: { content: 'x' } };
  await ask(as('three'), `/webhooks/${sandbox.botId}/${token}`, following);
  expect(sandbox.violations()).toMatchObject([{}, { by: ['one', 'three'] }]);
});

test('a login for voice beside a living one of another gateway session is told of', async () => {
  const second: string[] = [];
  await using server = await openVoiceServer({
    onSecondSession: (inGuild, userId) => second.push(`${inGuild}/${userId}`),
  });
  const enterAs = async (sessionId: string): Promise<Raw> => {
    server.admit({ ...ticketOf(ada), sessionId });
    const raw = new Raw(server);
    await raw.say(identify(ada, { session_id: sessionId }));
    await raw.hear(op.ready);
    return raw;
  };
  const first = await enterAs('one');
  const again = await enterAs('one');
  expect(await first.closed).toBe(closeCode.disconnected);
  expect(second).toEqual([]);
  await enterAs('two');
  expect(await again.closed).toBe(closeCode.disconnected);
  expect(second).toEqual([`${guildId}/${ada}`]);
});

test('requests of all kinds share a limit a second, but answers to interactions do not count', async () => {
  const clock = new SteppedClock();
  await using sandbox = await open({ clock, globalRequestsPerSecond: 2 });
  const read = () => fetch(`${sandbox.apiUrl}/v10/users/@me`, { headers });
  const headers = { authorization: `Bot ${sandbox.token}` };
  const statuses = [await read(), await read()].map(({ status }) => status);
  expect(statuses).toEqual([200, 200]);
  const refused = await read();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-ratelimit-global')).toBe('true');
  expect(refused.headers.get('x-ratelimit-scope')).toBe('global');
  expect(await refused.json()).toMatchObject({ global: true, retry_after: 1 });
  expect((await ask(sandbox, '/interactions/1/x/callback', { body: { type: 5 } })).status).toBe(
    404,
  );
  await clock.step(1000);
  expect((await read()).status).toBe(200);
  sandbox.limitRequests(1);
  expect((await read()).status).toBe(429);
});
