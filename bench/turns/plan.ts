import { seededRandom } from '#sandbox/seeded-random.ts';
import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

export const kinds = ['one', 'inner', 'digits', 'hesitation', 'two'] as const;
/** One clause; one inner pause; digits in groups; a pause after "and", "the" or "um"; two sentences. */
export type ScenarioKind = (typeof kinds)[number];

/** Clauses of one person and the silence between them. */
export type TurnScenario = {
  readonly id: string;
  readonly kind: ScenarioKind | 'reading' | 'request';
  readonly profile: MicrophoneProfile;
  /** ISO 639-1; English where there is none. */
  readonly language?: string;
  /** Beside the level of the clips. */
  readonly gainDb: number;
  readonly clips: readonly string[];
  /** From the last sound of each clip to the first of the next. */
  readonly pausesMs: readonly number[];
};

/** Text and voice of one line. */
export type ScenarioLine = { readonly voice: string; readonly say: string };

/** Sentences by kind, `|` where the pauses are; human ones are names of recorded pieces. */
export type ScenarioSentences = Readonly<Record<ScenarioKind, readonly string[]>> & {
  readonly human: Readonly<Partial<Record<ScenarioKind, readonly string[]>>>;
};

export type ScenarioPlan = {
  readonly scenarios: readonly TurnScenario[];
  readonly lines: ReadonlyMap<string, ScenarioLine>;
};

const machineVoices = [
  'slt',
  'rms',
  'awb',
  'kal16',
  'espeak-us',
  'espeak-us-f3',
  'espeak-gb',
] as const;

const pauseRangesMs: Readonly<Record<ScenarioKind, readonly [number, number]>> = {
  one: [0, 0],
  inner: [250, 700],
  digits: [300, 900],
  hesitation: [700, 1500],
  two: [300, 800],
};
/** Half gate, a quarter each of the others. */
export const profiles = ['gate', 'open', 'gate', 'release'] as const;
const quieterDb = [0, 9] as const;

/** Every scene has chance of its own, so lines added to the end of a kind change no scene that was there. */
export function planScenarios(sentences: ScenarioSentences, seed: number): ScenarioPlan {
  const scenarios: TurnScenario[] = [];
  const lines = new Map<string, ScenarioLine>();
  for (const kind of kinds) {
    const all = [
      ...sentences[kind].map((text, n) => ({ text, n, recorded: false })),
      ...(sentences.human[kind] ?? []).map((text, n) => ({ text, n, recorded: true })),
    ];
    for (const entry of all) {
      const { scenario, parts } = planScenario(kind, entry, seed);
      for (const { id, line } of parts) lines.set(id, line);
      scenarios.push(scenario);
    }
  }
  return { scenarios, lines };
}

type SentenceEntry = { readonly text: string; readonly n: number; readonly recorded: boolean };
type ScenarioPart = { readonly id: string; readonly line: ScenarioLine };

function planScenario(
  kind: ScenarioKind,
  { text, n, recorded }: SentenceEntry,
  seed: number,
): { readonly scenario: TurnScenario; readonly parts: readonly ScenarioPart[] } {
  const place = kinds.indexOf(kind) * 10_007 + (recorded ? 5003 : 0) + n;
  const random = seededRandom(seed * 1_000_003 + place);
  random();
  const machine = machineVoices[Math.floor(random() * machineVoices.length)] ?? 'slt';
  const parts = partsOf(text, recorded ? 'human' : machine);
  const scenario = {
    id: `${kind}-${recorded ? 'h' : 'm'}${n}`,
    kind,
    profile: profiles[n % profiles.length] ?? 'gate',
    gainDb: 0 - Math.round(between(random, quieterDb)),
    clips: parts.map(({ id }) => id),
    pausesMs: parts.slice(1).map(() => Math.round(between(random, pauseRangesMs[kind]) / 10) * 10),
  };
  return { scenario, parts };
}

function partsOf(text: string, voice: string): ScenarioPart[] {
  const said = text.split(' | ');
  return said.map((part, n) => {
    const slug = part
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const goesOn = voice !== 'human' && n < said.length - 1 && !/[.?!]$/.test(part);
    if (!goesOn) return { id: `${voice}/${slug}`, line: { voice, say: part } };
    // As before a comma, and a clip of its own.
    return { id: `${voice}/${slug}_`, line: { voice, say: `${part.replace(/,$/, '')},` } };
  });
}

/** Even on a logarithmic scale, in steps of 10 ms. */
export function pauseBetween(
  random: () => number,
  [low, high]: readonly [lowMs: number, highMs: number],
): number {
  return Math.round((low * (high / low) ** random()) / 10) * 10;
}

function between(random: () => number, [low, high]: readonly [number, number]): number {
  return low + (high - low) * random();
}
