import { formatTable } from '#bench/format-table.ts';
import {
  decideEndpointingDelay,
  endpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { readHeldOutTurns, type SilenceTurn } from './held-out-turns.ts';
import { findLowest, sweepRules } from './sweep-rules.ts';
import type { MomentDeps, TurnMoment } from './turn-moments.ts';

/** The two figures that eot-bench publishes of a detector. */
interface SweepFigures {
  /** Share of holds cut off at a mean wait of 300 ms. */
  readonly cutOffAt300: number;
  /** Mean wait, in ms, at a share of 5 % of holds cut off. */
  readonly waitAt5: number;
}

/** Score of a detector at one instant: the higher, the likelier the turn is over. */
type Detector = (moment: TurnMoment) => number;

/** Limit of each figure, as a share of the row of voice activity alone. */
const sweepTargets = { cutOffAt300: 0.41, waitAt5: 0.53 } as const;
/** Rules for the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointingDelayRules, textTimeoutMs: 400 };

const scoreVoiceActivity: Detector = () => 0;
const scoreOwnRules: Detector = ({ signs, silentMs }) =>
  silentMs - decideEndpointingDelay(signs, textRules, {}).delayMs;

/** Formats how often pauses are cut off and how long ends of turns wait, by eot-bench's definitions, for speakers of whom no rule was made. */
export async function formatSilenceReport(deps: MomentDeps): Promise<string> {
  const turns = await readHeldOutTurns(deps);
  const alone = toSweepFigures(turns, scoreVoiceActivity);
  const parley = toSweepFigures(turns, scoreOwnRules);
  const holds = turns
    .flatMap(({ silences }) => silences)
    .filter(({ kind }) => kind === 'hold');
  return `Silences of at least 100 ms as eot-bench labels them, of held-out speakers. Ours are spoken requests and read
sentences; the figures that others publish are of conversations, so compare no more than the shares.
${turns.length} turns, ${holds.length} holds; waits are means in ms
${formatSweepFigures(alone, parley)}

${formatSweepTargets(alone, parley)}`;
}

function toSweepFigures(
  turns: readonly SilenceTurn[],
  detector: Detector,
): SweepFigures {
  const points = sweepRules(scoreSilences(turns, detector));
  return {
    cutOffAt300: findLowest(points, 'cutOffShare', 'waitMs', 300),
    waitAt5: findLowest(points, 'waitMs', 'cutOffShare', 0.05),
  };
}

/** Scores all silences of these turns, each instant by nothing later. */
function scoreSilences(turns: readonly SilenceTurn[], detector: Detector) {
  return turns.flatMap(({ silences, moments }) =>
    silences.map(({ kind, fromMs, toMs }) => {
      const within = moments.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
      return {
        kind,
        lengthMs: toMs - fromMs,
        moments: within.map((moment) => ({
          sinceMs: moment.atMs - fromMs,
          silentMs: moment.silentMs,
          score: detector(moment),
        })),
      };
    }),
  );
}

function formatSweepFigures(alone: SweepFigures, parley: SweepFigures) {
  const rows = Object.entries({
    'voice activity alone': alone,
    'Parley, words': parley,
  });
  return formatTable(
    ['detector', 'cut off % @ 300 ms', 'wait @ 5 %'],
    rows.map(([name, { cutOffAt300, waitAt5 }]) => [
      name,
      (100 * cutOffAt300).toFixed(1),
      waitAt5,
    ]),
  );
}

/** Formats shares of voice activity alone, each with its target. */
function formatSweepTargets(alone: SweepFigures, parley: SweepFigures) {
  const makeRow = (name: string, key: keyof typeof sweepTargets) => {
    const share = parley[key] / alone[key];
    const isMet = share <= sweepTargets[key];
    return [name, `${sweepTargets[key]}`, share.toFixed(2), isMet ? 'met' : 'NOT MET'];
  };
  return formatTable(
    ['share of voice activity alone', 'at most', 'reached', ''],
    [makeRow('cut-offs at 300 ms', 'cutOffAt300'), makeRow('wait at 5 %', 'waitAt5')],
  );
}
