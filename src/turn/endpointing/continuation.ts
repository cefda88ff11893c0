import type { EndpointRules } from './endpointing.ts';

/** Longest time, in ms, that a recognised text waits for the decision on the text it continues. */
export const longestDecidingMs = 500;
/** Longest time, in ms, until the beginning of a voice is noticed. */
const latestOnsetMs = 1_000;

/** Whether a voice that began at `beganFromMs` continues the utterance that ended at `endedToMs`: both are answered once. */
export function continues(
  endedToMs: number,
  beganFromMs: number,
  { mergeMs }: EndpointRules,
): boolean {
  return beganFromMs - endedToMs <= mergeMs;
}

/** Whether a voice that continues the utterance ended at `endedToMs` may still be noticed after `atMs`. */
export function mayStillContinue(
  endedToMs: number,
  atMs: number,
  { mergeMs }: EndpointRules,
): boolean {
  return atMs - endedToMs <= mergeMs + latestOnsetMs;
}
