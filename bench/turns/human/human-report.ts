import { findPercentile, formatTable, meanOfValues } from '#bench/format-table.ts';
import { formatReader, type ReaderSkill } from '#bench/turns/fake-reader.ts';
import {
  listMoments,
  type MomentDeps,
  type TurnMoment,
} from '#bench/turns/silences/turn-moments.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { SmartTurnModel } from '#src/speech/local/turn-model.ts';
import {
  decideEndpointingDelay,
  endpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { type HumanScene, readHumanScenes } from './human-scenes.ts';
import { listReadEnds, type ReadSilence } from './read-silences.ts';

/** A silence, and what was known in it. */
type WatchedSilence = ReadSilence & {
  readonly scene: Pick<HumanScene, 'kind' | 'language' | 'profile'>;
  readonly hasWords: boolean;
};

/** How long a detector waits at a moment of a silence, in ms. */
type Detector = (moment: TurnMoment) => number;

type HumanFigures = ReturnType<typeof measure>;

type Group = readonly [name: string, silences: readonly WatchedSilence[]];

/** For the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointingDelayRules, textTimeoutMs: 400 };
const { minDelayMs } = endpointingDelayRules;

const byVoiceActivity: Detector = () => 500;
const byWords: Detector = ({ signs }) =>
  decideEndpointingDelay({ ...signs, judgement: undefined }, textRules, {}).delayMs;
const byWordsAndModel: Detector = ({ signs }) =>
  decideEndpointingDelay(signs, textRules, {}).delayMs;
const byModel: Detector = ({ signs: { isClosed, isLagging, judgement } }) =>
  decideEndpointingDelay(
    { isClosed, isLagging, judgement, isTextless: true },
    endpointingDelayRules,
    {},
  ).delayMs;

const detectors: Readonly<Record<string, Detector>> = {
  'voice activity, 500 ms': byVoiceActivity,
  'words, no turn model': byWords,
  'words and turn model': byWordsAndModel,
  'no words, no turn model': (moment) =>
    byModel({ ...moment, signs: { ...moment.signs, judgement: undefined } }),
  'no words, turn model': byModel,
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
  read: 16,
  readAll: 22,
  readMeanMs: 430,
};

/** The goals are for the first. */
const readers: readonly ReaderSkill[] = [
  [0.78, 0.95],
  [0.7, 0.7],
  [0.85, 0.85],
  [0.95, 0.95],
];

/** By so much may the turn model cut off more people of a language or microphone, in percent. Kinds of speech are shown only. */
const maxWorsePoints = 5;
/** Prompts with few pauses. */
const exceptedGroup = 'language it';

/** Ends of turns of the people in this folder; `isMet` says whether the goals are. */
export async function humanReport(
  folder: string,
  parts: MomentDeps,
): Promise<{ readonly text: string; readonly isMet: boolean }> {
  const silences = await watchAll(folder, parts);
  const told = silences.filter(({ hasWords }) => hasWords);
  const groups = (['language', 'kind', 'profile'] as const).flatMap((key) => [
    ...Map.groupBy(told, ({ scene }) => `${key} ${scene[key]}`),
  ]);
  const worse = groups.filter(([, some]) => isWorse(some)).map(([name]) => name);
  const rows = Object.entries(detectors).map(([name, detector]) => [
    name,
    ...format(measure(told, detector)),
  ]);
  const read = readers.map((skill) =>
    summarize(told, listReadEnds(told, skill, textRules)),
  );
  const readRows = read.map((figures, n) => [
    formatReader(readers[n] ?? []),
    ...format(figures),
  ]);
  const text = `Human speech: ${countKinds(told)} pauses, hesitations, ends; shares are cut-offs in percent, waits in ms
${formatTable(['detector', ...head], [...rows, ...readRows])}

Pauses, hesitations and ends; voice activity / words / words and turn model
${formatTable(['group', 'silences', ...head], groups.map(formatGroup))}
cut off more by over ${maxWorsePoints} points with the turn model: ${worse.join(', ') || 'none'}`;
  const judged = worse.filter(
    (name) => name !== exceptedGroup && !name.startsWith('kind'),
  );
  const own = measure(told, byWordsAndModel);
  const isMet = meets(own, measure(told, byModel), read[0]) && judged.length === 0;
  return { text, isMet };
}

function isWorse(silences: readonly WatchedSilence[]) {
  const [words, own] = [measure(silences, byWords), measure(silences, byWordsAndModel)];
  return (
    own.natural > words.natural + maxWorsePoints || own.all > words.all + maxWorsePoints
  );
}

function formatGroup([name, silences]: Group) {
  const figures = [byVoiceActivity, byWords, byWordsAndModel].map((detector) =>
    format(measure(silences, detector)),
  );
  const cells = head.map((_, n) => figures.map((row) => row[n]).join(' / '));
  return [name, countKinds(silences), ...cells];
}

async function watchAll(folder: string, parts: MomentDeps) {
  await using models = new LocalModels();
  const model = new SmartTurnModel(models, (why) => console.log(why));
  const judge = (samples: Int16Array) =>
    model.judge(samples.subarray(-8 * 16_000), new AbortController().signal);
  const silences: WatchedSilence[] = [];
  for await (const scene of readHumanScenes(parts.codec, folder)) {
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
  return summarize(
    silences,
    silences.map((one) => fire(one, detector)),
  );
}

/** Sums up when the turn ended in each silence. */
function summarize(silences: readonly WatchedSilence[], endsMs: readonly number[]) {
  const ended = silences.map((one, n) => ({ ...one, endMs: endsMs[n] ?? 0 }));
  const shareCut = (some: typeof ended) =>
    (100 * some.filter((one) => one.endMs < one.toMs - one.fromMs).length) /
    some.length;
  const holds = ended.filter(({ kind }) => kind === 'hold');
  const natural = holds.filter(({ insertedMs }) => insertedMs === undefined);
  const ends = ended.filter(({ kind }) => kind === 'eot');
  return {
    natural: shareCut(natural),
    all: shareCut(holds),
    waits: ends.map(({ endMs }) => endMs),
  };
}

const head = ['natural', 'all', 'mean', 'p50', 'p90'];

function format({ all, natural, waits }: HumanFigures) {
  return [
    natural.toFixed(0),
    all.toFixed(0),
    meanOfValues(waits).toFixed(0),
    `${findPercentile(waits, 0.5)}`,
    `${findPercentile(waits, 0.9)}`,
  ];
}

function countKinds(silences: readonly WatchedSilence[]) {
  const holds = silences.filter(({ kind }) => kind === 'hold');
  const inserted = holds.filter(({ insertedMs }) => insertedMs !== undefined).length;
  return `${holds.length - inserted}, ${inserted}, ${silences.length - holds.length}`;
}

function meets(own: HumanFigures, mute: HumanFigures, read = own) {
  return (
    read.natural <= goals.read &&
    read.all <= goals.readAll &&
    meanOfValues(read.waits) <= goals.readMeanMs &&
    own.natural <= goals.natural &&
    own.all <= goals.all &&
    meanOfValues(own.waits) <= goals.meanMs &&
    findPercentile(own.waits, 0.5) <= goals.p50Ms &&
    findPercentile(own.waits, 0.9) <= goals.p90Ms &&
    mute.natural <= goals.mute &&
    mute.all <= goals.muteAll
  );
}
