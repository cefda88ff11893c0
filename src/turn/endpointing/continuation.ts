import type { EndpointRules } from './endpointing.ts';

/** Longest time, in ms, that a recognised text waits for the decision on the text it continues. */
export const longestDecidingMs = 500;

/** Whether a voice that began at `beganFromMs` continues the utterance that ended at `endedToMs`: both are answered once. */
export function continues(
  endedToMs: number,
  beganFromMs: number,
  { mergeMs }: EndpointRules,
): boolean {
  return beganFromMs - endedToMs <= mergeMs;
}
