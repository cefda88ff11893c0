/** Waits, in ms, of the one sentence that the bot says when it has joined. */
export const greetingRules = {
  /** Time that the bot listens before it greets: the onset of a caller's voice shows within 150 ms. */
  listenFirstMs: 500,
  /** Time after which a greeting is pointless: voice may have been that slow, or the link was not ready. */
  tooLateMs: 10_000,
} as const;
