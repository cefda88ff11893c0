import type { Clock } from '#src/base/clock.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { EventTopic } from './realtime-events.ts';
import type { RealtimeMemory } from './realtime-memory.ts';

/** Notes which parts of a response are open, and tells when all are over without a word of its end. */
export class ResponseProgress {
  readonly #clock: Pick<Clock, 'later'>;
  readonly #memory: RealtimeMemory;
  readonly #onComplete: () => void;
  /** Open parts, each with the id of its item. */
  readonly #open = new Map<string, string | undefined>();
  #hasEnded = false;
  #isWatching = true;
  #cancelRest: () => void = () => undefined;

  /** `onComplete` is called once all parts are over and nothing follows for a while. */
  constructor(
    clock: Pick<Clock, 'later'>,
    memory: RealtimeMemory,
    onComplete: () => void,
  ) {
    this.#clock = clock;
    this.#memory = memory;
    this.#onComplete = onComplete;
  }

  /** Whether a part has ended and none is open. */
  get isComplete(): boolean {
    return this.#hasEnded && this.#open.size === 0;
  }

  /** Notes the beginning, a piece or the end of a part. */
  noteEvent(event: JsonEvent, { stage, subject }: EventTopic): void {
    const itemId =
      toNonEmptyText(toRecord(event.item).id) ?? toNonEmptyText(event.item_id);
    const key = `${subject} ${itemId ?? ''}`;
    if (stage === 'end' || stage === 'failure') {
      this.#hasEnded = true;
      this.#open.delete(key);
      if (subject === 'item') this.#closeItem(itemId);
    }
    // Words of sound are told before it, beside it or after it.
    else if (subject !== 'transcript' && subject !== 'response' && subject !== 'other')
      this.#open.set(key, itemId);
    this.#restartRest();
  }

  /** Watches no longer while nothing is read, or after the end. */
  setWatching(isWatching: boolean): void {
    this.#isWatching = isWatching;
    this.#restartRest();
  }

  /** Some servers end an item without the end of its parts. */
  #closeItem(itemId: string | undefined) {
    for (const [key, ofItem] of this.#open)
      if (ofItem === undefined || ofItem === itemId) this.#open.delete(key);
  }

  #restartRest() {
    this.#cancelRest();
    const { restMs } = this.#memory;
    if (!this.#isWatching || !this.isComplete || restMs === undefined) return;
    this.#cancelRest = this.#clock.later(restMs, () => this.#onComplete());
  }
}
