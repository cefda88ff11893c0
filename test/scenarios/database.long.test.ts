import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { inject } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { formatText } from '#src/texts/texts.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { downloadFile } from '#test/sandbox/download.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converseWith,
  openOwnScenario,
  playScenario,
  retryUntilHeld,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = readSpeech('human-cards-004');

withPostgres(() => {
  playScenario(
    'while its database is away the bot goes on answering, and writes everything afterwards',
    async () => {
      await using schema = await openSchema();
      await using proxy = await TcpProxy.openInFront(schema.url.reveal());
      const DATABASE_URL = proxy.makeProxiedUrl(schema.url.reveal());
      await using setup = await openOwnScenario({ environment: { DATABASE_URL } });
      const { bot } = setup;
      const adam = await callIn(setup, 'Adam');
      await converseWith(setup, adam, question);
      proxy.cutConnections();
      await commandReply(adam, 'privacy allow');
      const { made } = await converseWith(setup, adam, question);
      expect(made.samples.length).toBeGreaterThan(0);
      await retryUntilHeld(() =>
        expect(bot.log).toContainEqual(
          expect.objectContaining({
            msg: expect.stringContaining('cannot be reached'),
          }),
        ),
      );
      proxy.healConnections();
      const readKind = async () =>
        (await schema.sql('SELECT kind FROM consents'))[0]?.kind;
      await retryUntilHeld(async () => expect(await readKind()).toBe('always'));
      const readTurns = async () =>
        (await schema.sql('SELECT turns::int FROM spent'))[0]?.turns;
      await retryUntilHeld(async () => expect(await readTurns()).toBe(2));
      expect(await schema.sql('SELECT guild_id FROM panels')).toHaveLength(1);
      expect(bot.complaints).toBe('');
    },
  );

  // Proves: A no survives a crash without its database by real
  playScenario(
    'a no that is said while the database is away counts after a crash of the bot',
    async () => {
      await using schema = await openSchema();
      await using proxy = await TcpProxy.openInFront(schema.url.reveal());
      const DATABASE_URL = proxy.makeProxiedUrl(schema.url.reveal());
      await using setup = await openOwnScenario({ environment: { DATABASE_URL } });
      const adam = await callIn(setup, 'Adam');
      await commandReply(adam, 'privacy allow');
      const readKind = async () =>
        (await schema.sql('SELECT kind FROM consents'))[0]?.kind;
      await retryUntilHeld(async () => expect(await readKind()).toBe('always'));
      proxy.cutConnections();
      const reply = await commandReply(adam, 'privacy deny');
      expect(JSON.stringify(reply)).toContain(formatText('consent.no'));
      expect(JSON.stringify(reply)).not.toContain(formatText('privacy.unsaved'));
      await setup.bot.kill();
      expect(await readKind()).toBe('always');
      proxy.healConnections();
      await setup.restart();
      const status = await commandReply(adam, 'privacy status');
      expect(JSON.stringify(status)).toContain(formatText('consent.no'));
      await retryUntilHeld(async () => expect(await readKind()).toBe('never'));
      await retryUntilHeld(() =>
        expect(readdirSync(join(setup.dataDir, 'unwritten'))).toEqual([]),
      );
    },
  );

  playScenario(
    'a database that cannot be used ends the start with what to mend',
    async () => {
      await using sandbox = await openSandbox({ voice: openSilentVoice().half });
      const login = { DISCORD_TOKEN: sandbox.token, DISCORD_API_URL: sandbox.apiUrl };
      const url = new URL(inject('postgresUrl'));
      url.pathname = '/no_such_database';
      const ended = await runToEnd({ ...login, DATABASE_URL: url.href });
      expect(ended.code).toBe(78);
      expect(ended.complaints).toMatch(
        /^The bot cannot use the database \S+.*no_such_database.*: correct DATABASE_URL, or what its user may do there\.\n$/,
      );
    },
  );
});

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
