import type { EndpointRules } from './endpointing.ts';

/** Longest time, in ms, that what is understood waits for the decision on what it goes on with. */
export const longestDecidingMs = 500;
/** Longest time, in ms, until the beginning of a voice is noticed. */
const latestOnsetMs = 1_000;

/** Whether a voice that began at `beganFromMs` goes on with what ended at `endedToMs`: both are answered once. */
export function continues(
  endedToMs: number,
  beganFromMs: number,
  { mergeMs }: EndpointRules,
): boolean {
  return beganFromMs - endedToMs <= mergeMs;
}

/** Whether a voice that goes on with what ended at `endedToMs` may still be noticed after `atMs`. */
export function mayStillContinue(
  endedToMs: number,
  atMs: number,
  { mergeMs }: EndpointRules,
): boolean {
  return atMs - endedToMs <= mergeMs + latestOnsetMs;
}
