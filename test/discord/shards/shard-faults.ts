import { identifySpacingMs } from '#src/discord/shards/identify-limits.ts';
import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { fc, runs } from '#test/properties.ts';
import { ShardWorld } from './shard-world.ts';

export type ShardFault = {
  readonly kind: (typeof kinds)[number];
  readonly who: number;
  readonly forMs: number;
  readonly waitMs: number;
};

export type ShardFaultRun = {
  readonly shards: number;
  readonly maxConcurrency: number;
  readonly processes: number;
  readonly faults: readonly ShardFault[];
};

const kinds = [
  'kill',
  'restart',
  'freeze',
  'isolate',
  'database',
  'discord',
  'reconnect',
  'forget',
  'start',
  'drain',
] as const;
const faultsARun = 25;

const run: fc.Arbitrary<ShardFaultRun> = fc.record({
  shards: fc.integer({ min: 1, max: 5 }),
  maxConcurrency: fc.constantFrom(1, 2, 16),
  processes: fc.integer({ min: 1, max: 4 }),
  faults: fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      who: fc.nat(5),
      forMs: fc.constantFrom(50, 1_000, 5_000, 20_000, 26_000, 32_000, 70_000),
      waitMs: fc.constantFrom(0, 30, 200, 900, 5_000, 30_000, 45_000),
    }),
    { minLength: faultsARun, maxLength: faultsARun },
  ),
});

/** Runs of 25 faults each; the suite has the same ones each time. */
export function faultsOf(faults: number): readonly ShardFaultRun[] {
  return fc.sample(run, { numRuns: runs(Math.ceil(faults / faultsARun)), seed: 20_261_121 });
}

/** Longest time, in ms, for which a shard may be without an owner: a lease, and the logins one after the other. */
export function longestGapMs(shards: number, maxConcurrency: number): number {
  return ownershipRules.leaseMs + identifySpacingMs * Math.ceil(shards / maxConcurrency);
}

/** Sentences with the run in which it happened: two owners, unequal shares at the end, or none for too long. */
type Findings = { readonly doubled: string[]; readonly unequal: string[]; readonly late: string[] };

/** Plays each run in a world of its own. */
export async function playFaults(all: readonly ShardFaultRun[]): Promise<Findings> {
  const findings: Findings = { doubled: [], unequal: [], late: [] };
  for (const [n, run] of all.entries()) await play(n, run, findings);
  return findings;
}

async function play(n: number, run: ShardFaultRun, findings: Findings): Promise<void> {
  const { shards, maxConcurrency, processes, faults } = run;
  const world = new ShardWorld({ shards, maxConcurrency });
  for (let one = 0; one < processes; one++) world.start();
  await world.pass(40_000);
  for (const fault of faults) {
    happen(world, fault);
    await world.pass(fault.waitMs);
  }
  if (world.alive.length === 0) world.start();
  await world.pass(240_000);
  if (world.doubled) findings.doubled.push(`run ${n}: ${world.doubled}`);
  const going = world.alive.filter(({ isDraining }) => !isDraining);
  const loads = going.map((process) => process.served().length);
  const isUneven = Math.max(...loads) - Math.min(...loads) > 1;
  const isWhole = loads.reduce((sum, load) => sum + load, 0) === shards;
  if (isUneven || !isWhole) findings.unequal.push(`run ${n}: ${shards} shards, served ${loads}`);
  const { longestUnservedMs: gapMs } = world;
  if (gapMs > longestGapMs(shards, maxConcurrency))
    findings.late.push(`run ${n}: ${shards} shards, ${maxConcurrency} at once, ${gapMs} ms`);
}

function happen(world: ShardWorld, { kind, who, forMs }: ShardFault): void {
  const able = world.alive.filter(({ isDraining }) => !isDraining);
  const process = able[who % Math.max(1, able.length)];
  const end = (id?: string) => {
    if (!process) return;
    process.kill();
    world.clock.later(forMs / 10, () => world.start(id));
  };
  const faults: Readonly<Record<ShardFault['kind'], () => unknown>> = {
    database: () => world.stopDatabase(forMs),
    discord: () => world.stopDiscord(forMs),
    reconnect: () => world.reconnectAll(),
    forget: () => world.reconnectAll(true),
    start: () => able.length < 6 && world.start(),
    freeze: () => process?.freeze(forMs),
    isolate: () => process?.isolate(forMs),
    drain: () => able.length > 1 && process?.drain(),
    kill: () => end(),
    restart: () => end(process?.id),
  };
  faults[kind]();
}
