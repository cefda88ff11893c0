import { table } from '#bench/table.ts';
import { floorsOf, instants, type Spread, spread, tooGood } from './figures.ts';
import type { MeasuredRow } from './path.ts';

/** A packet that tells of silence, 20 ms after the last voiced one; and the way out. */
const discordMs = 35;
/** Largest share of questions answered before they end; one is always allowed. A bot that cuts people off is not fast. */
const cutShare = 0.08;

export type TurnFigures = {
  readonly turns: number;
  readonly heard: Spread;
  readonly ideal: Spread;
  readonly share: Spread;
  /** Ratio of the medians, ours to the ideal one; this figure is compared between machines. */
  readonly ratio: number;
};

export function figuresOf({ turns, idealMs }: MeasuredRow): TurnFigures {
  const whole = turns.filter((turn) => turn.whole);
  const heardMs = whole.map(({ sinceMs }) => sinceMs['first packet heard']);
  const heard = spread(heardMs);
  const ideal = spread(idealMs);
  const share = spread(
    whole.map(({ sinceMs, providersMs }) => sinceMs['first packet heard'] - providersMs),
  );
  const ratio = Math.round((heard.p50 / ideal.p50) * 1000) / 1000;
  return { turns: whole.length, heard, ideal, share, ratio };
}

/** Faults of a measurement, one sentence each; empty: its figures count. */
export function faults({ row, turns, missed }: MeasuredRow): string[] {
  const whole = turns.filter((turn) => turn.whole);
  const cut = turns.length - whole.length;
  const all = turns.length + missed;
  const found = tooGood(whole, row).map((what) => `${what}: the measurement is wrong`);
  if (missed > 0) found.push(`${missed} of ${all} questions got no answer`);
  if (cut > Math.max(1, cutShare * all)) {
    const which = turns.flatMap(({ whole, text }) => (whole ? [] : [`"${text}"`]));
    found.push(`${cut} of ${all} questions were cut off, ${[...new Set(which)].join(', ')}`);
  }
  return found.map((what) => `${row.name}: ${what}.`);
}

/** The eight instants of a row, the floor beside each. */
export function instantsTable(measured: MeasuredRow): string {
  const { row, turns, missed } = measured;
  const whole = turns.filter((turn) => turn.whole);
  const { ideal, share, ratio } = figuresOf(measured);
  const clauseTokens = whole[0]?.clauseTokens ?? 1;
  const floors = floorsOf(row, clauseTokens);
  const lines = instants.map(([name]) => {
    const { p50, p95 } = spread(whole.map(({ sinceMs }) => sinceMs[name]));
    return [name, ms(p50), ms(p95), floors[name] > 0 ? ms(floors[name]) : ''];
  });
  const serialMs = floors['first packet heard'];
  const thoughts = turns.reduce((sum, turn) => sum + turn.thoughts, 0) / turns.length;
  const { target } = row;
  const head = [`${row.name}: ms since the last voiced packet was sent`, 'p50', 'p95', 'floor'];
  const rest = [
    ['target', ms(target.p50), ms(target.p95), `${serialMs + discordMs} with Discord in the way`],
    ['our share: first packet heard, without the providers', ms(share.p50), ms(share.p95)],
    ['ideal bot: the same providers, no Discord', ms(ideal.p50), ms(ideal.p95), ms(serialMs)],
    ['ours / ideal', shownRatio(ratio)],
  ];
  const cut = turns.length - whole.length;
  const clause = clauseTokens === 0 ? '' : ` first clause of ${clauseTokens} tokens;`;
  const counts = `${whole.length} turns; cut off: ${cut}; not answered: ${missed};${clause} the model was asked ${thoughts.toFixed(2)} times an answer`;
  return `${table(head, [...lines, ...rest])}\n${counts}`;
}

/** First packet heard, a line for each row. */
export function summary(all: readonly MeasuredRow[]): string {
  const lines = all.map((measured) => {
    const { row } = measured;
    const { heard, share, ideal, ratio } = figuresOf(measured);
    const { target } = row;
    const both = (one: Partial<Spread>) => `${ms(one.p50)} / ${ms(one.p95)}`;
    return [row.name, both(heard), both(target), both(share), both(ideal), shownRatio(ratio)];
  });
  const head = ['p50 / p95 ms', 'first packet heard', 'target', 'our share', 'ideal bot', 'ratio'];
  return table(head, lines);
}

function shownRatio(ratio: number): string {
  return Number.isNaN(ratio) ? '-' : ratio.toFixed(2);
}

function ms(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(0);
}
