import { expect, test, vi } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask } from './raw-bot.ts';
import { SteppedClock } from './stepped-clock.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });
const path = '/channels/:channel/messages';

test('a route fails as often as it is told to, in the words of Discord, and then works', async () => {
  await using sandbox = await open();
  const general = `/channels/${sandbox.channelId('general')}/messages`;
  const write = async () => (await ask(sandbox, general, { body: { content: 'x' } })).json;
  sandbox.faults.rest({ method: 'POST', path, status: 500, times: 2 });
  sandbox.faults.rest({ path, status: 404, code: 10_003, message: 'Unknown Channel' });
  expect((await ask(sandbox, '/users/@me')).status).toBe(200);
  expect(await write()).toEqual({ code: 0, message: '500: Internal Server Error' });
  expect(await write()).toMatchObject({ code: 0 });
  expect(await write()).toEqual({ code: 10_003, message: 'Unknown Channel' });
  expect(await write()).toMatchObject({ content: 'x' });
  expect(sandbox.messages('general')).toHaveLength(1);
  expect(sandbox.requests().map(({ status }) => status)).toEqual([200, 500, 500, 404, 200]);
});

test('a bad gateway answers with a page, and a request may have worked all the same', async () => {
  await using sandbox = await open();
  const url = `${sandbox.apiUrl}/v10/channels/${sandbox.channelId('general')}/messages`;
  sandbox.faults.rest({ status: 502, tookEffect: true });
  const headers = { authorization: `Bot ${sandbox.token}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: '{"content":"x"}' });
  expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
  expect(sandbox.messages('general')).toHaveLength(1);
});

test('a connection is cut without an answer, and that is noted', async () => {
  await using sandbox = await open();
  sandbox.faults.rest({ status: 'cut' });
  await expect(ask(sandbox, '/users/@me')).rejects.toThrow('fetch failed');
  expect(sandbox.requests()).toMatchObject([{ route: '/users/@me', status: 0 }]);
});

test('a slow answer comes when its time has come, and healing ends what still stands', async () => {
  const clock = new SteppedClock();
  await using sandbox = await open({ clock });
  sandbox.faults.rest({ delayMs: 2000 });
  let isAnswered = false;
  const asked = ask(sandbox, '/users/@me').finally(() => {
    isAnswered = true;
  });
  await ask(sandbox, '/gateway');
  await clock.step(1500);
  expect(isAnswered).toBe(false);
  await clock.step(500);
  expect((await asked).status).toBe(200);
  sandbox.faults.rest({ status: 500, times: Number.POSITIVE_INFINITY });
  expect((await ask(sandbox, '/users/@me')).status).toBe(500);
  sandbox.faults.heal();
  expect((await ask(sandbox, '/users/@me')).status).toBe(200);
});

test('a sandbox that closes does not wait for answers that are slow on purpose', async () => {
  const clock = new SteppedClock();
  const asleep = vi.spyOn(clock, 'sleep');
  const sandbox = await open({ clock });
  sandbox.faults.rest({ delayMs: 60_000 });
  const asked = ask(sandbox, '/users/@me').catch(() => 'cut');
  await expect.poll(() => asleep.mock.calls.length).toBe(1);
  await sandbox[Symbol.asyncDispose]();
  expect(await asked).toBe('cut');
});

test('a 429 on demand tells when to come back, and whether everything is limited', async () => {
  await using sandbox = await open();
  sandbox.faults.rest({ status: 429, retryAfterMs: 1500 });
  sandbox.faults.rest({ status: 429, scope: 'global', retryAfterMs: 300 });
  const reported = async () => {
    const response = await fetch(`${sandbox.apiUrl}/v10/gateway`);
    const { headers } = response;
    const read = ['retry-after', 'x-ratelimit-scope', 'x-ratelimit-global'];
    return [response.status, await response.json(), ...read.map((name) => headers.get(name))];
  };
  const message = 'You are being rate limited.';
  const one = { message, retry_after: 1.5, global: false };
  expect(await reported()).toEqual([429, one, '2', 'user', null]);
  const all = { message, retry_after: 0.3, global: true };
  expect(await reported()).toEqual([429, all, '1', 'global', 'true']);
});

test('buckets count each channel apart, tell what is left, and refuse what is too much', async () => {
  const clock = new SteppedClock();
  await using sandbox = await open({ clock, rateLimits: 'usual' });
  const url = (name: string) =>
    `${sandbox.apiUrl}/v10/channels/${sandbox.channelId(name)}/messages`;
  const headers = { authorization: `Bot ${sandbox.token}`, 'content-type': 'application/json' };
  const write = async (name: string) => {
    const body = '{"content":"x"}';
    const { status, headers: reported } = await fetch(url(name), { method: 'POST', headers, body });
    const left = reported.get('x-ratelimit-remaining');
    return [status, left, reported.get('x-ratelimit-reset-after'), reported.get('retry-after')];
  };
  expect(await write('general')).toEqual([200, '4', '5.000', null]);
  await clock.step(1000);
  for (const left of ['3', '2', '1', '0']) {
    expect(await write('general')).toEqual([200, left, '4.000', null]);
  }
  expect(await write('general')).toEqual([429, '0', '4.000', '4']);
  expect(await write('Lounge')).toEqual([200, '4', '5.000', null]);
  await clock.step(4000);
  expect(await write('general')).toEqual([200, '4', '5.000', null]);
  const free = await fetch(`${sandbox.apiUrl}/v10/gateway`);
  expect(free.headers.get('x-ratelimit-bucket')).toBeNull();
});
