import type { Clock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

/** `done`: the bot has said everything about a command or a button. */
export type ExchangeEvent = SessionEvent | { readonly kind: 'completed' };

type ExchangeEventKind = ExchangeEvent['kind'];
type Of<K extends ExchangeEventKind> = Extract<ExchangeEvent, { kind: K }>;

/** Later events have higher places. */
export type LoggedEvent<K extends ExchangeEventKind> = {
  readonly event: Of<K>;
  readonly place: number;
  readonly atMs: number;
};

export type EventLog = ReturnType<typeof createEventLog>;

/** Keeps the latest 200 events. */
export function createEventLog(clock: Clock) {
  let past: LoggedEvent<ExchangeEventKind>[] = [];
  let place = 0;
  const listeners = new Set<() => void>();

  return {
    get place(): number {
      return place;
    },

    report(event: ExchangeEvent) {
      place++;
      const seen = { event, place: place, atMs: clock.nowMs() };
      past = [...past, seen].slice(-200);
      for (const listener of listeners) listener();
    },

    /**
     * Waits for an event behind `place`, by `name` if given. Undefined after `timeoutMs`.
     */
    async waitForEvent<K extends ExchangeEventKind>(
      place: number,
      kinds: readonly K[],
      timeoutMs: number,
      signal: AbortSignal,
      name?: string,
    ): Promise<LoggedEvent<K> | undefined> {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const isWanted = (event: ExchangeEvent): event is Of<K> =>
        kinds.some((kind) => kind === event.kind) &&
        (name === undefined || !('name' in event) || event.name === name);
      const findEvent = () => {
        for (const { event, place: at, atMs } of past) {
          if (at > place && isWanted(event)) return { event, place: at, atMs };
        }
        return undefined;
      };
      const onLoggedEvent = () => {
        if (findEvent()) over.abort();
      };
      listeners.add(onLoggedEvent);
      try {
        onLoggedEvent();
        await clock.sleep(timeoutMs, either);
      } catch {
        signal.throwIfAborted();
      } finally {
        listeners.delete(onLoggedEvent);
      }
      return findEvent();
    },
  };
}
