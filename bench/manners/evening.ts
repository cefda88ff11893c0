import { seededRandom, shuffleValues } from '#sandbox/seeded-random.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import { listPeople, openBenchChannel, otherBot } from './bench-channel.ts';
import { type MannersRun, playChat, runScenario, type SpokenLine } from './director.ts';
import type { Evening } from './judge-evening.ts';
import type { MannersScenario, ScenarioMix } from './manners-scenarios.ts';

/** People who spend an evening together, and the scenes of it. */
export type EveningPlan = {
  readonly people: number;
  /** Whether another bot sits with them. */
  readonly withBot: boolean;
  /** Shortest length. The evening goes on until each scene was played once. */
  readonly minutes: number;
  readonly scenarios: readonly MannersScenario[];
  /** Mean number of lines of chat between two scenes. */
  readonly lines: number;
  /** Default `auto`. */
  readonly addressing?: AddressingMode;
  /** Pauses between lines of chat. Below 0 the lines overlap. */
  readonly pace: { readonly shortestMs: number; readonly longestMs: number };
};

/** Plays scenes in ever new order, and chat between them, until the time is up and each scene was played once. */
export async function playEvening(
  plan: EveningPlan,
  mix: ScenarioMix,
  seed: number,
): Promise<Evening> {
  const random = seededRandom(seed);
  const spokenLines = new Map<number, SpokenLine>();
  const people = [...listPeople(plan.people), ...(plan.withBot ? [otherBot] : [])];
  const findStyle = (utterances: readonly number[]) =>
    spokenLines.get(utterances.at(-1) ?? 0)?.answer ?? 'short';
  const { addressing = 'auto' } = plan;
  const channel = await openBenchChannel(people, findStyle, {
    makeOptions: () => ({ addressing }),
  });
  const run: MannersRun = { channel, mix, random, spokenLines };
  const isOver = () => channel.clock.nowMs() >= plan.minutes * 60_000;
  for (let round = 0; round === 0 || !isOver(); round++) {
    for (const scenario of shuffleValues(random, plan.scenarios)) {
      if (round > 0 && isOver()) break;
      await playChat(run, 1 + Math.floor(random() * (2 * plan.lines - 1)), plan.pace);
      await runScenario(run, scenario);
    }
  }
  return { channel, spokenLines };
}

/** Plans the evenings of the bench: one of two people, and one of five and a bot. */
export function listPlans(
  mix: ScenarioMix,
): Readonly<Record<'two' | 'five', EveningPlan>> {
  return {
    two: {
      people: 2,
      withBot: false,
      minutes: 20,
      scenarios: mix.two,
      lines: 6,
      pace: { shortestMs: 200, longestMs: 1_400 },
    },
    five: {
      people: 5,
      withBot: true,
      minutes: 60,
      scenarios: [...mix.two, ...mix.five],
      lines: 12,
      pace: { shortestMs: -900, longestMs: 1_200 },
    },
  };
}
