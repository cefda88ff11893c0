import { expect } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { seededRandom } from '#src/sandbox/seeded-random.ts';
import { ChaosPeople, rain } from '#test/bench/chaos/company.ts';
import { regressions } from '#test/bench/chaos/regressions.ts';
import { play, settle } from '#test/bench/chaos/run.ts';
import { openStage, type ChaosSetup } from '#test/bench/chaos/stage.ts';
import { eventually, scenario } from './scene.ts';

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
    await using stage = await openStage();
    const company = await ChaosPeople.gather(stage, seededRandom(plan.seed), cast);
    company.begin();
    await asked(stage, 0);
    for (const cycle of plan.cycles) await play(stage, company, cycle);
    await asked(stage, realClock.nowMs());
    const verdict = await settle(stage, company);
    await company.end();
    expect(verdict.findings).toEqual([]);
  });
}
