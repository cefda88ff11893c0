import { readClips, readScenes, type VoiceClip } from '#bench/turns/clips.ts';
import type { TurnScene } from '#bench/turns/plan.ts';
import { playScene, type SceneSound } from '#bench/turns/scene-sound.ts';
import { halvesOf, readPieces, type SceneHalf } from '#bench/turns/silences/halves.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import type { DuplexBot } from './bot.ts';
import type { Detections } from './scoring.ts';
import { of } from './sounds.ts';

/** One turn of somebody who is alone with the bot. */
export type SpokenTurnScene = {
  readonly sound: SceneSound;
  /** Missing where the scene is in neither half. */
  readonly half: SceneHalf | undefined;
};

/** What a bot did about a turn; in ms. */
export type TurnOutcome = {
  readonly half: SceneHalf | undefined;
  readonly hasPause: boolean;
  /** It spoke before the turn was over. */
  readonly tookPause: boolean;
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
export async function turnScenes(
  codec: OpusCodec,
  isWanted: (scene: TurnScene) => boolean = () => true,
): Promise<readonly SpokenTurnScene[]> {
  const [scenes, clips] = [await readScenes(), await readClips()];
  const halves = halvesOf(scenes, clips, await readPieces());
  const textOf = (scene: TurnScene) => scene.clips.map((id) => clips.get(id)?.say ?? '').join(' ');
  const questions = scenes.filter(
    (scene) => isWanted(scene) && classify(textOf(scene), { isFinal: true }).kind === 'other',
  );
  return Promise.all(
    questions.map(async (scene) => ({
      sound: await playScene(scene, clips, codec),
      half: halves.get(scene.id),
    })),
  );
}

/** Long turns of clauses that go on, with short pauses, as somebody tells a story. */
export async function storyScenes(codec: OpusCodec): Promise<readonly SpokenTurnScene[]> {
  const clips = await readClips();
  const random = seededRandom(31);
  const byVoice = Map.groupBy(
    [...clips.values()].filter(({ id }) => id.endsWith('_')),
    ({ id }) => id.split('/')[0] ?? '',
  );
  const voices = [...byVoice.values()].filter((all) => all.length >= 4);
  return Promise.all(
    Array.from({ length: storyCount }, async (_, n) => {
      const scene = storyScene(n, of(voices, n), random);
      return { sound: await playScene(scene, clips, codec), half: undefined };
    }),
  );
}

function storyScene(n: number, own: readonly VoiceClip[], random: () => number): TurnScene {
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
  scenes: readonly SpokenTurnScene[],
): Promise<readonly TurnOutcome[]> {
  const outcomes: TurnOutcome[] = [];
  for (const { sound, half } of scenes) {
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
      hasPause: sound.scene.clips.length > 1,
      tookPause: first !== undefined && first < (stretches.at(-1)?.[0] ?? endMs),
      answeredMs: answered && answered.atMs - endMs,
      ends: { trueAtMs: [endMs], negatives: silencesBetween(stretches), detectedAtMs },
    });
  }
  return outcomes;
}

function silencesBetween(stretches: readonly (readonly [number, number])[]) {
  return stretches.slice(1).map(([fromMs], n) => [stretches[n]?.[1] ?? fromMs, fromMs] as const);
}
