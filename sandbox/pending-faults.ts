/** Faults that wait for the request or event that they concern. */
export function createPendingFaults<Fault extends { readonly times?: number }>() {
  let waiting: { readonly fault: Fault; left: number }[] = [];

  return {
    /**
     * Adds a fault, which happens `times` times: by default once, with Infinity until it
     * is cleared.
     */
    add(fault: Fault) {
      waiting.push({ fault, left: fault.times ?? 1 });
    },

    clear() {
      waiting = [];
    },

    /** Returns the first fault that fits, and counts it as used once. */
    takeFitting(fits: (fault: Fault) => boolean): Fault | undefined {
      const found = waiting.find(({ fault, left }) => left > 0 && fits(fault));
      if (found) found.left--;
      return found?.fault;
    },
  };
}
