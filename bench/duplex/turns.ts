import { readClips, readScenarios, type VoiceClip } from '#bench/turns/clips.ts';
import type { TurnScenario } from '#bench/turns/plan.ts';
import { playScenario, type ScenarioSound } from '#bench/turns/scenario-sound.ts';
import { halvesOf, readPieces, type ScenarioHalf } from '#bench/turns/silences/halves.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import type { DuplexBot } from './bot.ts';
import type { Detections } from './scoring.ts';
import { of } from './sounds.ts';

/** One turn of somebody who is alone with the bot. */
export type SpokenTurnScenario = {
  readonly sound: ScenarioSound;
  /** Missing where the scene is in neither half. */
  readonly half: ScenarioHalf | undefined;
};

/** Reaction of a bot to a turn; times in ms. */
export type TurnOutcome = {
  readonly half: ScenarioHalf | undefined;
  readonly hasPause: boolean;
  /** It spoke before the turn was over. */
  readonly hasPaused: boolean;
  /** From the end of the turn to its first sound; undefined where that takes longer than 3 s. */
  readonly answeredMs: number | undefined;
  /** Ends of the turn, silences inside it, and when the bot noticed an end. */
  readonly ends: Detections;
};

const personId = 'ana';
const packetMs = 20;
/** Full-Duplex-Bench waits so long for an answer. */
const withinMs = 3_000;
const storyCount = 24;
const storyPausesMs = [150, 450] as const;

/** The scenes of bench/turns that are no command, or some of those. */
export async function turnScenarios(
  codec: OpusCodec,
  isWanted: (scenario: TurnScenario) => boolean = () => true,
): Promise<readonly SpokenTurnScenario[]> {
  const [scenarios, clips] = [await readScenarios(), await readClips()];
  const halves = halvesOf(scenarios, clips, await readPieces());
  const textOf = (scenario: TurnScenario) =>
    scenario.clips.map((id) => clips.get(id)?.say ?? '').join(' ');
  const questions = scenarios.filter(
    (scenario) =>
      isWanted(scenario) && classify(textOf(scenario), { isFinal: true }).kind === 'other',
  );
  return Promise.all(
    questions.map(async (scenario) => ({
      sound: await playScenario(scenario, clips, codec),
      half: halves.get(scenario.id),
    })),
  );
}

/** Long turns of clauses that go on, with short pauses, as somebody tells a story. */
export async function storyScenarios(codec: OpusCodec): Promise<readonly SpokenTurnScenario[]> {
  const clips = await readClips();
  const random = seededRandom(31);
  const byVoice = Map.groupBy(
    [...clips.values()].filter(({ id }) => id.endsWith('_')),
    ({ id }) => id.split('/')[0] ?? '',
  );
  const voices = [...byVoice.values()].filter((all) => all.length >= 4);
  return Promise.all(
    Array.from({ length: storyCount }, async (_, n) => {
      const scenario = storyScenario(n, of(voices, n), random);
      return { sound: await playScenario(scenario, clips, codec), half: undefined };
    }),
  );
}

function storyScenario(n: number, own: readonly VoiceClip[], random: () => number): TurnScenario {
  const from = Math.floor(random() * own.length);
  const [leastMs, mostMs] = storyPausesMs;
  return {
    id: `story-${n}`,
    kind: 'inner',
    profile: 'gate',
    gainDb: 0,
    clips: Array.from({ length: 4 }, (_, clip) => of(own, from + clip).id),
    pausesMs: Array.from({ length: 3 }, () => leastMs + random() * (mostMs - leastMs)),
  };
}

export async function playTurns(
  bot: DuplexBot,
  scenarios: readonly SpokenTurnScenario[],
): Promise<readonly TurnOutcome[]> {
  const outcomes: TurnOutcome[] = [];
  for (const { sound, half } of scenarios) {
    const startMs = packetMs * Math.ceil((bot.nowMs() + 1_000) / packetMs);
    const text = sound.words.map(([word]) => word).join(' ');
    bot.say({ personId, text, sound }, startMs);
    const stretches = sound.stretches.map(([from, to]) => [from + startMs, to + startMs] as const);
    const endMs = stretches.at(-1)?.[1] ?? startMs;
    await bot.goTo(endMs + withinMs + packetMs);
    const first = bot.frames.find(({ atMs }) => atMs >= startMs)?.atMs;
    const answered = bot.frames.find(({ atMs }) => atMs >= endMs && atMs < endMs + withinMs);
    const detectedAtMs = bot.endsNoticedAtMs().filter((atMs) => atMs >= startMs);
    await bot.rest();
    outcomes.push({
      half,
      hasPause: sound.scenario.clips.length > 1,
      hasPaused: first !== undefined && first < (stretches.at(-1)?.[0] ?? endMs),
      answeredMs: answered && answered.atMs - endMs,
      ends: { trueAtMs: [endMs], negatives: silencesBetween(stretches), detectedAtMs },
    });
  }
  return outcomes;
}

function silencesBetween(stretches: readonly (readonly [number, number])[]) {
  return stretches.slice(1).map(([fromMs], n) => [stretches[n]?.[1] ?? fromMs, fromMs] as const);
}
