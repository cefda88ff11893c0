/** At most this much of somebody whose name has not come yet: what a late name may cost in memory. */
const [maxPackets, maxAgeMs, maxSources] = [25, 500, 32];

type Waiting = { readonly atMs: number; readonly datagram: Buffer };

/**
 * Voice of sources whose speaker is not known yet, still encrypted, until Discord names them.
 *
 * Holds 25 datagrams and 500 ms per SSRC, the oldest go first; a 33rd SSRC pushes out the first.
 */
export class HeldDatagrams {
  readonly #bySource = new Map<number, Waiting[]>();

  put(ssrc: number, datagram: Buffer, atMs: number): void {
    const waiting = this.#bySource.get(ssrc) ?? this.#open(ssrc);
    waiting.push({ atMs, datagram });
    if (waiting.length > maxPackets) waiting.shift();
  }

  /** What came from `ssrc` in the last 500 ms, oldest first; it is forgotten here. */
  take(ssrc: number, atMs: number): Buffer[] {
    const waiting = this.#bySource.get(ssrc) ?? [];
    this.#bySource.delete(ssrc);
    return waiting.filter((one) => atMs - one.atMs <= maxAgeMs).map((one) => one.datagram);
  }

  clear(): void {
    this.#bySource.clear();
  }

  #open(ssrc: number): Waiting[] {
    const [first] = this.#bySource.keys();
    if (first !== undefined && this.#bySource.size >= maxSources) this.#bySource.delete(first);
    const waiting: Waiting[] = [];
    this.#bySource.set(ssrc, waiting);
    return waiting;
  }
}
