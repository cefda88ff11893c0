import { percentile } from '#bench/table.ts';
import type { CapacityReading } from './reading.ts';

/** Seconds a minute that others, or the host, may take before a reading is worth nothing. */
const mostOthers = 6;
const mostStolen = 0.6;
/** Share of what people sent that may leave more than 20 ms late. */
const mostLate = 0.005;
/** Seconds a minute in which a process of one thread still keeps time. */
const mostBusy = 54;
/** The bar: how much longer answers may take than alone, and the share of questions without one. */
const slowerBy = 1.25;
const mostFailed = 0.005;
/** Percentiles that are compared, as a share, and the fewest answers that make one of them worth comparing. */
const compared = [
  { part: 0.5, leastAnswers: 10 },
  { part: 0.95, leastAnswers: 40 },
] as const;

/** Why the reading says nothing of the bot: somebody else used the machine. Undefined: nobody did. */
export function disturbance({ cpu }: CapacityReading): string | undefined {
  if (cpu.stolen > mostStolen) return `the host took ${cpu.stolen.toFixed(1)} s/min of processor`;
  if (cpu.others > mostOthers)
    return `other programs took ${cpu.others.toFixed(1)} s/min of processor`;
  return undefined;
}

/** Why its delays say nothing of the bot, and its processor time does: people or servers could do no more. */
export function usedUp({ cpu, people }: CapacityReading): string | undefined {
  const late = people.latePackets / Math.max(1, people.sentPackets);
  if (late > mostLate) return `${(100 * late).toFixed(1)} % of people's packets left late`;
  if (cpu.people > mostBusy) return `people took ${cpu.people.toFixed(0)} s/min of a core`;
  if (cpu.servers > mostBusy)
    return `the mock servers took ${cpu.servers.toFixed(0)} s/min of a core`;
  return undefined;
}

/** Which bar the bot broke, beside the reading of one channel alone. */
export function broken(
  { people }: CapacityReading,
  alone: CapacityReading | undefined,
): string | undefined {
  const failed = people.failed / Math.max(1, people.asked);
  if (failed >= mostFailed) return `${people.failed} of ${people.asked} questions got no answer`;
  if (!alone) return undefined;
  for (const { part, leastAnswers } of compared) {
    if (people.answerMs.length < leastAnswers) continue;
    const [ms, aloneMs] = [people, alone.people].map(({ answerMs }) => percentile(answerMs, part));
    if (ms !== undefined && aloneMs !== undefined && ms > slowerBy * aloneMs)
      return `p${part * 100} ${ms.toFixed(0)} ms, ${aloneMs.toFixed(0)} alone`;
  }
  return undefined;
}
