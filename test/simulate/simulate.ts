import type { StepFunction } from '#test/conversation/machine/play-case.ts';
import { Invariants } from './invariants.ts';
import type { Act } from './script.ts';
import { type FailingCall, Simulation } from './world.ts';

export type SimulationOptions = {
  readonly seed: number;
  readonly acts: readonly Act[];
  readonly step?: StepFunction | undefined;
  readonly failing?: FailingCall | undefined;
  readonly leaksReservations?: boolean | undefined;
  /** Keeps which invariants were asked. */
  readonly judge?: Invariants;
};

export type SimulationResult = {
  readonly steps: number;
  readonly virtualMs: number;
  /** First invariant that did not hold; undefined where all held. */
  readonly failure: string | undefined;
};

/** Rest, in ms, after which nothing may be left: the longest wait for a postponed answer and more. */
const restMs = 420_000;

/** Time, in ms, that a process which ends gives the clause that sounds. */
const drainMs = 8_000;

/** Plays a script. Each fifth seed ends in the middle of everything. */
export function simulate(options: SimulationOptions): SimulationResult {
  const { acts, judge = new Invariants(), seed } = options;
  const world = new Simulation({
    seed,
    ...(options.step && { step: options.step }),
    failing: options.failing,
    leaksReservations: options.leaksReservations === true,
    onStep: (one, taken) => judge.check(one, taken),
  });
  const failure = failureOf(() => {
    for (const act of acts) {
      world.time.advance(act.atMs);
      world.act(act);
    }
    const isCutShort = seed % 5 === 0;
    if (!isCutShort) world.time.advance(world.time.nowMs + restMs);
    if (!isCutShort && !world.state.isOver) judge.checkRest(world);
    end(world, seed);
    world.time.advance(world.time.nowMs + 60_000);
    judge.checkEnd(world);
  });
  return { steps: world.steps, virtualMs: world.time.nowMs, failure };
}

function end(world: Simulation, seed: number): void {
  if (seed % 2 === 0) world.performer.post({ kind: 'leave', why: 'asked' });
  else {
    world.performer.post({ kind: 'draining' });
    world.time.advance(world.time.nowMs + drainMs);
    world.performer.post({ kind: 'leave', why: 'stopped' });
  }
}

function failureOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : `${error}`;
  }
}

/** Shortest script found that breaks the same invariant. */
export function shrink(options: SimulationOptions, failure: string): readonly Act[] {
  let least = options.acts;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < least.length; ) {
      const acts = least.toSpliced(at, size);
      const again = simulate({ ...options, acts }).failure;
      if (ruleOf(again) === ruleOf(failure)) least = acts;
      else at += size;
    }
  }
  return least;
}

function ruleOf(failure: string | undefined): string | undefined {
  return failure?.split(':')[0];
}

/** A script as a test that fails. */
export function testOf({ failing, seed }: SimulationOptions, acts: readonly Act[]): string {
  const lines = acts.map((act) => `    ${JSON.stringify(act)},`);
  const fails = failing ? `, failing: ${JSON.stringify(failing)}` : '';
  return [
    `test('seed ${seed} holds', () => {`,
    '  const acts = [',
    ...lines,
    '  ] as const;',
    `  expect(simulate({ seed: ${seed}, acts${fails} }).failure).toBeUndefined();`,
    '});',
  ].join('\n');
}
