import { percentile, table } from '#bench/table.ts';
import type { DecisionTimes } from './deciding.ts';
import type { Endurance, EnduranceTrial } from './enduring.ts';
import type { Gap } from './heard-levels.ts';
import type { BargeInTimes } from './interrupting.ts';
import { kinds, type SmallSound } from './small-sounds.ts';

export type BrokenRow = {
  readonly name: string;
  readonly broken: readonly BargeInTimes[];
  /** Targets: the 95th percentile of "12 dB down", and the median and the 95th percentile of silence. */
  readonly target: { readonly down?: number; readonly p50?: number; readonly p95?: number };
};

const longestGapMs = 60;
/** Limit of the time until the bot's full level after a meaningless sound, at p95. */
const latestFullMs = 400;
/** A proof that comes later may come after the silence. */
const soonMs = 190;

/** Table of delays that a person heard after barging in. */
export function brokenTable(rows: readonly BrokenRow[]): string {
  const head = [
    'barge-in: p50 / p95 ms',
    'n',
    '12 dB down',
    'target',
    'silent',
    'target',
    'proved',
    `silent, proved by ${soonMs}`,
    'silent after',
  ];
  const lines = rows.map(({ name, broken, target: { down, p50, p95 } }) => [
    name,
    `${broken.length}`,
    pair(broken.map(({ downMs }) => downMs)),
    down === undefined ? '' : `- / ${down}`,
    pair(broken.map(({ silentMs }) => silentMs)),
    p95 === undefined ? '' : `${p50 ?? '-'} / ${p95}`,
    pair(broken.flatMap(({ provedMs }) => provedMs ?? [])),
    soonProved(broken),
    pair(
      broken.flatMap(({ silentMs, provedMs }) =>
        silentMs === undefined || provedMs === undefined ? [] : [silentMs - provedMs],
      ),
    ),
  ]);
  return table(head, lines);
}

function soonProved(all: readonly BargeInTimes[]): string {
  const soon = all.filter(({ provedMs }) => provedMs !== undefined && provedMs <= soonMs);
  return soon.length === 0 ? '' : `${pair(soon.map(({ silentMs }) => silentMs))} (${soon.length})`;
}

/** Table of the effects of meaningless sounds on the story. */
export function enduredTable(channels: readonly Endurance[]): string {
  const sounds = channels.flatMap((endurance) => endurance.sounds);
  const head = [
    'small sounds',
    'n',
    `gaps over ${longestGapMs} ms`,
    'p50',
    'max',
    'late packets',
    'full again',
  ];
  const lines = [...kinds, 'nothing' as const].map((kind) => {
    const these = sounds.filter((one) => one.kind === kind);
    return [kind, ...gapCells(these.map(({ gap }) => gap)), fullCell(these)];
  });
  const real = sounds.filter(({ kind }) => kind !== 'nothing');
  const all = real.map(({ gap }) => gap);
  const stories = channels.reduce((sum, endurance) => sum + endurance.stories, 0);
  const stops = channels.reduce((sum, endurance) => sum + endurance.stops, 0);
  const broken = all.filter(isPause).length;
  const share = ((100 * broken) / all.length).toFixed(0);
  const counts = `stops: ${stops} of ${stories} stories (target 0); broken by ${share} % of the sounds (target 10 %); full again p50 / p95 of those that made it quieter (target - / ${latestFullMs})`;
  return `${table(head, [...lines, ['all sounds', ...gapCells(all), fullCell(real)]])}\n${counts}`;
}

function fullCell(sounds: readonly EnduranceTrial[]): string {
  const times = sounds.flatMap(({ fullMs }) => fullMs ?? []);
  return times.length === 0 ? '-' : `${pair(times)} (${times.length})`;
}

/** The bot stood still; what stood still is the machine where nothing said so. */
function isPause({ lengthMs, reported }: Gap): boolean {
  return reported && lengthMs > longestGapMs;
}

function gapCells(gaps: readonly Gap[]): string[] {
  const pauses = gaps.filter(isPause).map(({ lengthMs }) => lengthMs);
  const late = gaps.filter(({ lengthMs, reported }) => !reported && lengthMs > longestGapMs);
  const longest = pauses.length > 0 ? Math.max(...pauses) : Number.NaN;
  return [
    `${gaps.length}`,
    `${pauses.length}`,
    ms(percentile(pauses, 0.5)),
    ms(longest),
    `${late.length}`,
  ];
}

/** Table of the times that speech detection and rules take of it. */
export function decidedTable(
  people: readonly DecisionTimes[],
  small: readonly DecisionTimes[],
  sounds: readonly SmallSound[],
): string {
  const head = ['virtual time, no texts: p50 / p95 ms', 'n', 'voice', 'ducked', 'paused', 'pauses'];
  const line = (name: string, all: readonly DecisionTimes[]) => [
    name,
    `${all.length}`,
    pair(all.flatMap(({ voiceMs }) => voiceMs ?? [])),
    pair(all.flatMap(({ duckMs }) => duckMs ?? [])),
    pair(all.flatMap(({ pauseMs }) => pauseMs ?? [])),
    `${all.filter(({ pauseMs }) => pauseMs !== undefined).length}`,
  ];
  const ofKind = (kind: string) => small.filter((_, n) => sounds[n]?.kind === kind);
  return table(head, [
    line('a sentence', people),
    ...kinds.map((kind) => line(kind, ofKind(kind))),
  ]);
}

/** Median and 95th percentile; an event that never happened counts as the longest. */
function pair(values: readonly (number | undefined)[]): string {
  const all = values.map((value) => value ?? Number.POSITIVE_INFINITY);
  return `${ms(percentile(all, 0.5))} / ${ms(percentile(all, 0.95))}`;
}

function ms(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value === Number.POSITIVE_INFINITY ? 'never' : value.toFixed(0);
}
