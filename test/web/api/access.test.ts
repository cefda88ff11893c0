import { allRoutes } from '#src/web/api/routes/routes.ts';
import { guildId, openApi, readRefusal } from './api-setup.ts';

const say = `/v1/servers/${guildId}/say`;

test('without a token nothing is done, and the answer says what to send', async () => {
  await using api = await openApi();
  const response = await api.app.request(say, { method: 'POST' });
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(await readRefusal(response)).toEqual([
    401,
    'token.missing',
    'Send a token: Authorization: Bearer parley_...',
  ]);
});

test('a token that nobody made is unknown, however long it is', async () => {
  await using api = await openApi();
  for (const secret of ['parley_guess', 'x'.repeat(10_000)]) {
    const [status, code] = await readRefusal(
      await api.post(secret, say, { text: 'Hello.' }),
    );
    expect([status, code]).toEqual([401, 'token.unknown']);
  }
});

test('a token works until it is revoked, and not a request longer', async () => {
  await using api = await openApi();
  await api.add('bell');
  expect((await api.post('bell', say, { text: 'Hello.' })).status).toBe(200);
  await api.revoke('bell');
  expect(await readRefusal(await api.post('bell', say, { text: 'Hello.' }))).toEqual([
    401,
    'token.revoked',
    'The token bell was revoked on 2026-11-20.',
  ]);
});

// Proves: A token does what its scopes say, until it is revoked by real
test('a token does what its scopes say, in its own server', async () => {
  await using api = await openApi();
  await api.add('bell', { scopes: ['say'] });
  const { post, ask } = api;
  expect((await post('bell', say, { text: 'Hello.' })).status).toBe(200);
  expect(await readRefusal(await ask('bell', `/v1/servers/${guildId}/tracks`))).toEqual(
    [403, 'token.scope', 'The token bell has no scope track.'],
  );
  expect(
    await readRefusal(await post('bell', '/v1/servers/123/say', { text: 'Hi.' })),
  ).toEqual([403, 'token.server', 'The token bell is for another server.']);
});

test('a server that another process serves is refused with the shard of that process', async () => {
  await using api = await openApi(() => ({ kind: 'elsewhere', shard: 3 }));
  await api.add('bell');
  for (const response of [
    await api.post('bell', say, { text: 'Hello.' }),
    await api.ask('bell', '/v1/models'),
  ]) {
    expect(await readRefusal(response)).toEqual([
      409,
      'server.elsewhere',
      'The process with shard 3 serves this server: ask that one.',
    ]);
  }
});

// Proves: A token asks 300 times a minute at most by real
test('a token that asks more than 300 times a minute is told when to ask again, and no other is', async () => {
  await using api = await openApi();
  await api.add('bell');
  await api.add('gate');
  const models = async (name: string) => await api.ask(name, '/v1/models');
  for (let n = 0; n < 300; n++) expect((await models('bell')).status).toBe(200);
  const refused = await models('bell');
  const waitS = Number(refused.headers.get('retry-after'));
  expect(waitS).toBeGreaterThan(0);
  expect(await readRefusal(refused)).toEqual([
    429,
    'token.rate',
    `The token bell asks more than 300 times a minute: try again in ${waitS} s.`,
  ]);
  expect((await models('gate')).status).toBe(200);
  const stranger = await api.ask('stranger', '/v1/models');
  expect(stranger.status).toBe(401);
});

test('the budget of a token counts from its first request on', async () => {
  await using api = await openApi();
  await api.add('bell', { budgetUsd: 0.25 });
  await api.post('bell', say, { text: 'Hello.' });
  expect(api.budgets.findCap('token:bell')).toBe(250_000_000);
  expect(api.budgets.findCap('token:other')).toBeUndefined();
});

test('every operation asks for a token', async () => {
  await using api = await openApi();
  expect(allRoutes.length).toBeGreaterThan(7);
  for (const { method, path } of allRoutes) {
    const place = path.replaceAll(/\{\w+\}/g, '1');
    const response = await api.app.request(place, { method: method.toUpperCase() });
    expect([method, path, response.status]).toEqual([method, path, 401]);
  }
});
