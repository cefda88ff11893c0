import type { Clock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

/** Events of a session that a terminal prints. */
export type PrintedEvent = Exclude<SessionEvent, { kind: 'alert' }>;

/** An answer that was cut ends well within this time after the question that cut it. */
const maxHeldMs = 5_000;

/**
 * Puts an answer that was cut above the question that cut it. A terminal cannot go back, and the words of an answer are
 * known at its end: so lines of people wait for the end of the answer that is spoken, 5 s at most. An answer that goes
 * on for longer was not cut by them, and stands at its end.
 *
 * ```ts
 * const order = new AnswerOrder(realClock, (event) => printEvent(event, botName, show));
 * order.report(event);
 * ```
 */
export class AnswerOrder {
  readonly #clock;
  readonly #print;
  /** The answer that is spoken. A new one begins after the end of the former alone. */
  #openId: number | undefined;
  #held: readonly PrintedEvent[] = [];
  #stopTimer: (() => void) | undefined;

  /** Prints events by `print`, in their order. */
  constructor(clock: Pick<Clock, 'later'>, print: (event: PrintedEvent) => void) {
    this.#clock = clock;
    this.#print = print;
  }

  /** Prints an event, now or after the answer that is spoken. */
  report(event: PrintedEvent): void {
    switch (event.kind) {
      case 'answering':
        this.#release();
        this.#openId = event.typed ? undefined : event.answerId;
        return;
      case 'answered':
        this.#print(event);
        if (event.answerId === this.#openId) this.#release();
        return;
      case 'left':
        this.#release();
        this.#print(event);
        return;
      case 'recognised':
      case 'ignored':
      case 'dropped':
        if (this.#openId === undefined) this.#print(event);
        else this.#hold(event);
        return;
      default:
        this.#print(event);
    }
  }

  #hold(event: PrintedEvent) {
    this.#held = [...this.#held, event];
    this.#stopTimer ??= this.#clock.later(maxHeldMs, () => this.#release());
  }

  #release() {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#openId = undefined;
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#print(event);
  }
}
