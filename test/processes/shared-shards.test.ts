import { expect, test } from 'vitest';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { told } from '#test/scenarios/setup/asking.ts';
import { soon } from '#test/scenarios/setup/scenario-setup.ts';
import { openProcesses } from './bot-processes.ts';

/** Of a log line; a takeover takes 2 s where nothing else runs. */
const longMs = 30_000;
const servers = ['Sandbox', 'Sandbox 2'] as const;

withPostgres(() => {
  test('a second process takes its share, and a killed one is taken over without a command being lost', async () => {
    await using schema = await openSchema();
    await using setup = await openProcesses({ environment: { DATABASE_URL: schema.url.reveal() } });
    const served = () =>
      setup.sandbox.gatewaySessions().map(({ process, shard }) => `${process} ${shard.id}`);
    const people = servers.map((server) => setup.sandbox.guild(server).person('Adam'));
    const one = await setup.start('one');
    const two = await setup.start('two');
    await two.logged(({ msg }) => msg === 'shard served', longMs);
    expect(served().sort()).toEqual(['one 0', 'two 1']);
    for (const person of people) await told(person, 'help');

    await one.kill();
    const meanwhile = people.map((person) => person.command('help'));
    await two.logged(({ msg, shard }) => msg === 'shard served' && shard === 0, longMs);
    for (const one of meanwhile) await one.acknowledged(soon());
    for (const person of people) await told(person, 'help');
    expect(served().sort()).toEqual(['two 0', 'two 1']);
    expect(two.log.filter(({ level }) => Number(level) > 30)).toEqual([]);
    expect(setup.sandbox.violations()).toEqual([]);
  });
});
