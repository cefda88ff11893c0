import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { ChildProgram } from '#bench/processes/child-program.ts';
import { noBudgets } from '#bench/processes/no-budgets.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { vacantPort } from '#test/fakes/program.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import type { PeopleAddress, PeopleFigures, PeopleOrder } from './orders.ts';

const talkers = 25;
const stalledMs = 300;
const orderMs = 60_000;
/** Longer than the bot takes to ask what the kernel dropped. */
const restMs = 1_500;
const never = new AbortController().signal;

test('25 people talk in one channel while the bot is stopped for 300 ms: every packet is opened, or counted as lost', {
  timeout: 150_000,
  retry: 1,
}, async () => {
  await using people = new ChildProgram<PeopleOrder>(new URL('people.ts', import.meta.url));
  const login = (await people.ask({ do: 'open' }, orderMs)) as PeopleAddress;
  await using providers = await openMockProviders();
  const statusPort = await vacantPort();
  const environment = { ...remote(providers), ...noBudgets, STATUS_PORT: `${statusPort}` };
  await using bot = await BotProcess.start(login, environment);
  // Everybody is there, and has fallen silent.
  await people.ask({ do: 'talk', talkers }, orderMs);
  await people.ask({ do: 'rest' }, orderMs);
  const before = await packetsAtRest(statusPort);
  await people.ask({ do: 'begin' }, orderMs);
  await people.ask({ do: 'talk', talkers }, orderMs);
  await realClock.sleep(restMs, never);
  bot.freeze();
  await realClock.sleep(stalledMs, never);
  bot.thaw();
  await realClock.sleep(restMs, never);
  await people.ask({ do: 'rest' }, orderMs);
  const { sentPackets } = (await people.ask({ do: 'end' }, orderMs)) as PeopleFigures;
  const after = await packetsAtRest(statusPort);
  const became = (fate: string) => (after[fate] ?? 0) - (before[fate] ?? 0);
  expect(sentPackets).toBeGreaterThan(2_000);
  expect(became('opened') + became('overflowed')).toBe(sentPackets);
});

/** Packets by what became of them, as `parley_packets_total` names it, once all that waits in the bot's socket has been read. */
async function packetsAtRest(statusPort: number): Promise<Readonly<Record<string, number>>> {
  for (let packets = await packetsOf(statusPort); ; ) {
    await realClock.sleep(restMs, never);
    const before = packets;
    packets = await packetsOf(statusPort);
    if (isDeepStrictEqual(before, packets)) return packets;
  }
}

async function packetsOf(statusPort: number): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`http://127.0.0.1:${statusPort}/metrics`);
  const found = (await response.text()).matchAll(/^parley_packets_total\{what="(\w+)"\} (\d+)/gm);
  return Object.fromEntries([...found].map(([, what = '', count]) => [what, Number(count)]));
}
