import { setTimeout } from 'node:timers/promises';
import type { ChaosFault } from '#bench/chaos/faults/fault.ts';
import { faultNamed } from '#bench/chaos/faults/faults.ts';
import { type ChaosVerdict, judge } from '#bench/chaos/judge/judge.ts';
import type { ChaosPeople } from '#bench/chaos/people/chaos-people.ts';
import { realClock } from '#src/base/clock.ts';
import type { ChaosSetup } from './chaos-setup.ts';
import type { Cycle } from './plan.ts';

/** The second of a pair comes so much later, as a share of the time the first one stands. */
const secondAt = 0.3;
const pollMs = 200;

type StandingFault = { readonly fault: ChaosFault; readonly fromMs: number };

/** Plays one cycle: faults, their end, and the time after them. */
export async function runCycle(setup: ChaosSetup, crowd: ChaosPeople, cycle: Cycle): Promise<void> {
  const [first, second] = cycle.faults.map(faultNamed);
  if (!first) return;
  const forMs = Math.max(cycle.forMs, first.leastMs ?? 0, second?.leastMs ?? 0);
  const bothMs = second ? forMs * (1 - secondAt) : 0;
  const standing = [await begin(first, setup, crowd)];
  await setTimeout(forMs - bothMs);
  if (second) standing.push(await begin(second, setup, crowd));
  await setTimeout(bothMs);
  setup.sandbox.faults.heal();
  for (const { fault } of standing) await fault.stop?.(setup, crowd);
  const toMs = realClock.nowMs();
  for (const { fault, fromMs } of standing) {
    const { name, isMute = false } = fault;
    setup.journal.add({ kind: 'fault', name, isMute, fromMs, toMs });
  }
  if (isAlive(setup)) await setTimeout(cycle.restMs);
}

/** Whether the bot's process runs; where it has ended by itself that is written into the journal, once. */
export function isAlive({ isUp, journal }: ChaosSetup): boolean {
  const isKnown = journal.events.some(({ kind }) => kind === 'down');
  if (!isUp && !isKnown) {
    journal.add({ kind: 'down', atMs: realClock.nowMs(), why: 'the process has ended' });
  }
  return isUp;
}

/** Nobody asks any more; what was asked is answered or told, or it is too late. */
export async function settle(setup: ChaosSetup, crowd: ChaosPeople): Promise<ChaosVerdict> {
  crowd.quieten();
  for (;;) {
    const verdict = judge(setup.journal.events, realClock.nowMs());
    if (verdict.pending === 0) return verdict;
    await setTimeout(pollMs);
  }
}

async function begin(
  fault: ChaosFault,
  setup: ChaosSetup,
  crowd: ChaosPeople,
): Promise<StandingFault> {
  const fromMs = realClock.nowMs();
  await fault.start(setup, crowd);
  return { fault, fromMs };
}
