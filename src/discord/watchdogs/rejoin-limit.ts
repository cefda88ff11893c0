import type { AlertName } from '#src/base/alerts.ts';

/** Least time, in ms, between rejoins of one channel by different watchdogs: a second fault is none of the first one's. */
const anyMs = 60_000;
/** Least time, in ms, between two rejoins of one channel by the same watchdog: a rejoin that did not help is not tried soon again. */
const sameMs = 300_000;
/** Longer limits, in ms, of single watchdogs. */
const ownMs: Partial<Record<AlertName, number>> = { 'encryption-unsettled': 600_000 };

/** Rate limit of the rejoins that watchdogs ask for, by channel. */
export class RejoinLimit {
  readonly #lastAtMs = new Map<string, number>();

  /** True if the channel may be left and joined anew now, which is then taken as done. */
  take(channelId: string, name: AlertName, atMs: number): boolean {
    const own = `${channelId} ${name}`;
    if (!this.#isOver(channelId, anyMs, atMs)) return false;
    if (!this.#isOver(own, ownMs[name] ?? sameMs, atMs)) return false;
    this.#lastAtMs.set(channelId, atMs).set(own, atMs);
    return true;
  }

  #isOver(key: string, everyMs: number, atMs: number): boolean {
    return atMs - (this.#lastAtMs.get(key) ?? Number.NEGATIVE_INFINITY) >= everyMs;
  }
}
