import type { ProviderRole } from './provider-event.ts';

/** Deadlines of a request, in ms. */
export type Deadlines = {
  /** Time to the first output, if the server has answered before. A slow server gets more, by its own speed. */
  readonly firstMs: number;
  readonly maxFirstMs: number;
  /** Time to the first output ever: a model may have to be loaded. */
  readonly coldFirstMs: number;
  /** Added for each further measure of a short request. */
  readonly extraSizeMs: number;
  /** Time without a further part after the first output. */
  readonly idleMs: number;
  /** Total wait for the server. A slow reader does not count. */
  readonly totalMs: number;
  /** A failure within this time may be retried. */
  readonly retryWithinMs: number;
};

/**
 * Deadlines from the patience of people and from measurements. Somebody who said something short learns within 5 s
 * that it was not understood. A chat model may think for five minutes, as long as an answer is promised for.
 */
export const standardDeadlines: Readonly<
  Record<ProviderRole, Omit<Deadlines, 'maxFirstMs'>>
> = {
  'speech to text': {
    firstMs: 5_000,
    coldFirstMs: 12_000,
    extraSizeMs: 1_250,
    idleMs: 15_000,
    totalMs: 30_000,
    retryWithinMs: 3_000,
  },
  chat: {
    firstMs: 300_000,
    coldFirstMs: 300_000,
    extraSizeMs: 0,
    idleMs: 30_000,
    totalMs: 480_000,
    retryWithinMs: 3_000,
  },
  'text to speech': {
    firstMs: 5_000,
    coldFirstMs: 15_000,
    extraSizeMs: 2_000,
    idleMs: 5_000,
    totalMs: 60_000,
    retryWithinMs: 2_000,
  },
};
