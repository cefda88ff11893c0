import { execFile } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openSandbox } from '#sandbox/sandbox.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { expireSoon, retryUntilHeld } from '#test/scenarios/setup/scenario-setup.ts';

const program = join(import.meta.dirname, '../../src/app/programs/reload.ts');
const run = promisify(execFile);
const logMs = 30_000;

test('a reload lets the running bot send a new key and leave a barred server, and a mistake changes nothing', {
  timeout: 180_000,
}, async () => {
  await using providers = await openMockProviders({
    replies: [{ match: /^/, text: 'Five.' }],
  });
  await using sandbox = await openSandbox({
    voice: openSilentVoice().half,
    guilds: [{}],
  });
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-reload-'));
  const { path: DATA_DIR } = folder;
  const writeEnv = (key: string, barred = '') =>
    writeFileSync(
      join(DATA_DIR, '.env'),
      `CHAT_COMPLETION_API_KEY=${key}\nSERVERS_BARRED=${barred}\n`,
    );
  const settings = { ...makeRemoteSettings(providers), DATA_DIR };
  const runReload = () =>
    run(process.execPath, [program], {
      env: { ...settings, DISCORD_TOKEN: 'x' },
      cwd: DATA_DIR,
    });
  await expect(runReload()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^No .*\n$/),
  });

  writeEnv('sk-former-key');
  const { token, apiUrl, certificate: ca } = sandbox;
  const inFolder = `data:text/javascript,process.chdir(${JSON.stringify(DATA_DIR)})`;
  await using bot = await BotProcess.start({ token, apiUrl, ca }, settings, inFolder);
  const keyOfQuestion = async () => {
    const countBefore = providers.requests.length;
    const question = { question: 'What time is it?', answer: 'text' };
    const { id } = await sandbox
      .person('Adam')
      .command('ask', question)
      .waitForAnswer(expireSoon());
    // The first reply may be "Thinking about"; a person has one answer at once.
    await retryUntilHeld(() => expect(sandbox.message(id)?.text).toBe('Five.'));
    expect(providers.requests.length).toBeGreaterThan(countBefore);
    return providers.requests.at(-1)?.authorization;
  };
  const waitForLine = (words: RegExp) =>
    bot.waitForLine(({ msg }) => words.test(msg ?? ''), logMs);
  expect(await keyOfQuestion()).toBe('Bearer sk-former-key');

  writeEnv('sk-later-key', 'my server');
  process.kill(bot.pid, 'SIGHUP');
  await waitForLine(/^not reloaded: SERVERS_BARRED: /);
  expect(await keyOfQuestion()).toBe('Bearer sk-former-key');

  const otherGuildId = sandbox.guild('Sandbox 2').id;
  writeEnv('sk-later-key', otherGuildId);
  await runReload();
  await waitForLine(/^reloaded: servers, prices, 1 keys$/);
  await bot.waitForLine(
    ({ msg, guildId }) => msg === 'server-left' && guildId === otherGuildId,
    logMs,
  );
  expect(await keyOfQuestion()).toBe('Bearer sk-later-key');
  expect(JSON.stringify(bot.log)).not.toContain('sk-');
});
