import type { Clock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

/** `completed`: the bot has said everything about a command or a button. */
export type ExchangeEvent = SessionEvent | { readonly kind: 'completed' };

type ExchangeEventKind = ExchangeEvent['kind'];
type EventOfKind<K extends ExchangeEventKind> = Extract<ExchangeEvent, { kind: K }>;

/** Later events have higher positions. */
export type LoggedEvent<K extends ExchangeEventKind> = {
  readonly event: EventOfKind<K>;
  readonly position: number;
  readonly atMs: number;
};

const maxEvents = 200;

/** Keeps the latest 200 events. */
export class EventLog {
  readonly #clock;
  #events: readonly LoggedEvent<ExchangeEventKind>[] = [];
  #position = 0;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Position of the latest event. Pass it to `waitForEvent` to wait for later events. */
  get position(): number {
    return this.#position;
  }

  /** Keeps an event, and wakes those who wait for it. */
  report(event: ExchangeEvent): void {
    this.#position++;
    const entry = { event, position: this.#position, atMs: this.#clock.nowMs() };
    this.#events = [...this.#events, entry].slice(-maxEvents);
    for (const listener of this.#listeners) listener();
  }

  /**
   * Waits for an event behind `position`, of the person `name` if given. Undefined after
   * `timeoutMs`.
   */
  async waitForEvent<K extends ExchangeEventKind>(
    position: number,
    kinds: readonly K[],
    timeoutMs: number,
    signal: AbortSignal,
    name?: string,
  ): Promise<LoggedEvent<K> | undefined> {
    const answered = new AbortController();
    const either = AbortSignal.any([signal, answered.signal]);
    const findEvent = () => this.#findEvent(position, kinds, name);
    const onLoggedEvent = () => {
      if (findEvent()) answered.abort();
    };
    this.#listeners.add(onLoggedEvent);
    try {
      onLoggedEvent();
      await this.#clock.sleep(timeoutMs, either);
    } catch {
      signal.throwIfAborted();
    } finally {
      this.#listeners.delete(onLoggedEvent);
    }
    return findEvent();
  }

  #findEvent<K extends ExchangeEventKind>(
    afterPosition: number,
    kinds: readonly K[],
    name: string | undefined,
  ): LoggedEvent<K> | undefined {
    const isWanted = (event: ExchangeEvent): event is EventOfKind<K> =>
      kinds.some((kind) => kind === event.kind) &&
      (name === undefined || !('name' in event) || event.name === name);
    for (const { event, position, atMs } of this.#events) {
      if (position > afterPosition && isWanted(event)) return { event, position, atMs };
    }
    return undefined;
  }
}
