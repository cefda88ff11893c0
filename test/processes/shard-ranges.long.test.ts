import { discordGatewayLimits } from '#sandbox/gateway/gateway-shards.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { lockHolders } from '#src/storage/postgres/shard-locks.ts';
import { formatText } from '#src/texts/texts.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import type { BotProcess } from '#test/fakes/bot-process.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { makeToken } from '#test/fakes/run-program.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import type { BotEnvironment } from '#test/scenarios/setup/bot-setup.ts';
import {
  callIn,
  converseWith,
  expireSoon,
  passSharedTime,
  seatPerson,
  waitForReturn,
} from '#test/scenarios/setup/scenario-setup.ts';
import { openLocks } from '#test/storage/postgres/open-locks.ts';
import {
  openProcesses,
  type ProcessesOptions,
  type ProcessesSetup,
} from './bot-processes.ts';

/** Deadline of one attempt, and of a log line, in ms. */
const [playedMs, longMs] = [240_000, 60_000];
/** Questions of different lengths, the longest last. */
const [firstQuestion, question, longQuestion] = [
  readSpeech('human-cards-001'),
  readSpeech('human-cards-004'),
  readSpeech('human-cards-005'),
];
const servers = ['Sandbox', 'Sandbox 2', 'Sandbox 3', 'Sandbox 4'];

/** A Discord with four servers, one on each of four shards. */
const openFour = (options: ProcessesOptions = {}) =>
  openProcesses({
    sandbox: {
      guilds: [{}, {}, {}],
      gatewayRules: {
        ...discordGatewayLimits,
        recommendedShards: 4,
        maxConcurrency: 4,
      },
    },
    ...options,
  });

const rangeOf = (range: string) => ({
  environment: { SHARDS: '4', SHARD_RANGE: range },
});

/** Names of the processes that are logged in, each with its shard. */
function listServed({ sandbox }: ProcessesSetup) {
  const online = sandbox.gatewaySessions().filter((session) => session.online);
  return online.map(({ process, shard }) => `${process} ${shard.id}`).sort();
}

async function answerAll(setup: ProcessesSetup, names: readonly string[] = servers) {
  for (const name of names)
    await commandReply(setup.sandbox.guild(name).person('Adam'), 'help');
}

/** These processes are logged in, and people of every server get an answer. */
async function servesAll(setup: ProcessesSetup, names: readonly string[]) {
  expect(listServed(setup)).toEqual(names);
  await answerAll(setup);
}

const waitForLine = (bot: BotProcess, words: RegExp) =>
  bot.waitForLine(({ msg }) => words.test(msg ?? ''), longMs);

async function exitCode(bot: BotProcess) {
  await expect.poll(() => bot.isRunning, { timeout: longMs }).toBe(false);
  return await bot.stop();
}

type Database = Awaited<ReturnType<typeof openDatabase>>;
type Schema = Database['schema'];

/** A database whose ways break together. */
async function openDatabase() {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await openSchema());
  const way = stack.use(await TcpProxy.openInFront(schema.url.reveal()));
  const all = stack.move();
  const environment = { DATABASE_URL: way.makeProxiedUrl(schema.url.reveal()) };
  return { schema, way, environment, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test('four processes over folders of their own serve every server once, each the range of its host name', {
  timeout: playedMs,
  retry: 1,
}, async () => {
  await using setup = await openFour();
  const environment = { SHARDS: '4', SHARD_RANGE: 'auto', SHARDS_PER_PROCESS: '1' };
  await Promise.all(
    [0, 1, 2, 3].map((n) =>
      setup.start(`p${n}`, {
        environment: { ...environment, HOSTNAME: `parley-${n}` },
      }),
    ),
  );
  await servesAll(setup, ['p0 0', 'p1 1', 'p2 2', 'p3 3']);
  expect(setup.sandbox.violations()).toEqual([]);
});

withPostgres(() => {
  test('processes over one database serve every server once: who may not start waits and says so, one that was killed is replaced at once, and a database that is away ends nothing', {
    timeout: playedMs,
    retry: 1,
  }, async () => {
    await using database = await openDatabase();
    const { schema, environment } = database;
    await using setup = await openFour({ environment });
    await Promise.all(
      [0, 1, 2, 3].map((n) => setup.start(`p${n}`, rangeOf(`${n}-${n}`))),
    );
    await servesAll(setup, ['p0 0', 'p1 1', 'p2 2', 'p3 3']);
    await waitsForShard(setup, schema);
    await servesAll(setup, ['p0 0', 'p1 1', 'p2 2', 'taken 3']);
    await replacesKilled(setup, schema, environment);
    await servesAll(setup, ['elsewhere 2', 'p0 0', 'p1 1', 'taken 3']);
    await keepsLocks(setup, database);
    await servesAll(setup, ['elsewhere 2', 'p0 0', 'p1 1', 'taken 3']);
    expect(setup.sandbox.violations()).toEqual([]); // no login was refused
  });

  test('a process whose shard another one took while the database was away says so, and ends', {
    timeout: playedMs,
    retry: 1,
  }, async () => {
    await using database = await openDatabase();
    await using setup = await openFour({ environment: database.environment });
    const botProcess = await setup.start('one', rangeOf('0-1'));
    database.way.cutConnections();
    await using _locks = await openLocks(database.schema, {
      count: 4,
      first: 1,
      last: 1,
    });
    database.way.healConnections();
    const words =
      /^While the database was away, .* shard 1 is served by \S+ \d+; this one ends\.$/;
    await waitForLine(botProcess, words);
    expect(await exitCode(botProcess)).toBe(1);
    expect(listServed(setup)).toEqual([]);
  });

  test('a no counts at once in the process that hears, and in the one that takes its shards over', {
    timeout: playedMs,
    retry: 1,
  }, async () => {
    await using database = await openDatabase();
    const { schema, way } = database;
    await using setup = await openProcesses({ sandbox: {} });
    const environment = { SHARDS: '1', SHARD_RANGE: '0-0' };
    const former = { environment: { ...environment, ...database.environment } };
    await setup.start('former', former);
    const room = setup.server('Sandbox');
    const adam = await callIn(room, 'Adam');
    const eva = await seatPerson(room, 'Eva');
    await commandReply(eva, 'privacy allow');
    await converseWith(room, eva, firstQuestion);
    const uploads = setup.uttered.length;
    way.cutConnections();
    const DATABASE_URL = schema.url.reveal();
    const bot = await setup.start('next', {
      environment: { ...environment, DATABASE_URL },
    });
    expect(listServed(setup)).toEqual(['former 0', 'next 0']);
    const reply = await commandReply(eva, 'privacy deny');
    expect(JSON.stringify(reply)).toContain(formatText('consent.no'));
    await eva.say(longQuestion, expireSoon());
    await waitForReturn({ bot }, adam, eva);
    await eva.say(longQuestion, expireSoon());
    await converseWith(room, adam, question);
    const lengthsMs = setup.uttered.slice(uploads).map(getDurationMs);
    expect(lengthsMs).not.toEqual([]);
    expect(Math.max(...lengthsMs)).toBeLessThan(getDurationMs(question) + 500);
  });
});

/** Who may not start waits and says so, and serves once the shard is free. */
async function waitsForShard(setup: ProcessesSetup, schema: Schema) {
  const taken = await setup.launch('taken', rangeOf('3-3'));
  await waitForLine(
    taken,
    /^waiting: shard 3 is served by \S+ \d+: end that process, or correct SHARDS and SHARD_RANGE$/,
  );
  const other = { environment: { SHARDS: '8', SHARD_RANGE: '4-7' } };
  const renumbered = await setup.launch('renumbered', other);
  await waitForLine(renumbered, /^waiting: \S+ \d+ has SHARDS=4, and this one 8: /);
  expect(await renumbered.stop()).toBe(0);
  await servesAll(setup, ['p0 0', 'p1 1', 'p2 2', 'p3 3']);

  const { id } = setup.sandbox.guild('Sandbox 4');
  const today = new Date().toISOString().slice(0, 10);
  await schema.sql(`INSERT INTO spent VALUES ('${id}', '${today}', 1250000000, 3)`);
  expect(await setup.findProcess('p3').stop()).toBe(0);
  await expect.poll(() => listServed(setup), { timeout: longMs }).toContain('taken 3');
  const olga = setup.sandbox.guild('Sandbox 4').person('Olga');
  const costs = await commandReply(olga, 'stats');
  expect(JSON.stringify(costs)).toContain('$1.25'); // spent while it waited for the lock
}

/** A process that is started in place of one that was killed waits neither for a lock nor for a login. */
async function replacesKilled(
  setup: ProcessesSetup,
  schema: Schema,
  environment: BotEnvironment,
) {
  const port = await findFreePort();
  await passSharedTime(discordGatewayLimits.identifyEveryMs);
  await setup.findProcess('p2').kill();
  await expect.poll(() => heldShards(schema)).toHaveLength(3);
  const { environment: range } = rangeOf('2-2');
  const options = { environment: { ...range, PAGE_PORT: `${port}` } };
  const elsewhere = await setup.start('elsewhere', options);
  await answerAll(setup, ['Sandbox 3']);
  expect(elsewhere.log.filter(({ msg }) => msg?.startsWith('waiting'))).toEqual([]);
  expect(await heldShards(schema)).toEqual(['[0]', '[1]', '[2]', '[3]']);

  const { id } = setup.sandbox.guild('Sandbox 2');
  const token = await makeToken(environment, id, 'track');
  const headers = { authorization: `Bearer ${token}` };
  const url = `http://127.0.0.1:${port}/v1/servers/${id}/tracks`;
  const refused = await fetch(url, { headers });
  const error = {
    code: 'server.elsewhere',
    message: expect.stringContaining('shard 1'),
  };
  expect([refused.status, await refused.json()]).toEqual([
    409,
    expect.objectContaining({ error: expect.objectContaining(error) }),
  ]);
}

/** A database that is away for longer than any statement waits ends nothing, and the locks are taken again. */
async function keepsLocks(setup: ProcessesSetup, { way, schema }: Database) {
  way.cutConnections();
  const awayMs = realClock.nowMs();
  while (realClock.nowMs() - awayMs < 20_000) {
    await answerAll(setup);
    await passSharedTime(4_000); // a person may type ten commands in 20 s
  }
  way.healConnections();
  const fifth = await setup.launch('fifth', rangeOf('0-3'));
  await waitForLine(fifth, /^waiting: shard \d is served by/);
  await expect.poll(() => heldShards(schema)).toEqual(['[0]', '[1]', '[2]', '[3]']);
}

async function heldShards(schema: Schema) {
  return (await schema.sql(lockHolders)).map(({ shard_ids: ids }) => ids);
}
