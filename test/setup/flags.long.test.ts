import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { commands } from '#commands/commands.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import { swift } from '#test/doctor/examine.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { openOffice } from './set-up.ts';

const run = promisify(execFile);

function url(port: number): string {
  return `http://127.0.0.1:${port}/v1`;
}

test('flags alone set the bot up: the file, its rights, and the commands', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  await using server = await openMockProviders({ ...swift, key: 'sk-secret-of-mine' });
  const tokenFile = join(office.folder, 'token');
  writeFileSync(tokenFile, `${sandbox.token}\n`);
  const args = ['--token-file', tokenFile, '--provider', server.baseUrl, '--key-env', 'MY_KEY'];
  const { code, text } = await office.run(args, { MY_KEY: 'sk-secret-of-mine' });
  expect(text).toContain('It is the token of nova.');
  expect(code).toBe(0);
  expect(office.values()).toMatchObject({
    DISCORD_TOKEN: sandbox.token,
    CHAT_COMPLETION_BASE_URL: server.baseUrl,
    CHAT_COMPLETION_API_KEY: 'sk-secret-of-mine',
    TRANSCRIPTION_BASE_URL: server.baseUrl,
    SPEECH_BASE_URL: server.baseUrl,
  });
  // The comment, the token, and four lines of each role; the voice has a format too.
  expect(office.text()?.trim().split('\n').length).toBeLessThan(17);
  expect(text).toContain('They appear in all servers within seconds.');
  expect(sandbox.commands().every(({ guildId }) => guildId === undefined)).toBe(true);
  expect(sandbox.commands().length).toBeGreaterThan(10);
  expect(text).not.toMatch(new RegExp(`${sandbox.token}|sk-secret`));
});

test('commands that an earlier setup gave to the server alone are not seen beside those of all', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  const { apiUrl, guildId, token } = sandbox;
  await registerOnly({ apiUrl, token, guildId, commands: commands.slice(0, 3) });
  const args = ['--token-env', 'TOKEN', '--provider', 'embedded'];
  const { code, text } = await office.run(args, { TOKEN: token });
  expect([code, text]).toEqual([0, expect.stringContaining('3 older commands of Sandbox alone')]);
  expect(new Set(sandbox.commands().map((one) => one.guildId))).toEqual(new Set([undefined]));
});

test('each role has a server of its own, with a key from a variable of its own', async () => {
  await using office = await openOffice();
  const token = { TOKEN: office.sandbox.token };
  await using hearing = await openMockProviders({ ...swift, key: 'key-of-hearing' });
  await using thinking = await openMockProviders({ ...swift, key: 'key-of-thinking' });
  await using speaking = await openMockProviders({ ...swift, key: 'key-of-speaking' });
  const args = [
    ...['--token-env', 'TOKEN', '--no-sound'],
    ...['--transcription-provider', hearing.baseUrl, '--transcription-key-env', 'HEARING'],
    ...['--chat-provider', thinking.baseUrl, '--chat-key-env', 'THINKING', '--chat', 'wise'],
    ...['--speech-provider', speaking.baseUrl, '--speech-key-env', 'SPEAKING', '--voice', 'echo'],
  ];
  const keys = {
    HEARING: 'key-of-hearing',
    THINKING: 'key-of-thinking',
    SPEAKING: 'key-of-speaking',
  };
  const { code, text } = await office.run(args, { ...token, ...keys });
  expect([code, text]).toEqual([0, expect.not.stringMatching(/key-of-/)]);
  expect(office.values()).toMatchObject({
    TRANSCRIPTION_BASE_URL: hearing.baseUrl,
    TRANSCRIPTION_API_KEY: 'key-of-hearing',
    CHAT_COMPLETION_BASE_URL: thinking.baseUrl,
    CHAT_COMPLETION_API_KEY: 'key-of-thinking',
    CHAT_COMPLETION_MODEL: 'wise',
    SPEECH_BASE_URL: speaking.baseUrl,
    SPEECH_API_KEY: 'key-of-speaking',
    SPEECH_VOICE: 'echo',
  });
  const before = office.text();
  const wrong = await office.run(args, { ...token, ...keys, SPEAKING: '' });
  expect(wrong).toEqual({
    code: 78,
    text: expect.stringContaining('A variable that --key-env names is not set.'),
  });
  const refused = await office.run(args, { ...token, ...keys, SPEAKING: 'another' });
  expect([refused.code, refused.text]).toEqual([
    1,
    expect.stringContaining(`The bot cannot use ${speaking.baseUrl}: `),
  ]);
  expect(office.text()).toBe(before);
});

test('one role is changed, and the others stay as they were', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swift);
  const before = [
    `DISCORD_TOKEN=${office.sandbox.token}`,
    'CHAT_COMPLETION_BASE_URL=http://127.0.0.1:9/v1',
    'CHAT_COMPLETION_API_KEY=old-key',
    '',
  ].join('\n');
  office.keep(before);
  expect((await office.run(['--speech-provider', server.baseUrl])).code).toBe(0);
  const { CHAT_COMPLETION_BASE_URL, TRANSCRIPTION_BASE_URL, SPEECH_BASE_URL } = office.values();
  expect([CHAT_COMPLETION_BASE_URL, TRANSCRIPTION_BASE_URL, SPEECH_BASE_URL]).toEqual([
    'http://127.0.0.1:9/v1',
    undefined,
    server.baseUrl,
  ]);
  expect(office.text()).toContain('CHAT_COMPLETION_API_KEY=old-key');
});

test.each([
  ['--chat-key-env', ['--chat-key-env', 'KEY']],
  ['--key-env', ['--provider', url(1), '--provider', url(2), '--key-env', 'KEY']],
  ['--provider embedded', ['--provider', 'embedded', '--chat-provider', url(1)]],
  ['--chat', ['--chat', 'wise', '--speech-provider', url(1)]],
  ['--speech-provider', ['--speech-provider', 'sk-secret-of-mine']],
  ['--provider', ['--provider', 'sk-secret-of-mine']],
  ['--server', ['--server', '42']],
  ['--wait', ['--wait', 'long']],
  ['--channel, --no-sound', ['--channel', '100000000000000001', '--no-sound']],
  ["Unknown option '--provder'", ['--provder', url(1)]],
  ["Option '--server <value>' argument missing", ['--server']],
  ['There is a word without a flag', ['sk-secret-of-mine']],
])('%s is named, without a value, where it is wrong', async (flag, args) => {
  await using office = await openOffice();
  const { code, text } = await office.run(args);
  expect([code, text.slice(0, flag.length)]).toEqual([78, flag]);
  expect(text).toMatch(/^[^\n]+ All flags: setup\/README\.md\.\s*$/);
  expect(text).not.toContain('sk-secret');
});

test('without a token a model is chosen for the sandbox, and only that is written', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swift);
  const { code, text } = await office.run(['--chat-provider', server.baseUrl]);
  expect([code, text]).toEqual([0, expect.stringContaining('Next: run npm start, open its link')]);
  expect(office.values()).toEqual({
    CHAT_COMPLETION_BASE_URL: server.baseUrl,
    CHAT_COMPLETION_MODEL: 'mock',
  });
});

test('run again with one flag it changes one thing, and leaves all else as it was', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  const before = [
    '# my own words',
    `DISCORD_TOKEN=${sandbox.token}`,
    'CHAT_COMPLETION_BASE_URL=http://127.0.0.1:9/v1',
    'CHAT_COMPLETION_API_KEY=old-key',
    'BUDGET_SERVER_DAY_USD=2',
    '',
  ].join('\n');
  office.keep(before);
  const embedded = await office.run(['--provider', 'embedded']);
  expect([embedded.code, embedded.text]).toEqual([
    0,
    expect.stringContaining('You chose no chat model'),
  ]);
  expect(office.text()).toBe(
    before.replace('http://127.0.0.1:9/v1', '').replace('KEY=old-key', 'KEY='),
  );
});

test('what no flag says, where nobody can be asked, ends with 78 and writes nothing', async () => {
  await using office = await openOffice({ guilds: [{ guildName: 'Second' }] });
  const { sandbox } = office;
  const token = { TOKEN: sandbox.token };
  const ends: readonly (readonly [readonly string[], NodeJS.ProcessEnv, RegExp])[] = [
    [[], token, /^There is no terminal for questions, and no flag/],
    [
      ['--provider', 'embedded', '--server', sandbox.guildId],
      {},
      /^There is no token: name it with --token-file or --token-env/,
    ],
    [['--token-env', 'TOKEN'], token, /The bot is in several servers: name one with --server/],
    [['--token-env', 'NONE'], token, /The variable that --token-env names holds no token/],
    [['--token-env', 'TOKEN'], { TOKEN: 'wrong.token' }, /Discord refused the token/],
    [['--token-file', join(office.folder, 'none')], {}, /cannot be read \(ENOENT\)/],
    [['--token', sandbox.token], {}, /^Unknown option '--token'\./],
  ];
  for (const [args, environment, words] of ends) {
    const { code, text } = await office.run(args, environment);
    expect([code, text], args.join(' ')).toEqual([78, expect.stringMatching(words)]);
    expect(text).not.toContain(sandbox.token);
  }
  expect(office.text()).toBeUndefined();
});

test('a Discord or a server that is not there ends with 1 and a sentence', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  const token = { TOKEN: sandbox.token };
  const away = { ...token, DISCORD_API_URL: 'http://127.0.0.1:2/api' };
  const without = await office.run(['--token-env', 'TOKEN'], away);
  expect(without).toEqual({
    code: 1,
    text: expect.stringContaining('could not be reached (ECONNREFUSED): check DISCORD_API_URL'),
  });
  const nobody = ['--token-env', 'TOKEN', '--provider', 'http://127.0.0.1:9/v1'];
  const { code, text } = await office.run(nobody, token);
  expect([code, text]).toEqual([
    1,
    expect.stringContaining('The bot cannot use http://127.0.0.1:9/v1'),
  ]);
  expect(office.text()).toBeUndefined();
});

test('a bot that nobody invites in time is told with its link', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  sandbox.guild().removeBot();
  const args = ['--token-env', 'TOKEN', '--wait', '0'];
  const { code, text } = await office.run(args, { TOKEN: sandbox.token });
  expect([code, text]).toEqual([1, expect.stringContaining('permissions=309274463232')]);
  expect(office.text()).toBeUndefined();
});

test('as a process it writes .env beside it, or ends with 78 where that is read-only', async () => {
  await using office = await openOffice();
  const { sandbox, folder, environment } = office;
  const env = { ...compileCacheEnvironment(), ...environment, TOKEN: sandbox.token, PATH: '' };
  const main = resolve('setup/main.ts');
  const flags = [main, '--token-env', 'TOKEN', '--provider', 'embedded', '--no-sound'];
  const options = { env, cwd: folder, timeout: 60_000 };
  const { stdout } = await run(process.execPath, flags, options);
  expect(stdout).toContain('Setup wrote .env. Only you can read it.');
  expect(office.values()).toMatchObject({ DISCORD_TOKEN: sandbox.token });
  const written = office.text();
  chmodSync(join(folder, '.env'), 0o400);
  const refused = run(process.execPath, flags, options);
  await expect(refused).rejects.toMatchObject({
    code: 78,
    stdout: '.env is read-only: run chmod u+w to make it writable. Nothing was changed.\n',
  });
  expect(office.text()).toBe(written);
});
