import type { Client } from 'discord.js';
import { expect, test } from 'vitest';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { closeClient, logIn, newClient } from '#src/discord/login.ts';
import { openRestProxy } from '#test/fakes/servers/rest-proxy.ts';

const never = new AbortController().signal;
/** Requests a second for all processes of one bot; Discord's limit is 50. */
const globalRequestsPerSecond = 20;

/** Two processes of one bot, each as if it were alone, ask 15 times at once. Returns what Discord answered. */
async function bothAsk(sandbox: Sandbox, apiUrl: string): Promise<readonly number[]> {
  await using stack = new AsyncDisposableStack();
  const login = { token: sandbox.token, apiUrl, timeoutMs: 5_000 };
  const clients: Client[] = [];
  for (const _process of ['one', 'another']) {
    const client = await logIn(newClient(login), login, never);
    stack.defer(() => closeClient(client));
    clients.push(client);
  }
  const before = sandbox.requests().length;
  const asked = clients.flatMap(({ rest }) =>
    Array.from({ length: 15 }, () => rest.get('/users/@me')),
  );
  await Promise.allSettled(asked);
  return sandbox
    .requests()
    .slice(before)
    .map(({ status }) => status);
}

test('processes that ask Discord through one proxy share its global limit, and everything goes through it', async () => {
  await using sandbox = await openSandbox({ globalRequestsPerSecond });
  await using proxy = await openRestProxy(sandbox.apiUrl, 1_000 / (0.7 * globalRequestsPerSecond));
  const statuses = await bothAsk(sandbox, proxy.apiUrl);
  expect(statuses).toHaveLength(30);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(proxy.passed()).toBe(sandbox.requests().length);
});

test('without a proxy each of them counts for itself, and Discord refuses some', async () => {
  await using sandbox = await openSandbox({ globalRequestsPerSecond });
  expect(await bothAsk(sandbox, sandbox.apiUrl)).toContain(429);
});
