import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { formatText } from '#src/texts/texts.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
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
