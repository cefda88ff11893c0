import type { Clock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/session/events.ts';

type Kind = SessionEvent['kind'];
type Of<K extends Kind> = Extract<SessionEvent, { kind: K }>;

/** Remembers a session's events until somebody asks for them, at most 200. */
export class Witness {
  readonly #clock: Clock;
  #seen: SessionEvent[] = [];
  #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  tell(event: SessionEvent): void {
    this.#seen = [...this.#seen, event].slice(-200);
    for (const listener of this.#listeners) listener();
  }

  /** Forgets everything, so that what is asked for next is new. */
  forget(): void {
    this.#seen = [];
  }

  /** The first event of one of these kinds, past or to come; undefined after `timeoutMs`. */
  async first<K extends Kind>(
    kinds: readonly K[],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Of<K> | undefined> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const is = (event: SessionEvent): event is Of<K> => kinds.some((kind) => kind === event.kind);
    const listener = () => {
      if (this.#seen.some(is)) over.abort();
    };
    this.#listeners.add(listener);
    try {
      listener();
      await this.#clock.sleep(timeoutMs, either);
    } catch {
      signal.throwIfAborted();
    } finally {
      this.#listeners.delete(listener);
    }
    return this.#seen.find(is);
  }
}
