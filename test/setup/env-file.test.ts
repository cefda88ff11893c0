import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import {
  applyChanges,
  findStrayNames,
  readEnvFile,
  replaceEnvFile,
} from '#setup/env-file.ts';

function makeFolder() {
  const path = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  return {
    path,
    env: join(path, '.env'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

test('a new file holds what was answered, below one comment', () => {
  using tempFile = makeFolder();
  const read = readEnvFile(tempFile.env);
  const text = read.kind === 'read' ? read.file.text : '';
  const changes = new Map([
    ['DISCORD_TOKEN', 'a.b-c_d'],
    ['SPEECH_VOICE', 'af heart'],
    ['SPEECH_MODEL', ''],
  ]);
  expect(applyChanges(text, changes)).toBe(
    "# Written by npm run setup. .env.example lists all settings.\nDISCORD_TOKEN=a.b-c_d\nSPEECH_VOICE='af heart'\n",
  );
});

test('of an existing file only the changed lines change, and a new one comes last', () => {
  const changed = applyChanges(
    '# mine\nexport DISCORD_TOKEN = old\nOTHER="kept # as it is"\nDISCORD_TOKEN=older',
    new Map([
      ['DISCORD_TOKEN', 'new'],
      ['SERVERS_BARRED', '5'],
    ]),
  );
  expect(changed).toBe(
    `# mine\nDISCORD_TOKEN=new\nOTHER="kept # as it is"\nDISCORD_TOKEN=new\nSERVERS_BARRED=5\n`,
  );
});

test('values with spaces, quotes and dollars are read back as they were', () => {
  const values = new Map([
    ['BOT_NAME', 'No "va" #1'],
    ['BOT_INSTRUCTIONS', "It's $& `fine`"],
    ['SPEECH_MODEL', 'a\\b'],
  ]);
  const text = applyChanges('', values);
  expect(parseEnv(text)).toMatchObject(Object.fromEntries(values));
  expect(findStrayNames(text, {}, values)).toEqual([]);
});

test('what cannot be written so that it reads back is found out before anything is written', () => {
  const text = 'BOT_INSTRUCTIONS="two\nDISCORD_TOKEN=inside\nlines"\n';
  const values = { BOT_INSTRUCTIONS: 'two\nDISCORD_TOKEN=inside\nlines' };
  const changes = new Map([['DISCORD_TOKEN', 'new']]);
  expect(findStrayNames(applyChanges(text, changes), values, changes)).toContain(
    'BOT_INSTRUCTIONS',
  );
});

// Proves: Only the bot's user can read `.env` by real
test('the file is replaced whole, for its owner only, and nothing is left beside it', async () => {
  using tempFile = makeFolder();
  writeFileSync(tempFile.env, 'OLD=1\n', { mode: 0o644 });
  expect(await replaceEnvFile(tempFile.env, 'NEW=1\n')).toBeUndefined();
  expect(readFileSync(tempFile.env, 'utf8')).toBe('NEW=1\n');
  expect(statSync(tempFile.env).mode & 0o777).toBe(0o600);
  expect(readdirSync(tempFile.path)).toEqual(['.env']);
});

test('a .env that cannot be written stays as it was, and a sentence says so', async () => {
  using tempFile = makeFolder();
  const failure = await replaceEnvFile(
    join(tempFile.path, 'nowhere', '.env'),
    'NEW=1\n',
  );
  expect(failure).toMatch(/could not be written \(ENOENT\), and has not changed\.$/);
  expect(existsSync(tempFile.env)).toBe(false);
});

test('a file that is read-only is refused before anything is asked', () => {
  using tempFile = makeFolder();
  writeFileSync(tempFile.env, 'DISCORD_TOKEN=x\n');
  chmodSync(tempFile.env, 0o400);
  expect(readEnvFile(tempFile.env)).toEqual({
    kind: 'refused',
    reason: `${tempFile.env} is read-only: run chmod u+w to make it writable. Nothing was changed.`,
  });
});
