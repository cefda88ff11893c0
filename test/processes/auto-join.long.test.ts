import { expect, test } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import type { BotProcess } from '#test/fakes/bot-process.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { converse, eventually, soon } from '#test/scenarios/setup/scenario-setup.ts';
import { onShard, openProcesses, type ProcessesSetup } from './bot-processes.ts';

const question = speech('human-cards-004');
const servers = ['Sandbox', 'Sandbox 2'] as const;
type Server = (typeof servers)[number];
/** Somebody sits in one channel at a time, whatever its server. */
const nameIn = { Sandbox: 'Adam', 'Sandbox 2': 'Ben' } as const;

/** Servers that a process has joined somebody in. */
const joinedBy = ({ log }: BotProcess) =>
  log.flatMap(({ msg, guildId }) => (msg === 'joined' ? [guildId] : []));

withPostgres(() => {
  test(
    'each process comes uncalled in the servers it serves, also one that is started in place of another',
    { timeout: 120_000, retry: 1 },
    comesUncalled,
  );
});

async function comesUncalled(): Promise<void> {
  await using schema = await openSchema();
  const environment = { DATABASE_URL: schema.url.reveal() };
  const providers = { replies: [{ match: /^/, text: 'Yes.' }] };
  await using setup = await openProcesses({ environment, providers });
  const [ours, theirs] = servers.map((name) => setup.sandbox.guild(name).id);
  const one = await setup.start('one', onShard(0));
  const two = await setup.start('two', onShard(1));
  for (const server of servers) {
    const guild = setup.sandbox.guild(server);
    await commandReply(guild.person(nameIn[server]), 'privacy allow');
    const value = `<#${guild.channelId('Lounge')}>`;
    await commandReply(guild.person('Olga'), 'settings set', { key: 'auto_join', value });
    await guild.person(nameIn[server]).join('Lounge', soon());
    await talks(setup, server);
  }
  expect([joinedBy(one), joinedBy(two)]).toEqual([[ours], [theirs]]);

  const guild = setup.sandbox.guild('Sandbox');
  await guild.person(nameIn.Sandbox).leave();
  await one.kill();
  const next = await setup.start('next', onShard(0));
  await guild.person(nameIn.Sandbox).join('Lounge', soon());
  await talks(setup, 'Sandbox');
  expect([joinedBy(next), joinedBy(two)]).toEqual([[ours], [theirs]]);
  expect(setup.sandbox.violations()).toEqual([]);
}

/** Its person is heard and answered in the Lounge of that server. */
async function talks(setup: ProcessesSetup, server: Server): Promise<void> {
  const guild = setup.sandbox.guild(server);
  await eventually(() => expect(guild.bot().channel).toBe('Lounge'));
  await guild.person(nameIn[server]).settled(soon());
  await converse(setup.server(server), guild.person(nameIn[server]), question);
}
