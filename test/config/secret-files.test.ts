import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { listSecrets } from '#src/config/models-in-use.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'secret-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeSecret(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a secret lies in a file, as Docker and systemd give them, and is shown nowhere', () => {
  const token = 'MTIz.abc.def';
  const config = readGoodSettings({
    DISCORD_TOKEN_FILE: writeSecret('token', `${token}\n`),
    OPENAI_API_KEY_FILE: writeSecret('key', 'sk-of-a-file\n'),
    DATABASE_URL_FILE: writeSecret('database', 'postgres://a:b@127.0.0.1:5432/parley'),
  });
  expect(config.discord?.token.reveal()).toBe(token);
  expect(config.engines.chat).toMatchObject({ kind: 'remote' });
  const revealed = listSecrets(config).map((secret) => secret.reveal());
  expect(revealed).toContain('postgres://a:b@127.0.0.1:5432/parley');
  expect(revealed).toContain('sk-of-a-file');
  expect(inspect(config, { depth: 9 })).not.toMatch(/MTIz|sk-of-a-file|a:b@/);
});

test('a file that gives no secret is told in a line of its own, never with the secret', () => {
  const empty = writeSecret('empty', ' \n');
  const both = writeSecret('both', 'sk-of-a-file');
  expect(
    readMistakes({
      DISCORD_TOKEN_FILE: join(folder, 'none'),
      OPENAI_API_KEY_FILE: empty,
      SPEECH_API_KEY: 'sk-given',
      SPEECH_API_KEY_FILE: both,
      LOG_LEVEL: 'loud',
    }),
  ).toEqual([
    `DISCORD_TOKEN_FILE: ${join(folder, 'none')} cannot be read (ENOENT)`,
    `OPENAI_API_KEY_FILE: ${empty} is empty`,
    'SPEECH_API_KEY_FILE: SPEECH_API_KEY is set, too; leave one of both out',
    expect.stringMatching(/^LOG_LEVEL: /),
  ]);
});

test('.env may name such a file', () => {
  const told: string[] = [];
  const environment: NodeJS.ProcessEnv = {};
  const path = writeSecret(
    'env',
    'DISCORD_TOKEN_FILE=token\nDISCORD_TOKENS_FILE=token\n',
  );
  loadDotEnv((mistake) => told.push(mistake), path, environment);
  expect(environment.DISCORD_TOKEN_FILE).toBe('token');
  expect(told).toEqual([`DISCORD_TOKENS_FILE: ${path} sets it, and it is no setting.`]);
});
