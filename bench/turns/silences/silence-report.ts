import { table } from '#bench/table.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { endpointingDelay } from '#src/turn/endpointing/endpointing-delay.ts';
import { heldOutTurns, type SilenceTurn } from './held-out-turns.ts';
import type { Moment, MomentParts } from './moments.ts';
import { cutOffAt, type ScoredSilence, sweep, waitAt } from './sweep.ts';

/** eot-bench's columns: shares of holds cut off at mean waits in ms, mean waits at shares of holds. */
type SweepFigures = {
  readonly cutOffAt300: number;
  readonly cutOffAt600: number;
  readonly waitAt5: number;
  readonly waitAt10: number;
};

/** Score of a detector at one instant: the higher, the likelier the turn is over. */
type Detector = (moment: Moment) => number;

/** The most of each, as shares of the row of voice activity alone. */
const targets = { cutOffAt300: 0.41, waitAt5: 0.53 } as const;
/** For the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointRules, textTimeoutMs: 400 };

const voiceActivityAlone: Detector = () => 0;
const ownRules: Detector = ({ signs, silentMs }) =>
  silentMs - endpointingDelay(signs, textRules, {}).delayMs;

/** Ends of turns by eot-bench's definitions, of speakers of whom no rule was made. */
export async function silenceReport(parts: MomentParts): Promise<string> {
  const turns = await heldOutTurns(parts);
  const alone = figuresOf(turns, voiceActivityAlone);
  const own = figuresOf(turns, ownRules);
  const holds = turns.flatMap(({ silences }) => silences).filter(({ kind }) => kind === 'hold');
  return `Silences of at least 100 ms as eot-bench labels them, of held-out speakers. Ours are spoken requests and read
sentences; the figures that others publish are of conversations, so compare no more than the shares.
${turns.length} turns, ${holds.length} holds; waits are means in ms
${figuresTable(alone, own)}

${targetTable(alone, own)}`;
}

function figuresOf(turns: readonly SilenceTurn[], detector: Detector): SweepFigures {
  const points = sweep(scoredSilences(turns, detector));
  const none = Number.NaN;
  return {
    cutOffAt300: cutOffAt(points, 300)?.cutOffShare ?? none,
    cutOffAt600: cutOffAt(points, 600)?.cutOffShare ?? none,
    waitAt5: waitAt(points, 0.05)?.waitMs ?? none,
    waitAt10: waitAt(points, 0.1)?.waitMs ?? none,
  };
}

/** All silences of these turns as a detector scores them, each out of what was known by then. */
function scoredSilences(turns: readonly SilenceTurn[], detector: Detector): ScoredSilence[] {
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

function figuresTable(alone: SweepFigures, own: SweepFigures): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  const rows = Object.entries({ 'voice activity alone': alone, 'Parley, words': own });
  return table(
    ['detector', 'cut off % @ 300 ms', '@ 600', 'wait @ 5 %', '@ 10 %'],
    rows.map(([name, { cutOffAt300, cutOffAt600, waitAt5, waitAt10 }]) => [
      name,
      percent(cutOffAt300),
      percent(cutOffAt600),
      waitAt5.toFixed(0),
      waitAt10.toFixed(0),
    ]),
  );
}

/** Shares of voice activity alone, each with its target. */
function targetTable(alone: SweepFigures, own: SweepFigures): string {
  const row = (name: string, key: keyof typeof targets) => {
    const share = own[key] / alone[key];
    const isMet = share <= targets[key];
    return [name, `${targets[key]}`, share.toFixed(2), isMet ? 'met' : 'NOT MET'];
  };
  return table(
    ['share of voice activity alone', 'at most', 'reached', ''],
    [row('cut-offs at 300 ms', 'cutOffAt300'), row('wait at 5 %', 'waitAt5')],
  );
}
