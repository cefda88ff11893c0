import { expect, test } from 'vitest';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { told } from '#test/scenarios/setup/asking.ts';
import { openProcesses } from './bot-processes.ts';

const takeoverMs = 15_000;

withPostgres(() => {
  test('a second process takes its share, and a killed one is taken over by resuming its session', async () => {
    await using schema = await openSchema();
    await using setup = await openProcesses({ environment: { DATABASE_URL: schema.url.reveal() } });
    const one = await setup.start('one');
    expect(setup.sandbox.gatewaySessions().filter(({ online }) => online)).toHaveLength(2);
    const two = await setup.start('two');
    await two.logged(({ msg }) => msg === 'shard served', takeoverMs);
    for (const server of ['Sandbox', 'Sandbox 2'])
      await told(setup.sandbox.guild(server).person('Adam'), 'help');
    await one.kill();
    await two.logged(({ msg }) => msg === 'shard served', takeoverMs);
    for (const server of ['Sandbox', 'Sandbox 2'])
      await told(setup.sandbox.guild(server).person('Adam'), 'help');
    expect(setup.sandbox.violations()).toEqual([]);
  });
});
