import { EventEmitter } from 'node:events';
import { type RequestListener, request } from 'node:http';
import { type Client, Status } from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { leaveAllSeats } from '#src/discord/leave-seats.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { closeClient, createClient, logIn } from '#src/discord/login.ts';
import {
  IdentifyThrottle,
  readGatewayLimits,
} from '#src/discord/shards/gateway-limits.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const never = new AbortController().signal;

/** An API that answers every request in one way. */
async function serveAnswer(answer: RequestListener) {
  const served = await openListeningServer(answer);
  onTestFinished(() => served[Symbol.asyncDispose]());
  return `${served.origin}/api`;
}

// Proves: REST, gateway and voice of Discord by fake (discord.js and @discordjs/voice)
test('a refused token is named, with the page where to get a new one', async () => {
  const apiUrl = await serveAnswer((_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end('{"message":"401: Unauthorized","code":0}');
  });
  const refusal = await openDiscord({ token: 'wrong.token', apiUrl }, never).catch(
    (error) => error,
  );
  expect(refusal).toMatchObject({ code: 'discord.bad_token', retryable: false });
  expect(refusal.message).toContain('https://discord.com/developers/applications');
  expect(refusal.message).not.toContain('wrong.token');
});

test.each<[string, number, string, string]>([
  ['a web page', 200, 'text/html', 'answered with a web page'],
  ['JSON of something else', 200, 'application/json', 'answered with a web page'],
  ['an error', 404, 'text/html', 'answered with an error (404)'],
  ['a proxy’s error', 502, 'text/html', 'answered with an error (502)'],
])(
  '%s in place of the API (%i %s) is told as one that %s',
  async (_, status, type, text) => {
    const apiUrl = await serveAnswer((_request, response) => {
      response
        .writeHead(status, { 'content-type': type })
        .end(type === 'text/html' ? '<p>' : '{}');
    });
    const refusal = await openDiscord({ token: 'wrong.token', apiUrl }, never).catch(
      (error) => error,
    );
    expect(refusal).toMatchObject({ code: 'discord.unreachable' });
    expect(refusal.message).toBe(
      `Discord at ${apiUrl} ${text}: check DISCORD_API_URL and that it runs.`,
    );
  },
);

const expireSoon = () => AbortSignal.timeout(30_000);
const shardOf = (count: number) => ({
  id: 0,
  count,
  recommendedCount: 1,
  waitToIdentify: async () => undefined,
});

/** A proxy as nirn-proxy is one: whatever comes goes to the API, and is counted. */
async function openProxy(apiUrl: string) {
  const target = new URL(apiUrl);
  const paths: string[] = [];
  const served = await openListeningServer((incoming, answer) => {
    paths.push(`${incoming.method} ${incoming.url}`);
    const { method, headers, url: path } = incoming;
    const { hostname, port } = target;
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    incoming.pipe(outgoing);
  });
  return {
    paths,
    apiUrl: `${served.origin}${target.pathname}`,
    ...served,
  };
}

test('a proxy named in DISCORD_API_URL gets every request but the gateway', async () => {
  await using sandbox = await openSilentSandbox();
  await using proxy = await openProxy(sandbox.apiUrl);
  const login = { token: sandbox.token, apiUrl: proxy.apiUrl, timeoutMs: 10_000 };
  using rest = new AccountRest(login);
  expect(await readGatewayLimits(rest, expireSoon())).toEqual({
    recommendedShards: 1,
    maxConcurrency: 1,
    startLimit: { total: 1_000, remaining: 1_000, resetAfterMs: 86_400_000 },
  });
  const client = await logIn(createClient(login), login, expireSoon());
  await client.application.fetch();
  expect(proxy.paths).toEqual([
    'GET /api/v10/gateway/bot',
    'GET /api/v10/gateway/bot',
    'GET /api/v10/applications/@me',
  ]);
  expect(sandbox.gatewaySessions()).toHaveLength(1);
  await closeClient(client);
});

test('fewer shards than Discord demands are refused with the number to set', async () => {
  const gatewayRules = { guildsPerShard: 1, recommendedShards: 3 };
  await using sandbox = await openSilentSandbox({
    guilds: [{}, {}],
    gatewayRules,
  });
  const shard = { ...shardOf(1), recommendedCount: 3 };
  const login = {
    token: sandbox.token,
    apiUrl: sandbox.apiUrl,
    timeoutMs: 10_000,
    shard,
  };
  await expect(logIn(createClient(login), login, expireSoon())).rejects.toMatchObject({
    code: 'discord.too_few_shards',
    message: expect.stringContaining(
      'more shards than 1: it recommends 3; set SHARDS=auto',
    ),
  });
});

const lobby = {
  guildId: toGuildId('g'),
  channelId: toChannelId('lobby'),
  name: 'Lobby',
};

/** A logged-in client whose gateway is away, as far as an opener of links looks at it before it sends anything. */
function openAwayClient() {
  const shard = { id: 0, status: Status.Reconnecting as Status };
  let adapters = 0;
  const guild = {
    id: 'g',
    shardId: 0,
    shard,
    members: { me: null },
    channels: { cache: new Map() },
    voiceStates: { cache: new Map() },
    client: { application: { id: 'bot' }, user: { id: 'bot' } },
    voiceAdapterCreator: () => {
      adapters++;
      return { sendPayload: () => false, destroy: () => undefined };
    },
  };
  const client = Object.assign(new EventEmitter(), {
    user: { id: 'bot' },
    application: { id: 'bot' },
    guilds: { cache: new Map([['g', guild]]) },
  });
  const openLinks = (
    limits: { connectMs?: number; offlineMs: number },
    signal = never,
  ) =>
    new DiscordLinkOpener(
      client as unknown as Client<true>,
      realClock,
      () => undefined,
      limits,
    ).openLink(lobby, () => true, signal);
  return { shard, open: openLinks, listAdapters: () => adapters };
}

test('a join while the gateway is away waits, and is refused as offline when it does not come back', async () => {
  const { open, listAdapters } = openAwayClient();
  await expect(open({ offlineMs: 600 })).rejects.toMatchObject({
    code: 'link.offline',
    retryable: true,
  });
  expect(listAdapters()).toBe(0);
});

test('a join that waits for the gateway goes on when that is back', async () => {
  const { open, shard, listAdapters } = openAwayClient();
  const opening = open({ offlineMs: 60_000, connectMs: 700 });
  opening.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(listAdapters()).toBe(0);
  shard.status = Status.Ready;
  await expect(opening).rejects.not.toMatchObject({ code: 'link.offline' });
  expect(listAdapters()).toBe(1);
});

test('a join that is called off while the gateway is away ends at once', async () => {
  const { open, listAdapters } = openAwayClient();
  const calling = new AbortController();
  const opening = open({ offlineMs: 60_000 }, calling.signal);
  calling.abort(new Error('called off'));
  await expect(opening).rejects.toThrow('called off');
  expect(listAdapters()).toBe(0);
});

test('a bot that ends at once leaves every voice channel that it is in or on its way to', () => {
  const sent: unknown[] = [];
  const makeGuild = (id: string, channelId: string | null, status = Status.Ready) => ({
    id,
    shard: { status, send: ({ d }: { readonly d: object }) => void sent.push(d) },
    members: { me: { voice: { channelId } } },
  });
  const guilds = [
    makeGuild('seated', 'a'),
    makeGuild('joining', null),
    makeGuild('nowhere', null),
  ];
  const all = [...guilds, makeGuild('away', 'b', Status.Reconnecting)];
  const cache = new Map(all.map((entry) => [entry.id, entry]));
  const voice = { adapters: new Map([['joining', {}]]) };
  leaveAllSeats({ guilds: { cache }, voice } as unknown as Client<true>);
  expect(sent).toMatchObject([
    { guild_id: 'seated', channel_id: null },
    { guild_id: 'joining', channel_id: null },
  ]);
});

test('a bucket that another process uses is waited for', async () => {
  const clock = new VirtualClock();
  let isFree = false;
  const takeBucket = async () => isFree;
  const throttle = new IdentifyThrottle({ clock, maxConcurrency: 1, takeBucket });
  let isGranted = false;
  void throttle.wait(0, never).then(() => {
    isGranted = true;
  });
  await clock.advance(5_000);
  expect(isGranted).toBe(false);
  isFree = true;
  await clock.advance(250);
  expect(isGranted).toBe(true);
});

test('with 50 identifies left a process waits for the reset of Discord and says so', async () => {
  const clock = new VirtualClock();
  const reported: number[] = [];
  const startLimit = { total: 1_000, remaining: 52, resetAfterMs: 3_600_000 };
  const throttle = new IdentifyThrottle({
    clock,
    maxConcurrency: 16,
    startLimit,
    onSpent: (waitMs) => reported.push(waitMs),
  });
  let identified = 0;
  for (const id of [0, 1, 2]) void throttle.wait(id, never).then(() => identified++);
  await clock.advance(3_599_999);
  expect([identified, reported]).toEqual([2, [3_600_000]]);
  await clock.advance(1);
  expect(identified).toBe(3);
});
