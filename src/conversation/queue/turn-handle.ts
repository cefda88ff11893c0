/**
 * Reason why a turn is not answered, or not to its end; `over`: it had its turn. `skipped`: it alone was taken out. `late`: its moment has passed, or the asker
 * has gone. `lost`: the link broke in the middle of it. `continued`: its speaker went on, and all of it is answered
 * together. `unmeant`: it was nothing, or not for the bot. `muted`: a moderator keeps the bot from speaking.
 * `interrupted`: a person interrupted it. `ending`: the bot is being stopped. `replaced`: its asker typed another question while it waited.
 */
export type DropReason =
  | 'stopped'
  | 'skipped'
  | 'withdrawn'
  | 'late'
  | 'crowded'
  | 'left'
  | 'lost'
  | 'continued'
  | 'unmeant'
  | 'muted'
  | 'interrupted'
  | 'replaced'
  | 'ending'
  | 'over';

/** The right of one question or text to be said aloud, until it is dropped. */
export class TurnHandle {
  readonly #over = new AbortController();
  readonly #onDropped: (why: DropReason) => void;
  #dropped: DropReason | undefined;

  constructor(onDropped: (why: DropReason) => void = () => undefined) {
    this.#onDropped = onDropped;
  }

  /** Aborted when it is dropped. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get dropped(): DropReason | undefined {
    return this.#dropped;
  }

  /** The first reason counts. */
  drop(why: DropReason): void {
    if (this.#dropped) return;
    this.#dropped = why;
    this.#over.abort(new Error(`the turn was dropped: ${why}`, { cause: why }));
    this.#onDropped(why);
  }
}
