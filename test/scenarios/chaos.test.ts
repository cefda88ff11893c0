import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { seededRandom } from '#src/sandbox/seeded-random.ts';
import { Company } from '#test/bench/chaos/company.ts';
import { regressions } from '#test/bench/chaos/regressions.ts';
import { play, settle } from '#test/bench/chaos/run.ts';
import { openStage } from '#test/bench/chaos/stage.ts';
import { scenario } from './scene.ts';

/** Before the first fault somebody has called the bot. */
const callMs = 3_000;

for (const { name, plan } of regressions) {
  scenario(name, async () => {
    await using stage = await openStage();
    const company = await Company.gather(stage, seededRandom(plan.seed));
    company.begin();
    await setTimeout(callMs);
    for (const cycle of plan.cycles) await play(stage, company, cycle);
    const verdict = await settle(stage, company);
    await company.end();
    expect(verdict.findings).toEqual([]);
    expect(verdict.asked).toBeGreaterThan(0);
  });
}
