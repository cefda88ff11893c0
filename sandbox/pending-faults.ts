/** Faults that wait for the request or event that they concern. */
export class PendingFaults<Fault extends { readonly times?: number }> {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  /**
   * Adds a fault, which happens `times` times: by default once, with Infinity until it
   * is cleared.
   */
  add(fault: Fault) {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear() {
    this.#waiting = [];
  }

  /** Returns the first fault that fits, and counts it as used once. */
  takeFitting(fits: (fault: Fault) => boolean): Fault | undefined {
    const found = this.#waiting.find(({ fault, left }) => left > 0 && fits(fault));
    if (found) found.left--;
    return found?.fault;
  }
}
