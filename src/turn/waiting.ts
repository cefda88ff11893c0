/** Signs of work while an answer is awaited: instants in ms after the end of the utterance. */
export type WaitingRules = {
  /** The first soft tick. */
  readonly tickMs: number;
  /** Interval between two ticks, in ms. */
  readonly everyMs: number;
  /** "One moment.", once. */
  readonly momentMs: number;
  /** A low pad instead of ticks; the panel names the step. */
  readonly padMs: number;
  /** Length of the pad, in ms: another follows it. */
  readonly padEveryMs: number;
  /** The answer is given later, when it is there. */
  readonly laterMs: number;
};

export const waitingRules: WaitingRules = {
  tickMs: 700,
  everyMs: 1_200,
  momentMs: 2_500,
  padMs: 8_000,
  padEveryMs: 1_500,
  laterMs: 12_000,
};

/** Wait for an answer, since the speaker stopped talking to the bot. */
export type Waiting = {
  readonly sinceMs: number;
  readonly nextTickMs: number;
  readonly reported: 'nothing' | 'moment' | 'later';
};

export type WaitingEffect = 'tick' | 'moment' | 'pad' | 'later';

/** Longest part of the endpointing delay, in ms, that counts as waiting; the rest was reserved for a continuation. */
const usualEndMs = 300;

/**
 * Start in ms of the wait of a speaker whose voice was last heard at `toMs`, and whose utterance was decided to end at
 * `endedAtMs`.
 */
export function waitsFromMs(toMs: number, endedAtMs: number): number {
  return Math.max(toMs, endedAtMs - usualEndMs);
}

export function waitSince(sinceMs: number, rules: WaitingRules): Waiting {
  return { sinceMs, nextTickMs: sinceMs + rules.tickMs, reported: 'nothing' };
}

/** One look at the clock while nothing of the answer has sounded; at most one effect, the weightiest. */
export function stepWaiting(
  waiting: Waiting,
  atMs: number,
  rules: WaitingRules,
): { readonly waiting: Waiting; readonly effect?: WaitingEffect } {
  const waitedMs = atMs - waiting.sinceMs;
  if (waitedMs >= rules.laterMs) {
    if (waiting.reported === 'later') return { waiting };
    return { waiting: { ...waiting, reported: 'later' }, effect: 'later' };
  }
  if (waitedMs >= rules.momentMs && waiting.reported === 'nothing') {
    const nextTickMs = atMs + rules.everyMs;
    return { waiting: { ...waiting, nextTickMs, reported: 'moment' }, effect: 'moment' };
  }
  if (atMs < waiting.nextTickMs) return { waiting };
  if (waitedMs >= rules.padMs) {
    return { waiting: { ...waiting, nextTickMs: atMs + rules.padEveryMs }, effect: 'pad' };
  }
  return { waiting: { ...waiting, nextTickMs: atMs + rules.everyMs }, effect: 'tick' };
}
