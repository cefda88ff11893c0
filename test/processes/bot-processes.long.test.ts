import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { soon } from '#test/scenarios/setup/scenario-setup.ts';
import { openProcesses, type ProcessesSetup } from './bot-processes.ts';

const hourMs = 3_600_000;
const servers = ['Sandbox', 'Sandbox 2'] as const;

function onlineShards({ sandbox }: ProcessesSetup): readonly number[] {
  const online = sandbox.gatewaySessions().filter((session) => session.online);
  return online.map(({ shard }) => shard.id).sort();
}

function asked(setup: ProcessesSetup, server: string) {
  return setup.sandbox.guild(server).person('Adam').command('help');
}

test('a process serves both shards, stands still while it is frozen, and its sessions outlive a kill', async () => {
  await using setup = await openProcesses();
  const first = await setup.start('one');
  expect(onlineShards(setup)).toEqual([0, 1]);
  for (const server of servers)
    await commandReply(setup.sandbox.guild(server).person('Adam'), 'help');

  first.freeze();
  const late = servers.map((server) => asked(setup, server));
  const thawedAtMs = realClock.nowMs();
  first.thaw();
  for (const one of late) expect(await one.acknowledged(soon())).toBeGreaterThan(thawedAtMs);

  await first.kill();
  await expect.poll(() => onlineShards(setup)).toEqual([]);
  expect(setup.sandbox.gatewaySessions()).toHaveLength(2);

  const second = await setup.start('one', { clockAheadMs: hourMs });
  const { time } = second.log.find(({ msg }) => msg?.startsWith('ready:')) ?? {};
  expect(Date.parse(String(time)) - Date.now()).toBeGreaterThan(hourMs / 2);
  await commandReply(setup.sandbox.person('Adam'), 'help');
});
