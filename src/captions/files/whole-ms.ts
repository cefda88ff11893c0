/** Latest instant that has a date, in ms. Source: ECMAScript, "Time Values and Time Range". */
export const latestMs = 8.64e15;

/** A time since the start of a session in whole ms, whatever a clock or a recogniser says. */
export function wholeMs(ms: number): number {
  return Math.min(latestMs, Math.max(0, Math.round(ms) || 0));
}
