import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import type { JsonEvent, SocketListener } from './json-socket.ts';

/**
 * Collects the events of a new connection until somebody takes them.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { EventInbox } from '#src/provider/event-inbox.ts';
 *
 * const { signal } = new AbortController();
 * const inbox = new EventInbox(); // the listener of a JsonSocket
 * inbox.onEvent({ type: 'session.started' });
 * const event = await inbox.takeEvent(() => true, { clock: realClock, ms: 2_000 }, signal);
 * event?.type; // 'session.started'
 */
export class EventInbox implements SocketListener {
  readonly #events: JsonEvent[] = [];
  #lost: BotError | undefined;
  #change = Promise.withResolvers<void>();

  /** Keeps an event until it is taken. */
  onEvent(event: JsonEvent): void {
    this.#events.push(event);
    this.#wakeReader();
  }

  /** Ends the waits for events. */
  onLost(error: BotError): void {
    this.#lost = error;
    this.#wakeReader();
  }

  /** Takes the next event that `isWanted`, and drops those before. Undefined after `ms`. Throws at a loss. */
  async takeEvent(
    isWanted: (event: JsonEvent) => boolean,
    { clock, ms }: { readonly clock: Clock; readonly ms: number },
    signal: AbortSignal,
  ): Promise<JsonEvent | undefined> {
    const late = Promise.withResolvers<boolean>();
    const forgetDeadline = clock.later(ms, () => late.resolve(true));
    try {
      for (let isLate = false; !isLate; ) {
        const event = this.#events.shift();
        if (event && isWanted(event)) return event;
        if (event) continue;
        if (this.#lost) throw this.#lost;
        const change = this.#change.promise.then(() => false);
        isLate = await waitUnlessAborted(Promise.race([change, late.promise]), signal);
      }
      return undefined;
    } finally {
      forgetDeadline();
    }
  }

  /** Takes all events that came and were not taken, oldest first. */
  takeRest(): readonly JsonEvent[] {
    return this.#events.splice(0);
  }

  #wakeReader() {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
