/** Holds the event loop of this thread, as a long computation does. */
export function hold(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}
