import { dirname } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { hashSecret } from '#src/stores/api-tokens.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { runProgram } from '#test/fakes/run-program.ts';
import { openPostgresStores } from '#test/storage/postgres/open-stores.ts';
import { makeStoreFolder } from '#test/storage/store-folder.ts';

const server = '1029384756102938475';
const makeCreation = (name: string, ...otherTexts: readonly string[]) => [
  ...['create', name, '--server', server, '--scopes', 'audio,ask,say'],
  ...otherTexts,
];

const runToken = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runProgram('token', { DISCORD_TOKEN: 'of-discord', ...env }, ...args);

test('beside a running bot tokens are made, listed and revoked, and only their hash is kept', async () => {
  using tempFolder = makeStoreFolder();
  await using store = await openLocalStore(tempFolder.path, { clock: realClock });
  const env = { DATA_DIR: dirname(tempFolder.path) };
  const made = runToken(env, ...makeCreation('doorbell', '--budget', '0.5'));
  expect([made.status, made.stderr]).toEqual([
    0,
    expect.stringContaining(
      'doorbell: server 1029384756102938475, say,ask,audio, at most $0.5 a day',
    ),
  ]);
  const secret = made.stdout.trim();
  expect(secret).toMatch(/^parley_[\w-]{43}$/);
  const foundToken = await store.apiTokens.find(hashSecret(secret));
  expect(foundToken).toMatchObject({
    name: 'doorbell',
    scopes: ['say', 'ask', 'audio'],
    budgetUsd: 0.5,
  });
  const again = runToken(env, ...makeCreation('doorbell'));
  expect(again).toMatchObject({ status: 1, stdout: '' });
  expect(again.stderr).toContain('There is a token doorbell already');
  expect(runToken(env, 'list').stdout).toMatch(/^doorbell: [^\n]+\n$/);
  expect(runToken(env, 'list').stdout).not.toContain(hashSecret(secret));
  const revoked = runToken(env, 'revoke', 'doorbell');
  expect(revoked.status).toBe(0);
  expect(revoked.stderr).toContain(
    'its streams and posts of events end within a minute',
  );
  expect(
    (await store.apiTokens.find(hashSecret(secret)))?.revokedAtWallMs,
  ).toBeGreaterThan(0);
  expect(runToken(env, 'revoke', 'doorbell')).toMatchObject({
    status: 1,
    stderr: `Store: ${dirname(tempFolder.path)}.\nNo token doorbell is in use: npm run token -- list\n`,
  });
});

test('without a token of Discord it says that it works with the store of the sandbox', () => {
  using tempFolder = makeStoreFolder();
  const env = { DATA_DIR: dirname(tempFolder.path), DISCORD_TOKEN: '' };
  const { stderr } = runToken(env, ...makeCreation('doorbell'));
  expect(stderr).toContain(
    '/sandbox, that of the sandbox, as DISCORD_TOKEN is not set.',
  );
});

test.each([
  [['create', 'a b', '--server', server, '--scopes', 'say'], 'NAME: 1 to 32 letters'],
  [
    ['create', 'bell', '--server', 'mine', '--scopes', 'say'],
    '--server: the numeric id',
  ],
  [
    ['create', 'bell', '--server', server, '--scopes', 'say,all'],
    '--scopes: one or several of',
  ],
  [makeCreation('bell', '--budget', 'much'), '--budget: US dollars a day'],
  [['destroy', 'bell'], 'The first word must be create, list or revoke.'],
])('%j is refused in a sentence', (args, sentence) => {
  using tempFolder = makeStoreFolder();
  const refused = runToken({ DATA_DIR: dirname(tempFolder.path) }, ...args);
  expect([refused.status, refused.stdout]).toEqual([78, '']);
  expect(refused.stderr).toContain(sentence);
});

withPostgres(() => {
  test('with DATABASE_URL tokens stand in PostgreSQL', async () => {
    await using schema = await openSchema();
    await using store = await openPostgresStores(schema);
    const made = runToken(
      { DATABASE_URL: schema.url.reveal() },
      ...makeCreation('doorbell'),
    );
    expect(made.status, made.stderr).toBe(0);
    const foundToken = await store.apiTokens.find(hashSecret(made.stdout.trim()));
    expect(foundToken).toMatchObject({ name: 'doorbell', guildId: server });
  });
});
