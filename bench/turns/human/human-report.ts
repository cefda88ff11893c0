import { findPercentile, formatTable } from '#bench/format-table.ts';
import {
  listMoments,
  type MomentDeps,
  type TurnMoment,
} from '#bench/turns/silences/turn-moments.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openTurnModel } from '#src/speech/local/turn-model.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { decideEndpointingDelay } from '#src/turn/endpointing/endpointing-delay.ts';
import { type HumanScene, type HumanSilence, readHumanScenes } from './human-scenes.ts';

/** A silence, and what was known in it. */
type WatchedSilence = HumanSilence & {
  readonly scene: Pick<HumanScene, 'kind' | 'language' | 'profile'>;
  readonly hasWords: boolean;
  readonly moments: readonly TurnMoment[];
};

/** How long a detector waits at a moment of a silence, in ms. */
type Detector = (moment: TurnMoment) => number;

type HumanFigures = ReturnType<typeof measure>;

/** For the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointRules, textTimeoutMs: 400 };
const { minDelayMs } = endpointRules;

const detectors: Readonly<Record<string, Detector>> = {
  'words, no turn model': ({ signs }) =>
    decideEndpointingDelay({ ...signs, judgement: undefined }, textRules, {}).delayMs,
  'words and turn model': ({ signs }) =>
    decideEndpointingDelay(signs, textRules, {}).delayMs,
  'no words, no turn model': ({ signs: { isClosed, isLagging } }) =>
    decideEndpointingDelay({ isClosed, isLagging, isTextless: true }, endpointRules, {})
      .delayMs,
  'no words, turn model': ({ signs: { isClosed, isLagging, judgement } }) =>
    decideEndpointingDelay(
      { isClosed, isLagging, judgement, isTextless: true },
      endpointRules,
      {},
    ).delayMs,
};

/** Limits of the rows of words and of no words: shares cut in percent, waits in ms. */
const goals = {
  natural: 20,
  all: 28,
  meanMs: 410,
  p50Ms: 290,
  p90Ms: 880,
  mute: 30,
  muteAll: 57,
};

/** Ends of turns on `test/fixtures/human`; `isMet` says whether the goals are. */
export async function humanReport(
  parts: MomentDeps,
): Promise<{ readonly text: string; readonly isMet: boolean }> {
  const silences = await watchAll(parts);
  const told = silences.filter(({ hasWords }) => hasWords);
  const rows = Object.entries(detectors).map(([name, detector]) => ({
    name,
    figures: measure(told, detector),
  }));
  const counts = countKinds(told);
  const text = `Human speech: ${counts}; shares are cut-offs in percent, waits in ms
${formatTable(
  head,
  rows.map(({ name, figures }) => [name, ...format(figures)]),
)}`;
  const [, own, , mute] = rows.map(({ figures }) => figures);
  return { text, isMet: own !== undefined && mute !== undefined && meets(own, mute) };
}

async function watchAll(parts: MomentDeps) {
  await using models = new LocalModels();
  const model = openTurnModel(models, (why) => console.log(why));
  const judge = (samples: Int16Array) =>
    model.judge(samples.subarray(-8 * 16_000), new AbortController().signal);
  const silences: WatchedSilence[] = [];
  for await (const scene of readHumanScenes(parts.codec)) {
    const moments = await listMoments(scene, parts, judge);
    for (const silence of scene.silences) {
      const { fromMs, toMs } = silence;
      const within = moments.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
      silences.push({
        ...silence,
        scene,
        hasWords: scene.words.length > 0,
        moments: within,
      });
    }
  }
  return silences;
}

/** When a detector ends the turn in this silence, since it began; its length where it does not. */
function fire({ fromMs, moments, toMs }: WatchedSilence, detector: Detector) {
  const over = moments.find(
    (moment) => moment.silentMs >= Math.max(minDelayMs, detector(moment)),
  );
  return (over?.atMs ?? toMs) - fromMs;
}

function measure(silences: readonly WatchedSilence[], detector: Detector) {
  const shareCut = (some: readonly WatchedSilence[]) =>
    (100 * some.filter((one) => fire(one, detector) < one.toMs - one.fromMs).length) /
    some.length;
  const holds = silences.filter(({ kind }) => kind === 'hold');
  const natural = holds.filter(({ insertedMs }) => insertedMs === undefined);
  const ends = silences.filter(({ kind }) => kind === 'eot');
  return {
    natural: shareCut(natural),
    all: shareCut(holds),
    waits: ends.map((one) => fire(one, detector)),
  };
}

const head = ['detector', 'natural', 'all', 'mean', 'p50', 'p90'];

function format({ all, natural, waits }: HumanFigures) {
  return [
    natural.toFixed(0),
    all.toFixed(0),
    mean(waits).toFixed(0),
    `${findPercentile(waits, 0.5)}`,
    `${findPercentile(waits, 0.9)}`,
  ];
}

function countKinds(silences: readonly WatchedSilence[]) {
  const holds = silences.filter(({ kind }) => kind === 'hold');
  const inserted = holds.filter(({ insertedMs }) => insertedMs !== undefined).length;
  return `${holds.length - inserted} pauses, ${inserted} hesitations, ${silences.length - holds.length} ends`;
}

function mean(values: readonly number[]) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meets(own: HumanFigures, mute: HumanFigures) {
  return (
    own.natural <= goals.natural &&
    own.all <= goals.all &&
    mean(own.waits) <= goals.meanMs &&
    findPercentile(own.waits, 0.5) <= goals.p50Ms &&
    findPercentile(own.waits, 0.9) <= goals.p90Ms &&
    mute.natural <= goals.mute &&
    mute.all <= goals.muteAll
  );
}
