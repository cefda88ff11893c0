/** What the bench tells the bot's preloaded module; `profile` begins as `begin` does, with a CPU profile. */
export type ViewersOrder = { readonly kind: 'begin' | 'profile' | 'end' };

/** What came of the time between two orders. */
export type ViewersMeasures = {
  /** Of one core, all threads of the process. */
  readonly cpuShare: number;
  /** What of it served the page, by the profile; 0 without one. */
  readonly pageShare: number;
  /** For each voice frame that left, how much longer than 20 ms it came after the one before. */
  readonly lateMs: readonly number[];
};
