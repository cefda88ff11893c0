import { judgeAll, type Workshop } from '#bench/turns/runs.ts';
import type { ScenarioVerdict } from '#bench/turns/verdict.ts';
import { allTurns } from './all-turns.ts';
import { detectors } from './detectors.ts';
import { type SilenceTurn, silenceTurn } from './scored-turns.ts';
import {
  type DetectorFigures,
  detectorTable,
  figuresFor,
  groupTable,
  inPauseShare,
  type silenceTargets,
  silenceTargetTable,
  type TransferFigures,
  transferred,
  transferTable,
} from './silence-report.ts';

/** Figures of the silence bench in result.json. */
export type SilenceFigures = {
  readonly heldOut: readonly DetectorFigures[];
  readonly made: readonly DetectorFigures[];
  readonly human: readonly DetectorFigures[];
  readonly transferred: readonly TransferFigures[];
  readonly reached: Readonly<Record<keyof typeof silenceTargets, number>>;
};

const [alone, naive] = detectors;
/** The row of the bot as it is, which the targets are about. */
const botRow = 'Parley, words';

/** Ends of turns by eot-bench's definitions: printed, and what was reached on the held-out half. */
export async function benchSilences(workshop: Workshop): Promise<SilenceFigures> {
  const spoken = await allTurns(workshop);
  const turns = spoken.map((turn) => silenceTurn(turn.sound, turn, workshop));
  const of = (half: SilenceTurn['half']) => turns.filter((turn) => turn.half === half);
  const [tuning, heldOut] = [of('tuning'), of('held-out')];
  console.log(
    '\nSilences of at least 100 ms as eot-bench labels them, held-out half: no speaker and',
  );
  console.log(
    'no clause of it is in the tuning half. Ours are spoken requests and read sentences;',
  );
  console.log(
    'the figures that others publish are of conversations, so compare no more than the shares.',
  );
  const figures = figuresFor(heldOut);
  const { turns: count, holds } = figures[0] ?? { turns: 0, holds: 0 };
  console.log(`${count} turns, ${holds} holds; waits are means in ms`);
  console.log(detectorTable(figures));
  const made = figuresFor(heldOut.filter(({ origin }) => origin === 'made'));
  console.log(`\nMade voices: ${made[0]?.turns} turns, ${made[0]?.holds} holds`);
  console.log(detectorTable(made));
  const human = figuresFor(heldOut.filter(({ origin }) => origin === 'human'));
  console.log(`\nHuman readers: ${human[0]?.turns} turns, ${human[0]?.holds} holds`);
  console.log(detectorTable(human));
  const transfer = transferred(tuning, heldOut);
  console.log(`\nThe held-out half by rules chosen on the other (${tuning.length} turns)`);
  console.log(transferTable(transfer));
  console.log(`\n${groupTable(heldOut, [alone?.name ?? '', botRow])}`);
  const sounds = spoken.filter(({ half }) => half === 'held-out').map(({ sound }) => sound);
  const bot = figures.find(({ detector }) => detector === botRow);
  const reached = {
    shareAt300: bot?.shareAt300 ?? Number.NaN,
    shareAt5: bot?.shareAt5 ?? Number.NaN,
    inPause: takenInPauses(heldOut, judgeAll(sounds, 'text', workshop)),
  };
  const others = [alone, naive].flatMap((detector) =>
    detector ? [`${detector.name} ${inPauseShare(heldOut, detector).toFixed(2)}`] : [],
  );
  console.log(`\n${silenceTargetTable(reached)}`);
  console.log(`answers in a pause by others, as they are: ${others.join(', ')}`);
  return { heldOut: figures, made, human, transferred: transfer, reached };
}

/** Share of the turns with a pause in which the bot's first frame fell into one. */
function takenInPauses(
  turns: readonly SilenceTurn[],
  verdicts: readonly ScenarioVerdict[],
): number {
  const pausing = new Set(turns.filter(({ silences }) => silences.length > 1).map(({ id }) => id));
  const taken = verdicts.filter(
    ({ scenario, cutOffs }) => pausing.has(scenario.id) && cutOffs.length > 0,
  );
  return taken.length / pausing.size;
}
