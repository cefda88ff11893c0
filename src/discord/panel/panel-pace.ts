/** Least time, in ms, between two edits of one panel: 5 edits in 5 s are what Discord takes in one channel. */
export const editMs = 1_200;
/** Share of the requests of a shard that all panels may take together; commands, captions and messages have the rest. */
const panelShare = 0.5;
/** Time, in ms, that a panel counts as changing after its last edit. */
const changingMs = 60_000;

/** Paces the edits of all panels that share one limit of requests: the more of them change, the longer each waits. */
export class PanelPace {
  readonly #editsASecond: number;
  /** Last edit of each panel, the oldest first. */
  readonly #editedAtMs = new Map<string, number>();

  /** `requestsASecond`: of whatever kind, as Discord takes them. */
  constructor(requestsASecond: number) {
    this.#editsASecond = requestsASecond * panelShare;
  }

  /** Marks this panel as edited now; returns the time, in ms, until it may be edited again. */
  edited(panelId: string, atMs: number): number {
    this.#editedAtMs.delete(panelId);
    this.#editedAtMs.set(panelId, atMs);
    for (const [id, lastAtMs] of this.#editedAtMs) {
      if (atMs - lastAtMs <= changingMs) break;
      this.#editedAtMs.delete(id);
    }
    return Math.max(editMs, (1_000 * this.#editedAtMs.size) / this.#editsASecond);
  }
}
