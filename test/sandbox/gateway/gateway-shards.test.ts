import { expect, test } from 'vitest';
import { usualGatewayLimits } from '#sandbox/gateway/gateway-shards.ts';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { ask, identified, openSocket, usualIntents } from '#test/sandbox/raw-bot.ts';
import { SteppedClock } from '#test/sandbox/stepped-clock.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, guilds: [{}, {}], ...options });

type OpenSandbox = Awaited<ReturnType<typeof open>>;

async function onShard(sandbox: OpenSandbox, id: number, count: number) {
  const bot = await openSocket(sandbox);
  bot.say(2, { token: sandbox.token, intents: usualIntents, shard: [id, count] });
  return bot;
}

async function readyOn(sandbox: OpenSandbox, id: number, count: number) {
  const bot = await onShard(sandbox, id, count);
  const ready = await bot.event('READY');
  return { ...bot, ready, sessionId: String(ready.session_id) };
}

const idsIn = ({ heard }: { readonly heard: readonly { t?: string; d: { id?: unknown } }[] }) =>
  heard.filter(({ t }) => t === 'GUILD_CREATE').map(({ d }) => d.id);

test('each shard is told of its own servers, the first server being on shard 0', async () => {
  await using sandbox = await open();
  const [first, second, third] = ['Sandbox', 'Sandbox 2', 'Sandbox 3'].map(
    (name) => sandbox.guild(name).id,
  );
  using even = await readyOn(sandbox, 0, 2);
  using odd = await readyOn(sandbox, 1, 2);
  expect(even.ready).toMatchObject({ shard: [0, 2], guilds: [{ id: first }, { id: third }] });
  expect(odd.ready).toMatchObject({ shard: [1, 2], guilds: [{ id: second }] });
  await expect.poll(() => [idsIn(even), idsIn(odd)]).toEqual([[first, third], [second]]);
  const fourth = sandbox.addGuild().id;
  await expect.poll(() => idsIn(odd)).toEqual([second, fourth]);
  expect(sandbox.gatewaySessions()).toMatchObject([
    { shard: { id: 0, count: 2 }, online: true },
    { shard: { id: 1, count: 2 }, online: true },
  ]);
});

test('an event reaches every session of its shard, and no other', async () => {
  await using sandbox = await open();
  using other = await readyOn(sandbox, 0, 2);
  using one = await readyOn(sandbox, 1, 2);
  using twin = await readyOn(sandbox, 1, 2);
  const body = { name: 'join', description: 'x' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  const { id } = sandbox.guild('Sandbox 2').person('Adam').command('join');
  for (const bot of [one, twin])
    expect(await bot.event('INTERACTION_CREATE')).toMatchObject({ id });
  sandbox.person('Eve').command('join');
  await other.event('INTERACTION_CREATE');
  expect(other.heard.map(({ d }) => d?.id)).not.toContain(id);
});

test('a seat on another shard is asked for in vain', async () => {
  await using sandbox = await open();
  using bot = await readyOn(sandbox, 0, 2);
  const seat = (name: string) => {
    const guild = sandbox.guild(name);
    bot.say(4, { guild_id: guild.id, channel_id: guild.channelId('Lounge') });
    return guild;
  };
  const [foreign, own] = [seat('Sandbox 2'), seat('Sandbox')];
  await expect.poll(() => own.bot().channel).toBe('Lounge');
  expect(foreign.bot().channel).toBeUndefined();
});

test('the gateway recommends as many shards as it was told, or as its servers need', async () => {
  await using sandbox = await open({ gatewayRules: { guildsPerShard: 2, maxConcurrency: 16 } });
  const advice = () => ask(sandbox, '/gateway/bot').then(({ json }) => json);
  expect(await advice()).toMatchObject({
    shards: 2,
    session_start_limit: { max_concurrency: 16, remaining: 1000 },
  });
  sandbox.changeGatewayRules({ recommendedShards: 5 });
  using _bot = await readyOn(sandbox, 0, 5);
  expect(await advice()).toMatchObject({ shards: 5, session_start_limit: { remaining: 999 } });
});

test.each([
  ['a shard beyond the last one', 2, 2, 4010],
  ['a shard below the first one', -1, 2, 4010],
  ['a shard of none', 0, 0, 4010],
  ['more servers than a shard may have', 0, 1, 4011],
])('a login for %s is closed', async (_name, id, count, code) => {
  await using sandbox = await open({ gatewayRules: { guildsPerShard: 2 } });
  using bot = await onShard(sandbox, id, count);
  expect(await bot.closed).toBe(code);
});

test('a bucket takes one identify in its time, and answers another with op 9', async () => {
  const clock = new SteppedClock();
  const gatewayRules = { ...usualGatewayLimits, maxConcurrency: 2 };
  await using sandbox = await open({ clock, gatewayRules });
  using _first = await readyOn(sandbox, 0, 4);
  using _ofOtherBucket = await readyOn(sandbox, 1, 4);
  using early = await onShard(sandbox, 2, 4);
  await expect.poll(() => early.heard.at(-1)).toMatchObject({ op: 9, d: false });
  await clock.step(5000);
  early.say(2, { token: sandbox.token, intents: usualIntents, shard: [2, 4] });
  expect(await early.event('READY')).toMatchObject({ shard: [2, 4] });
});

test('a connection that sends more than it may in a minute is closed', async () => {
  const clock = new SteppedClock();
  await using sandbox = await open({ clock, gatewayRules: { messagesPerMinute: 3 } });
  using bot = await readyOn(sandbox, 0, 1);
  const answers = () => bot.heard.filter(({ op }) => op === 11).length;
  for (let n = 0; n < 2; n++) bot.say(1, null);
  await expect.poll(answers).toBe(2);
  await clock.step(60_000);
  for (let n = 0; n < 4; n++) bot.say(1, null);
  expect(await bot.closed).toBe(4008);
  expect(answers()).toBe(5);
});

test('another process resumes: it gets what was missed, and the former socket is closed', async () => {
  await using sandbox = await open();
  using former = await readyOn(sandbox, 0, 2);
  using elsewhere = await readyOn(sandbox, 1, 2);
  await expect.poll(() => idsIn(former)).toHaveLength(2);
  const { sequence } = sandbox.gatewaySessions()[0] ?? {};
  await sandbox.person('Adam').join('Lounge', AbortSignal.timeout(20_000));
  using successor = await openSocket(sandbox);
  successor.say(6, { token: sandbox.token, session_id: former.sessionId, seq: sequence });
  await successor.event('RESUMED');
  expect(successor.heard.map(({ t }) => t)).toEqual([undefined, 'VOICE_STATE_UPDATE', 'RESUMED']);
  expect(await former.closed).toBe(1006);
  expect(elsewhere.heard.map(({ t }) => t)).not.toContain('VOICE_STATE_UPDATE');
});

test('processes with addresses of their own are told apart, in what they ask and in their logins', async () => {
  await using sandbox = await open();
  const { token } = sandbox;
  const [one, two] = ['one', 'two'].map((name) => ({ apiUrl: sandbox.apiUrlFor(name), token }));
  if (!one || !two) throw new Error('There are two.');
  using first = await identified(one);
  using _second = await identified(two);
  const logins = () => sandbox.gatewaySessions().map(({ process, online }) => [process, online]);
  expect(logins()).toEqual([
    ['one', true],
    ['two', true],
  ]);
  first.socket.terminate();
  await expect.poll(logins).toContainEqual(['one', false]);
  using successor = await openSocket(two);
  successor.say(6, { token, session_id: first.sessionId, seq: 1 });
  await successor.event('RESUMED');
  expect(logins()).toContainEqual(['one', true]);
  const body = { content: 'x' };
  await ask(two, `/channels/${sandbox.channelId('general')}/messages`, { body });
  const [written] = sandbox.requests().filter(({ method }) => method === 'POST');
  expect(written).toMatchObject({
    process: 'two',
    path: expect.stringMatching(/^\/v10\/channels/),
  });
});
