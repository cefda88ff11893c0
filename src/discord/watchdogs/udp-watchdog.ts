/** How long a server that used to answer may leave our requests unanswered. */
const deadMs = 10_000;
/** Least unanswered requests for an alert: after a stall of the process a single one is old at once. */
const leastUnanswered = 8;

/**
 * Watchdog of one UDP path, by our own requests for IP discovery.
 *
 * A server that never answers them once the link is ready proves nothing by its silence.
 */
export class UdpWatchdog {
  #firstAddress: string | undefined;
  #address: string | undefined;
  #requested = false;
  #answers = false;
  #unanswered = 0;
  #unansweredSinceMs = 0;

  /** Whether the last request was answered, and so the path is known to be open. */
  get proven(): boolean {
    return this.#answers && this.#unanswered <= 1;
  }

  /** A request has left over the ready link. */
  requested(atMs: number): void {
    if (this.#unanswered === 0) this.#unansweredSinceMs = atMs;
    this.#unanswered++;
    this.#requested = true;
  }

  /** The server told our outside address, also while the link was opened. */
  answered(address: string): void {
    this.#firstAddress ??= address;
    this.#address = address;
    this.#answers = this.#requested;
    this.#unanswered = 0;
  }

  /** What is wrong with the path, in one sentence. */
  fault(atMs: number): string | undefined {
    if (this.#address !== this.#firstAddress) {
      return 'The outside address of the UDP socket has changed.';
    }
    const silentMs = atMs - this.#unansweredSinceMs;
    if (!this.#answers || this.#unanswered < leastUnanswered || silentMs < deadMs) return undefined;
    return `The voice server left ${this.#unanswered} IP discovery requests unanswered for ${Math.round(silentMs / 1000)} s.`;
  }
}
