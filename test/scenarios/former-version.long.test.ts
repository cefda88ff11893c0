import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { downloadFile } from '#test/sandbox/download.ts';
import { commandReply } from './setup/asking.ts';
import { openOwnScenario, playScenario } from './setup/scenario-setup.ts';

const former = 'test/fixtures/former-version';

/** The stores of the former version, whose captions ended just now: they are kept for seven days. */
function copyStores(dataDir: string) {
  for (const name of ['parley.db', 'transcripts.db'])
    cpSync(join(former, name), join(dataDir, name));
  using database = new DatabaseSync(join(dataDir, 'transcripts.db'));
  const now = Date.now();
  database.exec(
    `UPDATE sessions SET started_at_wall_ms = ${now - 60_000}, ended_at_wall_ms = ${now - 30_000}`,
  );
}

playScenario(
  'a folder of data and an .env of a former version go on: consents, choices, words, captions, reminders and tokens',
  async () => {
    const port = await findFreePort();
    await using setup = await openOwnScenario({
      sandbox: {
        madeAtMs: Date.UTC(2026, 10, 20, 18),
        ownerName: 'Adam',
        team: ['Adam', 'Ben', 'Cleo'],
      },
      environment: (_sandbox, _providers, dataDir) => {
        copyStores(dataDir);
        const env = parseEnv(readFileSync(join(former, 'env'), 'utf8'));
        return { ...(env as Record<string, string>), PAGE_PORT: `${port}` };
      },
    });
    const { sandbox, bot } = setup;
    const replyTo = (name: string, line: string, words = {}) =>
      commandReply(sandbox.person(name), line, words);
    const readReply = async (...requests: Parameters<typeof replyTo>) =>
      (await replyTo(...requests)).text;

    expect(bot.complaints.trim().split('\n')).toEqual([
      'TRANSCRIPTION_FALLBACK_BASE_URL: embedded is called local now.',
      'SPEECH_FALLBACK_BASE_URL: embedded is called local now.',
      'voice: SPEECH_FALLBACK_VOICE: the local voice is not called slt, and speaks as natural',
      '  mend: set SPEECH_FALLBACK_VOICE to natural, deep, low, high, or bright, or remove it',
    ]);
    expect(bot.log).toContainEqual(
      expect.objectContaining({
        msg: 'store: copied before it is brought to a new format',
      }),
    );
    expect(await readReply('Adam', 'privacy status')).toMatch(
      /^I hear you until you say no/,
    );
    expect(await readReply('Cleo', 'privacy status')).toMatch(/^You said no/);
    expect(await readReply('Adam', 'voice me')).toMatch(
      /voice: rms\..*\n.* 1\.2 times/,
    );
    expect(await readReply('Ben', 'voice me')).toContain('German');
    expect(await readReply('Adam', 'voice words')).toContain(
      'Kubernetes (koo-ber-net-ees)',
    );
    // The bot's own voice was a key of the server, and is a setting of its channel now.
    expect(
      await readReply('Adam', 'settings set', { key: 'voice', value: 'default' }),
    ).toMatch(/^In .+: awb, by \/settings set\.$/m);
    expect(await readReply('Adam', 'captions find', { words: 'bread' })).toContain(
      'Ben: "I bring the bread"',
    );
    const { files } = await replyTo('Adam', 'privacy export');
    const exported = await downloadFile(files[0]?.url ?? '', sandbox);
    expect(exported.text).toContain('take the soup off');
    const response = await fetch(
      `http://127.0.0.1:${port}/v1/servers/${sandbox.guildId}/say`,
      {
        method: 'POST',
        headers: {
          authorization: 'Bearer parley_doorbell_of_the_upgrade',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ text: 'Dinner is ready.' }),
      },
    );
    // The token is known: it is only that the bot sits nowhere yet.
    expect(await response.json()).toMatchObject({ error: { code: 'bot.nowhere' } });
  },
);
