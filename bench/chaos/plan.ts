import { seededRandom } from '#sandbox/seeded-random.ts';

/** One or two faults at a time, and how long people are left alone afterwards. */
export type Cycle = {
  readonly faults: readonly string[];
  /** Duration of the faults; a momentary one happens at the beginning. */
  readonly forMs: number;
  /** From the end of the faults to the next cycle. */
  readonly restMs: number;
};

/** Properties of a fault that the plan needs. */
export type FaultShape = {
  readonly name: string;
  /** Faults of one kind do not stand together: nobody can say what would come of it. */
  readonly kind: string;
};

export type ChaosPlan = { readonly seed: number; readonly cycles: readonly Cycle[] };

const shortestMs = 3_000;
const longestMs = 12_000;
/** Longer than the 15 s in which everybody has to be answered or told. */
const shortestRestMs = 16_000;
const longestRestMs = 20_000;
const pairs = 0.4;

/** Faults in random order, alone and in pairs, for `lengthMs`: all of them once before one comes again. */
export function planOf(seed: number, lengthMs: number, faults: readonly FaultShape[]): ChaosPlan {
  const random = seededRandom(seed);
  const cycles: Cycle[] = [];
  let deck: FaultShape[] = [];
  for (let leftMs = lengthMs; leftMs > 0; ) {
    if (deck.length === 0) deck = shuffled(faults, random);
    const [first] = deck.splice(0, 1);
    if (!first) break;
    const second = random() < pairs ? deck.findIndex(({ kind }) => kind !== first.kind) : -1;
    const others = second < 0 ? [] : deck.splice(second, 1);
    const cycle = {
      faults: [first, ...others].map(({ name }) => name),
      forMs: between(shortestMs, longestMs, random),
      restMs: between(shortestRestMs, longestRestMs, random),
    };
    cycles.push(cycle);
    leftMs -= cycle.forMs + cycle.restMs;
  }
  return { seed, cycles };
}

/** The plan as a line of the list of regressions. */
export function planLine({ seed, cycles }: ChaosPlan): string {
  return JSON.stringify({ seed, cycles });
}

function between(from: number, to: number, random: () => number): number {
  return Math.round(from + random() * (to - from));
}

/** Fisher and Yates. */
function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const deck = [...all];
  for (let n = deck.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [deck[n], deck[other]] = [deck[other] as T, deck[n] as T];
  }
  return deck;
}
