import type { TargetLine } from '#bench/manners/report.ts';
import { percentile } from '#bench/table.ts';
import type { LanguageDelays } from './answer-delays.ts';
import { answeredInForeign, isRight, type LanguageOutcome } from './play-scenarios.ts';

const [firstPercent, laterPercent] = [95, 99];
/** A text may leave its language open, and then one turn more is needed. */
const hintedPercent = 95;
/** Most that languages may add to the median answer, in ms. */
const mostAddedMs = 2;

/** Targets of all scenes with one kind of recogniser, and the values reached. */
export function scenarioLines(
  recogniser: string,
  outcomes: readonly LanguageOutcome[],
): TargetLine[] {
  const of = (kind: LanguageOutcome['turn']['kind']) =>
    outcomes.filter(({ turn }) => turn.kind === kind);
  const switched = of('word').filter(answeredInForeign);
  const hinted = outcomes.filter(({ turn }) => turn.isHinted);
  return [
    shareLine(`${recogniser}: first reply, language and voice`, of('first'), firstPercent, isRight),
    shareLine(
      `${recogniser}: later replies, language and voice`,
      of('later'),
      laterPercent,
      isRight,
    ),
    {
      what: `${recogniser}: switched by one word`,
      target: '0',
      reached: `${switched.length} of ${of('word').length}`,
      met: switched.length === 0,
      misses: switched.map(missed),
    },
    shareLine(
      `${recogniser}: settled language told to it`,
      hinted,
      hintedPercent,
      ({ hint, turn }) => {
        return hint === turn.wanted;
      },
    ),
  ];
}

export function delayLine({ withMs, withoutMs }: LanguageDelays): TargetLine {
  const [one, other] = [percentile(withMs, 0.5), percentile(withoutMs, 0.5)];
  return {
    what: 'answer p50 with and without languages',
    target: `at most ${mostAddedMs} ms apart`,
    reached: `${one.toFixed(2)} and ${other.toFixed(2)} ms`,
    met: Math.abs(one - other) <= mostAddedMs,
    misses: [],
  };
}

function shareLine(
  what: string,
  outcomes: readonly LanguageOutcome[],
  percent: number,
  isGood: (outcome: LanguageOutcome) => boolean,
): TargetLine {
  const bad = outcomes.filter((one) => !isGood(one));
  const share = 100 * (1 - bad.length / outcomes.length);
  return {
    what,
    target: `at least ${percent} %`,
    reached: `${share.toFixed(1)} % of ${outcomes.length}`,
    met: share >= percent,
    misses: bad.map(missed),
  };
}

function missed({
  scenario,
  turn,
  language = 'none',
  voices,
  hint = 'none',
}: LanguageOutcome): string {
  const said = `${turn.personId} "${turn.text}" (${turn.kind}, ${turn.wanted} wanted)`;
  return `${scenario}: ${said}: ${language}, ${voices.join(' and ') || 'no voice'}, hint ${hint}`;
}
