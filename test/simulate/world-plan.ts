import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { drawChance, type PortName, portNames } from './luck.ts';
import {
  everybody,
  type SceneGroup,
  type SceneNeed,
  type SpokenScene,
  sceneGroups,
  scenes,
} from './simulated-scenes.ts';

/** How much a person may cost a day: enough for the talk, too little for it, or for nothing. */
const capsUsd = [1, 1, 1, 1, 1, 1, 0.01, 0.002] as const;

const gapsMs = [2_000, 6_000, 12_000, 12_000, 30_000] as const;

/** Groups of scenes beside the seed's own one: few, whose scenes follow each other often. */
const otherGroupCounts = [0, 0, 1, 1, 2] as const;

/** Share of worlds that are as their scene needs them. In the others it plays all the same, as other scenes do. */
const fittingShare = 0.75;

/** Scenes from that of a seed to that of the next: it has no divisor with their number in common, and leads to another group. */
const sceneStride = 37;

/** Longest delays of packets, in ms: some only change their order, and some come too late. */
const latenessesMs = [50, 60, 60, 120, 200] as const;

/** Manner of a chat model: it answers, calls the same tools again and again, says nothing, or takes for ever. */
const planManners = ['usual', 'obstinate', 'empty', 'silent'] as const;

/** Price of a model that hears and speaks. */
export const speakingModelPrice = {
  kind: 'priced',
  usd: {
    perMillionInputTokens: 1,
    perMillionOutputTokens: 1,
    perMillionAudioInputTokens: 2,
    perMillionAudioOutputTokens: 2,
  },
} as const;

/** What a scene may need of its world. */
const needed: Readonly<Record<SceneNeed, Partial<WorldPlan>>> = {
  calm: {
    capUsd: 1,
    failing: new Set(),
    hanging: new Set(),
    slow: new Set(),
    manner: 'usual',
    lostShare: 0,
    latenessMs: 0,
    hasOpenMicrophones: false,
  },
  partials: { hasPartials: true, trustsPartials: true },
  'slow-tools': { hasSlowTools: true },
  'slow-close': { closesSlowly: true },
  latency: { latencyMs: 90 },
  group: { hasGroup: true },
  swaps: { swapsUpdates: true },
  chained: { pipeline: 'chained', hasFallbacks: false },
};

/** What exists in the world of one seed. All faults at once hide rare pairs, so each seed has few of them, and many have none. */
export type WorldPlan = {
  /** People who sit there at first. */
  readonly people: readonly string[];
  readonly pipeline: PipelineName;
  readonly manner: (typeof planManners)[number];
  readonly capUsd: number;
  /** Ports whose calls fail, hang, and are slow. */
  readonly failing: ReadonlySet<PortName>;
  readonly hanging: ReadonlySet<PortName>;
  readonly slow: ReadonlySet<PortName>;
  /** Longest time, in ms, between two scenes: people talk all the time, or now and then. */
  readonly longestGapMs: number;
  /** SpokenScene that they play first, while nothing else happens. */
  readonly ownScene: SpokenScene;
  /** Kinds of scenes that people play. */
  readonly scenes: ReadonlySet<SceneGroup>;
  /** Each role has a fallback, and breakers. */
  readonly hasFallbacks: boolean;
  /** The recogniser takes sound while it is spoken, and its partial words are trusted from the beginning. */
  readonly hasPartials: boolean;
  readonly trustsPartials: boolean;
  /** Discord confirms the end of a link late. */
  readonly closesSlowly: boolean;
  /** The model writes no faster than its words are said. */
  readonly writesSlowly: boolean;
  /** Tools take up to 15 s. */
  readonly hasSlowTools: boolean;
  /** It is a stage, where the bot begins in the audience. */
  readonly isStage: boolean;
  /** Share of packets that are lost, and longest delay of those that come, in ms. */
  readonly lostShare: number;
  readonly latenessMs: number;
  /** Longest time of an operation of the disk, in ms. */
  readonly diskMs: number;
  /** Longest delay, in ms, of a message of Discord and of a voice server. */
  readonly latencyMs: number;
  /** Discord tells of the voice server before it tells of the seat, and of a seat twice, now and then. */
  readonly swapsUpdates: boolean;
  readonly repeatsUpdates: boolean;
  /** Calls are end-to-end encrypted. */
  readonly hasGroup: boolean;
  /** A voice server tells in mid-call which address it sees. */
  readonly answersProbes: boolean;
  /** Microphones that send on after their owner has spoken, and those that end without frames of silence. */
  readonly hasOpenMicrophones: boolean;
  readonly endsAbruptly: boolean;
};

/**
 * Finds the scene with which a seed begins. Seeds that follow each other begin with scenes of different groups, and each
 * scene has its turn once a round. A round begins one scene further, so that no scene goes with a habit of every n-th seed.
 */
function findOwnScene(seed: number): SpokenScene {
  const { length } = scenes;
  const index = (seed + Math.floor(seed / length)) % length;
  const scene = scenes[(index * sceneStride) % length];
  if (!scene) throw new Error(`seed ${seed} has no scene`);
  return scene;
}

/** World of a seed. */
export function planWorld(seed: number): WorldPlan {
  const plan = drawWorld(seed);
  if (drawChance(seed, 'plan fits') >= fittingShare) return plan;
  const { needs, people: count } = plan.ownScene;
  const people = everybody.slice(0, Math.max(plan.people.length, count));
  return Object.assign({ ...plan, people }, ...needs.map((need) => needed[need]));
}

function drawWorld(seed: number): WorldPlan {
  const drawLuck = (key: string) => drawChance(seed, `plan ${key}`);
  const hasLuck = (key: string, share: number) => drawLuck(key) < share;
  const pickItem = <Item>(key: string, all: readonly Item[]) =>
    all[Math.floor(drawLuck(key) * all.length)] as Item;
  const isTroubled = hasLuck('trouble', 0.5);
  const portsWith = (key: string, share: number) =>
    new Set(portNames.filter((port) => isTroubled && hasLuck(`${key} ${port}`, share)));
  const own = findOwnScene(seed);
  const rankGroup = (group: SceneGroup) => drawLuck(`scene ${group}`);
  const others = sceneGroups
    .filter((group) => group !== own.group)
    .toSorted((item, other) => rankGroup(other) - rankGroup(item));
  const hasPartials = hasLuck('partials', 0.3);
  return {
    people: everybody.slice(0, pickItem('people', [1, 2, 2, 3, 3, 3, 3, 5, 8])),
    pipeline: hasLuck('pipeline', 0.7)
      ? 'chained'
      : pickItem('other pipeline', pipelineNames),
    manner: isTroubled ? pickItem('manner', planManners) : 'usual',
    capUsd: pickItem('cap', capsUsd),
    failing: portsWith('failing', 0.3),
    hanging: portsWith('hanging', 0.15),
    slow: portsWith('slow', 0.3),
    longestGapMs: pickItem('gap', gapsMs),
    ownScene: own,
    scenes: new Set([
      own.group,
      ...others.slice(0, pickItem('groups', otherGroupCounts)),
    ]),
    hasFallbacks: hasLuck('fallbacks', 0.3),
    hasPartials,
    trustsPartials: hasPartials && hasLuck('trust', 0.7),
    closesSlowly: hasLuck('slow close', 0.4),
    writesSlowly: hasLuck('slow words', 0.2),
    hasSlowTools: hasLuck('slow tools', 0.5),
    isStage: hasLuck('stage', 0.08),
    lostShare: hasLuck('loss', 0.2) ? 0.05 + 0.15 * drawLuck('share') : 0,
    latenessMs: hasLuck('late', 0.3) ? pickItem('late by', latenessesMs) : 0,
    diskMs: hasLuck('slow disk', 0.3) ? 400 : 0,
    latencyMs: hasLuck('latency', 0.3)
      ? 10 + Math.floor(90 * drawLuck('latency of'))
      : 0,
    swapsUpdates: hasLuck('swapped updates', 0.3),
    repeatsUpdates: hasLuck('repeated updates', 0.2),
    answersProbes: hasLuck('probes', 0.5),
    hasGroup: hasLuck('group', 0.4),
    hasOpenMicrophones: hasLuck('open microphones', 0.1),
    endsAbruptly: hasLuck('abrupt', 0.25),
  };
}
