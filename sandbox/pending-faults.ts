/** Faults that wait for the request or event that they concern. */
export class PendingFaults<Fault extends { readonly times?: number }> {
  #waitingFaults: { readonly fault: Fault; left: number }[] = [];

  /**
   * Adds a fault, which happens `times` times: by default once, with Infinity until
   * `clear`.
   */
  add(fault: Fault): void {
    this.#waitingFaults.push({ fault, left: fault.times ?? 1 });
  }

  /** Drops all faults, used up or not. */
  clear(): void {
    this.#waitingFaults = [];
  }

  /** Returns the first fault that fits, and counts it as used once. */
  takeFitting(fits: (fault: Fault) => boolean): Fault | undefined {
    const entry = this.#waitingFaults.find(
      ({ fault, left }) => left > 0 && fits(fault),
    );
    if (entry) entry.left--;
    return entry?.fault;
  }
}
