/** What one person does with their microphone and their seat, one thing after the other. */
type Act =
  | { readonly kind: 'talk'; readonly ms: number; readonly frames: number }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'no' | 'yes' | 'go' | 'come' };
/** How a request to a model goes; those of a kind take turns. */
type Mood = { readonly tookMs: number; readonly end: 'fine' | 'empty' | 'error' };

/** One thing that somebody does to the bot, and when. */
export type PlotAct = {
  readonly atMs: number;
  readonly personId: string;
  readonly kind:
    | Exclude<Act['kind'], 'talk' | 'pause'>
    | ('lost' | 'ask' | 'write' | 'say' | 'urgent' | 'stop')
    | ('captions on' | 'captions off' | 'play' | 'skip' | 'volume');
  readonly words?: string;
};

/** A conversation that looks like chance and is the same for the same seed. */
export type TracePlot = {
  readonly seed: number;
  readonly scripts: readonly (readonly Act[])[];
  readonly network: { readonly lost: number; readonly doubled: number; readonly late: number };
  readonly recogniser: readonly Mood[];
  readonly model: readonly Mood[];
  readonly voice: readonly Mood[];
  readonly listens: boolean;
  readonly addressing: 'always' | 'auto';
  readonly acts: readonly PlotAct[];
};

/** A voice channel in which a plot is played; it says nothing of how the bot is made. */
export type TracedSession = {
  /** Arrivals of sound, in any order. */
  readonly packets: readonly { readonly atMs: number; readonly arrive: () => void }[];
  /** Those that stand in the scripts. */
  readonly acts: readonly PlotAct[];
  nowMs(): number;
  perform(act: PlotAct): unknown;
  advance(ms: number): Promise<void>;
  /** One step of the bot's 20 ms grid. */
  tick(): void;
  /** Nothing is said, nothing waits, and nothing is asked of anybody. */
  isCalm(): boolean;
  /** Everything that left the bot so far, by kind, in lists that grow. */
  lists(): Readonly<Record<string, unknown[]>>;
  /** What can be looked at: `sent` counts frames. */
  state(): { readonly sent: number; readonly tracks: unknown };
  /** What is known in the end. */
  sums(): Readonly<Record<string, unknown>>;
  leave(): Promise<unknown>;
};

export type OpenTraced = (
  plot: TracePlot,
  reportLog: (line: string) => void,
) => Promise<TracedSession>;

const mostPeople = 3;

/** Numbers from 0 up to 1 (mulberry32). A copy of our own, as traces of other commits have to be of the same plots. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The plot of a seed; every commit is to play the same ones. */
export function plotOf(seed: number): TracePlot {
  const random = seeded(seed * 7_919 + 17);
  const upTo = (most: number, least = 0) => least + Math.floor(random() * (most - least + 1));
  const oneOf = <T>(all: readonly [T, ...T[]]): T => all[upTo(all.length - 1)] ?? all[0];
  const many = <T>(least: number, most: number, make: () => T): T[] =>
    Array.from({ length: upTo(most, least) }, make);
  const act = (): Act => {
    const kind = oneOf(['talk', 'talk', 'talk', 'talk', 'pause', 'pause', 'pause', 'deed']);
    if (kind === 'talk') {
      const ms = random() < 0.5 ? upTo(400, 20) : upTo(2_500, 400);
      return { kind, ms, frames: oneOf([5, 5, 5, 0, 2]) };
    }
    if (kind === 'pause') return { kind, ms: random() < 0.5 ? upTo(900, 60) : upTo(4_000, 900) };
    return { kind: oneOf(['no', 'yes', 'go', 'come']) };
  };
  const mood = (): Mood => ({
    tookMs: random() < 0.5 ? upTo(300) : upTo(3_000),
    end: oneOf(['fine', 'fine', 'fine', 'fine', 'empty', 'error']),
  });
  const anyAct = (): PlotAct => {
    const at = { atMs: 20 * upTo(450), personId: 'adam' };
    const kind = oneOf([
      ...(['ask', 'ask', 'write', 'say', 'say', 'urgent', 'stop', 'lost'] as const),
      ...([
        'captions on',
        'captions on',
        'captions off',
        'play',
        'play',
        'skip',
        'volume',
      ] as const),
    ] as unknown as [PlotAct['kind'], ...PlotAct['kind'][]]);
    return {
      ...at,
      kind,
      words:
        kind === 'play' ? oneOf(['rain', 'sea', 'wind', 'nothing']) : `What is thing ${upTo(99)}?`,
    };
  };
  const moods = () => many(1, 5, mood);
  return {
    seed: upTo(1_000_000, 1),
    scripts: many(1, mostPeople, () => many(2, 10, act)),
    network: {
      lost: oneOf([0, 0, 0.05, 0.3]),
      doubled: oneOf([0, 0.1]),
      late: oneOf([0, 0.1, 0.3]),
    },
    recogniser: moods(),
    model: moods(),
    voice: moods(),
    listens: random() < 0.5,
    addressing: oneOf(['always', 'always', 'auto']),
    acts: many(0, 5, anyAct),
  };
}
