import type { BotReading, MachineUsage } from './reading.ts';

/** Seconds a minute that others, or the host, may take before a reading is worth little. */
const mostOthers = 6;
const mostStolen = 0.6;
/** Share of what people sent that may leave more than 20 ms late. */
const mostLate = 0.005;
/** Seconds a minute in which a process of one thread still keeps time. */
const mostBusy = 54;

/** Why the reading is worth little: somebody else used the machine. Undefined: nobody did. */
export function disturbance({ others, stolen }: MachineUsage): string | undefined {
  if (stolen > mostStolen) return `the host took ${stolen.toFixed(1)} s/min of processor`;
  if (others > mostOthers) return `other programs took ${others.toFixed(1)} s/min of processor`;
  return undefined;
}

/** Why its delays say nothing of the bot: people or servers could do no more. */
export function usedUp({ people, peopleCpu, serversCpu }: BotReading): string | undefined {
  const late = people.latePackets / Math.max(1, people.sentPackets);
  if (late > mostLate) return `${(100 * late).toFixed(1)} % of people's packets left late`;
  if (peopleCpu > mostBusy) return `people took ${peopleCpu.toFixed(0)} s/min of a core`;
  if (serversCpu > mostBusy)
    return `the mock servers took ${serversCpu.toFixed(0)} s/min of a core`;
  return undefined;
}
