import { averageValues, findPercentile, formatTable } from '#bench/format-table.ts';
import type { TurnMoment } from '#bench/turns/silences/turn-moments.ts';
import {
  computeTurnLogit,
  type TurnHead,
} from '#src/speech/local/process/turn-head.ts';
import {
  decideEndpointingDelay,
  endpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { type PauseRow, readPauseRows } from './pause-rows.ts';
import { readFoldHeads } from './watched-silences.ts';

/** The rule of 974dd23a8, kept to be compared with: delays by the logit of the words and 0.7 times that of Smart Turn. */
const delaysByLogit = [
  [-3, 1200],
  [-2, 950],
  [-1, 700],
  [0, 480],
  [0.4, 420],
  [0.8, 370],
  [1.6, 310],
  [3, 270],
] as const;
const undecidedMs = 480;
const maxDelayMs = 1200;
const maxHeldDelayMs = 2000;

/** Decides as that rule did, with Smart Turn's own logit: undefined where it has not answered. */
function decideFormerDelay(
  { signs }: TurnMoment,
  own: number | 'pending' | undefined,
  shift: number,
): number {
  const sound = typeof own === 'number' ? clampValue(0.7 * own, -4, 4) : undefined;
  const maxMs = signs.endOfTurn && sound !== undefined ? maxHeldDelayMs : maxDelayMs;
  const lagMs = signs.isLagging ? 50 : 0;
  const logit = (signs.endOfTurn?.completeLogit ?? 0) + (sound ?? 0) + shift;
  const usualMs = interpolateDelay(logit);
  const growth = (maxMs - maxDelayMs) / (maxDelayMs - undecidedMs);
  const heldMs = Math.max(0, usualMs - undecidedMs) * growth;
  const decidedMs = clampValue(usualMs + heldMs - lagMs, 150, maxMs);
  const isBlind = !signs.endOfTurn && sound === undefined;
  const blindMs = signs.isClosed ? 300 : 500;
  const dueMs = !signs.endOfTurn && signs.isTextless ? 400 : 0;
  return Math.max(isBlind ? blindMs : decidedMs, dueMs, own === 'pending' ? 420 : 0);
}

function interpolateDelay(logit: number) {
  let [fromLogit, fromMs]: readonly [number, number] = delaysByLogit[0];
  if (logit <= fromLogit) return fromMs;
  for (const [toLogit, toMs] of delaysByLogit) {
    if (logit <= toLogit && toLogit > fromLogit)
      return fromMs + ((toMs - fromMs) * (logit - fromLogit)) / (toLogit - fromLogit);
    [fromLogit, fromMs] = [toLogit, toMs];
  }
  return fromMs;
}

function clampValue(value: number, min: number, max: number) {
  return Math.max(min, Math.min(max, value));
}

/** A silence by the head of its fold, and Smart Turn's own first answer in it: times count from its begin. */
type JudgedSilence = Pick<PauseRow, 'file' | 'kind' | 'insertedMs' | 'lengthMs'> & {
  readonly moments: readonly TurnMoment[];
  readonly own: { readonly askedMs: number; readonly logit: number } | undefined;
};

/** Returns how long a detector waits at a moment of a silence, in ms. */
type Detector = (moment: TurnMoment, own: JudgedSilence['own']) => number;

/** Time in which Smart Turn answers. */
const judgeMs = 60;

/** Rules for the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointingDelayRules, textTimeoutMs: 400 };

/** Ends as soon as Smart Turn itself says so. Otherwise after 900 ms. */
function makeSmartTurn(logit: number): Detector {
  return ({ atMs }, own) =>
    own && atMs >= own.askedMs + judgeMs && own.logit >= logit ? 0 : 900;
}

function makeFormerRule(shift: number): Detector {
  return (moment, own) => {
    const isAsked = own !== undefined && moment.atMs >= own.askedMs;
    const isKnown = isAsked && moment.atMs >= own.askedMs + judgeMs;
    const known = isKnown ? own.logit : undefined;
    return decideFormerDelay(moment, isAsked && !isKnown ? 'pending' : known, shift);
  };
}

function makePrice(priceLogit: number): Detector {
  return ({ signs }) =>
    decideEndpointingDelay(signs, { ...textRules, priceLogit }, {}).delayMs;
}

/** Families of detectors, each from the most to the fewest pauses that are cut off. */
const detectors: readonly (readonly [name: string, detector: Detector])[] = [
  ...[300, 500, 700, 900].map((ms) => [`voice activity, ${ms} ms`, () => ms] as const),
  ...[-1, 0, 1, 2, 3].map((x) => [`Smart Turn alone, ${x}`, makeSmartTurn(x)] as const),
  ...[1, 0, -1, -2].map((x) => [`rule of 974dd23a8, ${x}`, makeFormerRule(x)] as const),
  ...[0.2, 0.7, 1.2, 1.7, 2.2, 2.7].map((x) => [`price ${x}`, makePrice(x)] as const),
];

const hesitationsMs = [400, 700, 1000, 1500];
const columns = [
  'detector, threshold',
  'a pause',
  'a person',
  ...hesitationsMs.map((ms) => `${ms} ms`),
  'mean',
  'p50',
  'p90',
  'p99',
];

/**
 * Writes the curve of both errors over silences that `writePauseRows` wrote: shares in percent of natural pauses, of people with
 * them and of hesitations that are cut off, and waits at ends in ms.
 */
export async function writeErrorCurve(file: string): Promise<string> {
  const findHead = await readFoldHeads();
  const rows = await readPauseRows(file);
  const silences = rows
    .filter(({ words }) => words !== '')
    .map((row) => judgeSilence(row, findHead(row.file)));
  const table = detectors.map(([name, detector]) => [
    name,
    ...formatErrors(silences, detector),
  ]);
  return formatTable(columns, table);
}

function judgeSilence(row: PauseRow, head: TurnHead): JudgedSilence {
  const answers = row.answers.map(({ askedMs, pooled, probability }) => {
    const bytes = Uint8Array.from(Buffer.from(pooled, 'base64'));
    const heardSound = { pooled: new Float32Array(bytes.buffer), probability };
    const ownLogit = computeTurnLogit({ bias: 0, own: 1, pooled: [] }, heardSound);
    return { askedMs, logit: computeTurnLogit(head, heardSound), ownLogit };
  });
  const [first] = answers;
  let logit: number | undefined;
  const moments = row.moments.map((moment): TurnMoment => {
    const [atMs, silentMs, wordsLogit, isTextless, isLagging, isClosed] = moment;
    const [, , , , , , answeredMs, isPending] = moment;
    logit = answers.find(({ askedMs }) => askedMs === answeredMs)?.logit ?? logit;
    const judgement = { askedAtMs: answeredMs ?? 0, isPending: isPending > 0, logit };
    return {
      atMs,
      silentMs,
      signs: {
        isTextless: isTextless > 0,
        isLagging: isLagging > 0,
        isClosed: isClosed > 0,
        judgement,
        ...(wordsLogit !== null && {
          endOfTurn: { completeLogit: wordsLogit, lastWord: '' },
        }),
      },
    };
  });
  const { file, insertedMs, kind, lengthMs } = row;
  const own = first && { askedMs: first.askedMs, logit: first.ownLogit };
  return { file, insertedMs, kind, lengthMs, moments, own };
}

/** Measures the time from the beginning of a silence to the end of the turn. The silence's length where it does not end. */
function measureEndMs({ lengthMs, moments, own }: JudgedSilence, detector: Detector) {
  const end = moments.find(
    (moment) =>
      moment.silentMs >= Math.max(textRules.minDelayMs, detector(moment, own)),
  );
  return end?.atMs ?? lengthMs;
}

function formatErrors(silences: readonly JudgedSilence[], detector: Detector) {
  const ends = silences.filter(({ kind }) => kind === 'eot');
  const waitsMs = ends.map((silence) => measureEndMs(silence, detector));
  const holds = silences
    .filter(({ kind }) => kind === 'hold')
    .map((silence) => ({
      ...silence,
      isCut: measureEndMs(silence, detector) < silence.lengthMs,
    }));
  const natural = holds.filter(({ insertedMs }) => insertedMs === undefined);
  const people = [...Map.groupBy(natural, ({ file }) => file).values()].map(
    (pauses) => ({ isCut: pauses.some(({ isCut }) => isCut) }),
  );
  const hesitations = hesitationsMs.map((ms) =>
    holds.filter(({ insertedMs }) => insertedMs === ms),
  );
  return [
    ...[natural, people, ...hesitations].map(formatCutShare),
    averageValues(waitsMs).toFixed(0),
    ...[0.5, 0.9, 0.99].map((share) => `${findPercentile(waitsMs, share)}`),
  ];
}

function formatCutShare(silences: readonly { readonly isCut: boolean }[]) {
  const cut = silences.filter(({ isCut }) => isCut).length;
  return `${((100 * cut) / silences.length).toFixed(1)} of ${silences.length}`;
}
