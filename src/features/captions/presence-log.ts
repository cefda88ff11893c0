import type { Presence } from './transcript-line.ts';

/** Interval, in ms, at which a presence is extended. */
const againMs = 10_000;
/** Times of a session that are remembered; the oldest are forgotten first. */
const mostTimes = 5_000;

/** When people sat in the channel of one session, in ms since its start. */
export class PresenceLog {
  readonly #sessionId: string;
  readonly #sinceMs = new Map<string, number>();
  #past: readonly Presence[] = [];
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  /** Those who sit there now have no end yet. */
  get all(): readonly Presence[] {
    const sessionId = this.#sessionId;
    const here = [...this.#sinceMs].map(([personId, fromMs]) => ({ sessionId, personId, fromMs }));
    return [...this.#past, ...here];
  }

  /** Who sits there at that instant; times that are to be written, each with an end so far. */
  attend(personIds: readonly string[], atMs: number): readonly Presence[] {
    const isDue = atMs - this.#reportedAtMs >= againMs;
    if (isDue) this.#reportedAtMs = atMs;
    const changed: Presence[] = [];
    for (const [personId, fromMs] of this.#sinceMs) {
      const isHere = personIds.includes(personId);
      if (isHere && !isDue) continue;
      const presence = { sessionId: this.#sessionId, personId, fromMs, toMs: atMs };
      changed.push(presence);
      if (isHere) continue;
      this.#sinceMs.delete(personId);
      this.#past = [...this.#past, presence].slice(-mostTimes);
    }
    for (const personId of personIds) {
      if (this.#sinceMs.has(personId)) continue;
      this.#sinceMs.set(personId, atMs);
      changed.push({ sessionId: this.#sessionId, personId, fromMs: atMs, toMs: atMs });
    }
    return changed;
  }

  forget(personId: string): void {
    this.#sinceMs.delete(personId);
    this.#past = this.#past.filter((one) => one.personId !== personId);
  }
}
