/** What the bench tells the bot's preloaded module. */
export type HostileOrder = { readonly kind: 'begin' | 'end' };

/** What came of the time between two orders. */
export type HostileMeasures = {
  /** Largest delay of a voice frame after its 20 ms, in ms. */
  readonly lateMs: number;
  /** Of the delay of one frame, the largest part in which the bot's own main thread was at work, in ms. */
  readonly busyMs: number;
  readonly frames: number;
  /** Most resident memory beyond that of the beginning. */
  readonly grownBytes: number;
};
