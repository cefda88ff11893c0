/** A fault of an event on its way to the bot, say VOICE_SERVER_UPDATE. */
export type EventFault = {
  readonly event: string;
  /** Number of events with this fault; default 1, Infinity: all until healed. */
  readonly times?: number;
  /** Later by this much, so that what comes after overtakes it. */
  readonly delayMs?: number;
  /** Default 1; 2 is delivered twice, 0 never arrives. */
  readonly copies?: number;
};

type PendingEventFault = { readonly fault: EventFault; left: number };

/** The faults that wait for an event. */
export class EventFaults {
  #standing: readonly PendingEventFault[] = [];

  add(fault: EventFault): void {
    this.#standing = [...this.#standing, { fault, left: fault.times ?? 1 }];
  }

  clear(): void {
    this.#standing = [];
  }

  /** Delay of each copy of the event, in ms; uses up one event of the first fault that fits. */
  delaysMs(event: string): readonly number[] {
    const standing = this.#standing.find(({ fault, left }) => fault.event === event && left > 0);
    if (!standing) return [0];
    standing.left--;
    const { copies = 1, delayMs = 0 } = standing.fault;
    return Array.from({ length: copies }, () => delayMs);
  }
}
