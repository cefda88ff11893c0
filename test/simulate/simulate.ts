import { Invariants } from './invariants.ts';
import type { Act } from './simulated-scenes.ts';
import { Simulation, type SimulationSetup } from './simulation-world.ts';

export type SimulationOptions = Omit<SimulationSetup, 'judge'> & {
  readonly acts: readonly Act[];
  /** Keeps which invariants were asked. */
  readonly judge?: Invariants;
};

export type SimulationResult = {
  readonly steps: number;
  /** Time that passed, and the part of it in which people did what the script says. */
  readonly virtualMs: number;
  readonly talkMs: number;
  /** First invariant that did not hold; undefined where all held. */
  readonly failure: string | undefined;
};

/** Rest, in ms, after which nothing may be left: the longest wait for a model and more. */
const finalRestMs = 420_000;
/** Seeds of which one rests for the whole time, though nothing is left any more. */
const seedsALongRest = 5;

/** Time, in ms, after which servers that failed are asked again; and in which a healthy bot has answered. */
const [settleMs, answerMs] = [60_000, 12_000];

/** Time, in ms, in which a bot that takes sealed voice for a fault of its link would leave. */
const sealedMs = 15_000;

/** Plays a script. Each fifth seed ends in the middle of everything. */
export async function simulateScript(
  options: SimulationOptions,
): Promise<SimulationResult> {
  const { acts, judge = new Invariants(), seed } = options;
  const world = new Simulation({ ...options, judge });
  let talkMs = 0;
  const failure = await catchFailure(async () => {
    await world.begin();
    for (const act of acts) {
      await world.advance(act.atMs);
      await world.act(act);
      talkMs = world.clock.nowMs();
    }
    const isCutShort = seed % 5 === 0;
    if (!isCutShort) await askFinalQuestion(world, judge);
    if (!isCutShort) await restUntilQuiet(world, judge, seed % seedsALongRest === 1);
    await world.end(seed % 2 === 1);
    await world.advance(world.clock.nowMs() + 60_000);
    judge.checkEnd(world);
  });
  return { steps: world.steps, virtualMs: world.clock.nowMs(), talkMs, failure };
}

/** Once nothing goes wrong any more, a question is answered. */
async function askFinalQuestion(world: Simulation, judge: Invariants) {
  const { clock } = world;
  await world.heal();
  await world.advance(Math.max(clock.nowMs(), judge.seats.restUntilMs) + settleMs);
  const latestMs = clock.nowMs() + finalRestMs;
  while (world.state?.turnQueue.current && clock.nowMs() < latestMs)
    await world.advance(clock.nowMs() + 1_000);
  await world.callBack();
  // It may just have left, as nobody was there.
  await world.advance(clock.nowMs() + 1_000);
  await world.callBack();
  const [by = ''] = world.plan.people;
  const { sealedPeople } = world.discord;
  for (const sealed of sealedPeople)
    await world.act({ atMs: clock.nowMs(), kind: 'say', by: sealed, text: 'mhm' });
  const askedMs = clock.nowMs();
  await world.act({ atMs: askedMs, kind: 'say', by, text: 'Nova, which city?' });
  await world.advance(askedMs + answerMs);
  judge.checkAnswered(by, askedMs);
  if (sealedPeople.length > 0) await world.advance(clock.nowMs() + sealedMs);
}

/** Time passes until nothing is left. */
async function restUntilQuiet(world: Simulation, judge: Invariants, isLong: boolean) {
  const { clock } = world;
  const latestMs = clock.nowMs() + finalRestMs;
  while (clock.nowMs() < latestMs && (isLong || !judge.isAtRest(world)))
    await world.advance(clock.nowMs() + 1_000);
  judge.checkRest(world);
  await judge.checkMemory(world);
}

async function catchFailure(work: () => Promise<void>) {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : `${error}`;
  }
}

/** Shortest script found that breaks the same invariant. */
export async function shrinkActs(options: SimulationOptions, failure: string) {
  let least = options.acts;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < least.length; ) {
      const acts = least.toSpliced(at, size);
      const { failure: again } = await simulateScript({
        ...options,
        acts,
        judge: new Invariants(),
      });
      if (getRule(again) === getRule(failure)) least = acts;
      else at += size;
    }
  }
  return least;
}

function getRule(failure: string | undefined) {
  return failure?.split(':')[0];
}

/** A script as a test that fails. */
export function formatTest({ failing, seed }: SimulationOptions, acts: readonly Act[]) {
  const lines = acts.map((act) => `    ${JSON.stringify(act)},`);
  const fails = failing ? `, failing: ${JSON.stringify(failing)}` : '';
  return [
    `test('seed ${seed} holds', async () => {`,
    '  const acts = [',
    ...lines,
    '  ] as const;',
    `  expect((await simulate({ seed: ${seed}, acts${fails} })).failure).toBeUndefined();`,
    '});',
  ].join('\n');
}
