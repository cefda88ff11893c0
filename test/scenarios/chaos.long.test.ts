import { expect } from 'vitest';
import { type ChaosSetup, openSetup } from '#bench/chaos/chaos-setup.ts';
import { regressions } from '#bench/chaos/judge/regressions.ts';
import { ChaosPeople, rain } from '#bench/chaos/people/chaos-people.ts';
import { runCycle, settle } from '#bench/chaos/run.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { realClock } from '#src/base/clock.ts';
import { eventually, scenario } from '#test/scenarios/setup/scenario-setup.ts';

/** Enough for company, and few enough for a busy machine. */
const cast = { agreeing: 2, silent: 1, sounds: [rain] };

/** Resolves when somebody has asked something that they began to say after that instant. */
async function asked({ journal }: ChaosSetup, sinceMs: number): Promise<void> {
  const isFresh = () =>
    journal.events.some(
      (event) => event.kind === 'asked' && event.question.isOwed && event.question.fromMs > sinceMs,
    );
  await eventually(() => expect(isFresh()).toBe(true));
}

for (const { name, plan } of regressions) {
  scenario(name, async () => {
    await using setup = await openSetup();
    const crowd = await ChaosPeople.gather(setup, seededRandom(plan.seed), cast);
    crowd.begin();
    await asked(setup, 0);
    for (const cycle of plan.cycles) await runCycle(setup, crowd, cycle);
    await asked(setup, realClock.nowMs());
    const verdict = await settle(setup, crowd);
    await crowd.end();
    expect(verdict.findings).toEqual([]);
  });
}
