import { type Health, type Remainder, slopeMbPerHour } from '#bench/chaos/judge/health.ts';
import type { ChaosFinding, ChaosVerdict } from '#bench/chaos/judge/judge.ts';
import { percentile, table } from '#bench/table.ts';
import type { Cycle } from './plan.ts';

/** These end the run with a failure. */
const failures: readonly ChaosFinding['kind'][] = [
  'silent',
  'lost',
  'twice',
  'consent',
  'down',
  'leaked',
];
const words: Readonly<Record<ChaosFinding['kind'], string>> = {
  silent: 'silent failures',
  lost: 'answers lost',
  twice: 'answers twice',
  consent: 'consent broken',
  down: 'bot down',
  leaked: 'leaked',
};

/** A line while it runs: what stood, and what had come of it so far. */
export function cycleLine(place: string, { faults, forMs }: Cycle, verdict: ChaosVerdict): string {
  const { asked, answered, reported } = verdict;
  const what = `${faults.join(' + ')}, ${(forMs / 1_000).toFixed(1)} s`;
  return `${place.padEnd(7)} ${what.padEnd(70)} asked ${asked}, answered ${answered}, told ${reported}`;
}

export function findingLines(findings: readonly ChaosFinding[], startMs: number): string {
  return findings
    .map(({ kind, atMs, faults, words: what }) => {
      const at = `${((atMs - startMs) / 1_000).toFixed(1)} s`.padStart(9);
      return `  ${kind.padEnd(8)}${at}  ${what}, near: ${faults.join(', ') || 'no fault'}`;
    })
    .join('\n');
}

export function summary(verdict: ChaosVerdict, memory: readonly Health[], left: Remainder): string {
  const { asked, answered, reported, findings, waitsMs, calm } = verdict;
  const count = (kind: ChaosFinding['kind']) =>
    findings.filter((finding) => finding.kind === kind).length;
  const ms = (part: number) =>
    waitsMs.length > 0 ? `${percentile(waitsMs, part).toFixed(0)} ms` : '-';
  return table(
    ['what', 'figure'],
    [
      ['asked', `${asked}`],
      ['answered', `${answered}, half within ${ms(0.5)}, 95 % within ${ms(0.95)}`],
      ['answered outside faults', `${calm.answered} of ${calm.asked}`],
      ['told why not', `${reported}`],
      ...failures.map((kind) => [words[kind], `${count(kind)}`]),
      ['memory slope', slopes(memory)],
      ['handles left', left.handles.join(', ') || 'none'],
      ['memory left', `${left.memoryMb.toFixed(1)} MB`],
    ],
  );
}

/** Memory slopes of processes that ran long enough. */
function slopes(memory: readonly Health[]): string {
  const pids = [...new Set(memory.map(({ pid }) => pid))];
  const known = pids.flatMap((pid) => {
    const own = memory.filter((health) => health.pid === pid);
    const slope = slopeMbPerHour(own.map(({ atMs, residentMb }) => ({ atMs, mb: residentMb })));
    const minutes = ((own.at(-1)?.atMs ?? 0) - (own[0]?.atMs ?? 0)) / 60_000;
    if (slope === undefined) return [];
    return [`${((slope * minutes) / 60).toFixed(1)} MB in ${minutes.toFixed(1)} min`];
  });
  return known.join(', ') || 'too short to tell';
}
