import { expect, test } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import type { BotProcess } from '#test/fakes/bot-process.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { sets } from '#test/fakes/providers/sets-reminders.ts';
import { callIn, converse, eventually, madeTexts } from '#test/scenarios/setup/scenario-setup.ts';
import { onShard, openProcesses } from './bot-processes.ts';

const question = speech('human-cards-004');
const servers = ['Sandbox', 'Sandbox 2'] as const;

/** Servers of the reminders that a process has told. */
const reportedBy = ({ log }: BotProcess) =>
  log.flatMap(({ msg, guildId }) => (msg === 'reminder' ? [guildId] : []));

withPostgres(() => {
  test(
    'a reminder is told by the process that serves its server, or late by the one that serves it next, and once',
    { timeout: 300_000, retry: 1 },
    reportsOnce,
  );
});

async function reportsOnce(): Promise<void> {
  await using schema = await openSchema();
  const environment = { DATABASE_URL: schema.url.reveal() };
  const providers = { replies: sets('in 5 seconds', 'tea') };
  await using setup = await openProcesses({ environment, providers });
  const [ours, theirs] = servers.map((name) => setup.sandbox.guild(name).id);
  const one = await setup.start('one', onShard(0));
  const two = await setup.start('two', onShard(1));
  for (const [n, server] of servers.entries()) {
    const there = setup.server(server);
    await converse(there, await callIn(there, `Person ${n + 1}`), question);
  }
  await eventually(() => expect([reportedBy(one), reportedBy(two)]).toEqual([[ours], [theirs]]));

  setup.providers.set({ replies: sets('in 1 hour', 'soup') });
  const there = setup.server('Sandbox');
  await converse(there, there.sandbox.person('Person 1'), question);
  await one.kill();
  await schema.sql('UPDATE reminders SET due_at_wall_ms = due_at_wall_ms - 86400000');
  const next = await setup.start('next', onShard(0));
  await eventually(() => expect(reportedBy(next)).toEqual([ours]));
  const late = /Your reminder for .*: soup/;
  const all = () =>
    [
      madeTexts(there).join(' '),
      ...there.sandbox.messages('Lounge').map(({ text }) => text),
    ].filter((text) => late.test(text));
  expect(all()).toHaveLength(1);

  await next.stop();
  const again = await setup.start('one', onShard(0));
  expect([reportedBy(again), reportedBy(two)]).toEqual([[], [theirs]]);
  expect(await schema.sql('SELECT id FROM reminders')).toEqual([]);
  expect(setup.sandbox.violations()).toEqual([]);
}
