/** Order of the bench to the bot's preloaded module. */
export type HostileOrder = { readonly kind: 'begin' | 'end' };

/** Measures of the time between two orders. */
export type HostileMeasures = {
  /** Largest delay of a voice frame after its 20 ms, in ms. */
  readonly lateMs: number;
  /** Largest part of one frame's delay in which the bot's own main thread was at work, in ms. */
  readonly busyMs: number;
  readonly frames: number;
  /** Most resident memory beyond that of the beginning. */
  readonly grownBytes: number;
};
