import { request } from 'node:http';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { closeClient, createClient, logIn } from '#src/discord/login.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

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
