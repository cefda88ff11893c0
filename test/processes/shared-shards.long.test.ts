import { expect, test } from 'vitest';
import type { BotProcess } from '#test/fakes/bot-process.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { makeToken, vacantPort } from '#test/fakes/program.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { eventually } from '#test/scenarios/setup/scenario-setup.ts';
import { openProcesses } from './bot-processes.ts';

/** Longest time, in ms, until a log line: a lease lasts 30 s. */
const longMs = 60_000;
/** Deadline of one attempt. */
const playedMs = 240_000;
const servers = ['Sandbox', 'Sandbox 2'] as const;

withPostgres(() => {
  test(
    'a second process takes its share, one that starts again takes it back, and a killed one is taken over',
    { timeout: playedMs, retry: 1 },
    takesOverKilled,
  );

  test(
    'who alone loses the database is taken over, and what everybody loses changes nothing',
    { timeout: playedMs, retry: 1 },
    takesOverWhoLostTheDatabase,
  );
});

async function takesOverKilled(): Promise<void> {
  await using schema = await openSchema();
  const environment = { DATABASE_URL: schema.url.reveal() };
  const port = await vacantPort();
  await using setup = await openProcesses({ environment });
  // Who is killed before it noted its session leaves one that nobody resumes.
  const served = () =>
    setup.sandbox
      .gatewaySessions()
      .filter(({ online }) => online)
      .map(({ process, shard }) => `${process} ${shard.id}`);
  const people = servers.map((server) => setup.sandbox.guild(server).person('Adam'));
  const one = await setup.start('one', { environment: { PAGE_PORT: `${port}` } });
  const two = await setup.start('two');
  await two.logged(({ msg }) => msg === 'shard served', longMs);
  expect(served().sort()).toEqual(['one 0', 'two 1']);
  for (const person of people) await commandReply(person, 'help');
  const { id: otherId } = setup.sandbox.guild('Sandbox 2');
  const token = await makeToken(environment, otherId, 'track');
  const headers = { authorization: `Bearer ${token}` };
  const tracks = `http://127.0.0.1:${port}/v1/servers/${otherId}/tracks`;
  // Until process one has read of the new owner, it says that the server is served again in a moment.
  await eventually(async () => {
    const refused = await fetch(tracks, { headers });
    expect(await refused.json()).toMatchObject({
      error: { code: 'server.elsewhere', message: expect.stringContaining(`${two.pid}. Ask`) },
    });
    expect(refused.status).toBe(409);
  });

  await two.kill();
  const again = await setup.start('two');
  await eventually(() => expect(served().sort()).toEqual(['one 0', 'two 1']));
  for (const person of people) await commandReply(person, 'help');

  await one.kill();
  await again.logged(({ msg, shard }) => msg === 'shard served' && shard === 0, longMs);
  for (const person of people) await commandReply(person, 'help');
  expect(served().sort()).toEqual(['two 0', 'two 1']);
  expect(again.log.filter(({ level }) => Number(level) > 30)).toEqual([]);
  expect(setup.sandbox.violations()).toEqual([]);
}

async function takesOverWhoLostTheDatabase(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await openSchema());
  const { hostname: host, port } = new URL(schema.url.reveal());
  const open = () => TcpProxy.open({ host, port: Number(port === '' ? 5432 : port) });
  const [way, other] = [stack.use(await open()), stack.use(await open())];
  const through = (proxy: TcpProxy) => ({
    DATABASE_URL: proxy.through(schema.url.reveal()),
  });
  const setup = stack.use(await openProcesses());
  const one = await setup.start('one', { environment: through(way) });
  const two = await setup.start('two', { environment: through(other) });
  await two.logged(({ msg }) => msg === 'shard served', longMs);

  for (const each of [way, other]) each.cut();
  await two.logged(
    ({ code, msg }) => code === 'store.unwritable' || msg?.includes('cannot be reached') === true,
    longMs,
  );
  for (const server of servers)
    await commandReply(setup.sandbox.guild(server).person('Adam'), 'help');
  for (const each of [way, other]) each.heal();
  // Both have renewed their leases once a third one finds none to take.
  const three = await setup.start('three', {
    environment: { DATABASE_URL: schema.url.reveal() },
  });
  const stops = (bot: BotProcess) =>
    bot.log.filter(({ msg, why }) => msg === 'shard stopped' && why !== 'handover');
  expect([one, two, three].flatMap(stops)).toEqual([]);

  way.cut();
  await three.logged(({ msg, shard }) => msg === 'shard served' && shard === 0, longMs);
  await one.logged(({ msg, why }) => msg === 'shard stopped' && why !== 'handover', longMs);
  expect(stops(one)).toMatchObject([{ shard: 0, why: 'given-up' }]);
  for (const server of servers)
    await commandReply(setup.sandbox.guild(server).person('Adam'), 'help');
  expect(setup.sandbox.violations()).toEqual([]);
}
