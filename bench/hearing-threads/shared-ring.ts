const slots = 1024;
const [written, read] = [0, 1];
const countsBytes = 16;
const numberBytes = 8;

/** Numbers at the beginning of each slot, before its bytes. */
const slotNumbers = 4;
/** Room in each slot for 40 ms of 16 kHz samples, or for a packet. */
const roomBytes = 1280;
const slotBytes = slotNumbers * numberBytes + roomBytes;

/** A queue of slots in shared memory, with one thread that writes and one that reads. */
export class SharedRing {
  readonly buffer: SharedArrayBuffer;
  readonly #counts: Int32Array<SharedArrayBuffer>;
  readonly #numbers: readonly Float64Array[];
  readonly #rooms: readonly Uint8Array[];

  constructor(buffer = new SharedArrayBuffer(countsBytes + slots * slotBytes)) {
    this.buffer = buffer;
    this.#counts = new Int32Array(buffer, 0, 2);
    const begins = Array.from({ length: slots }, (_, n) => countsBytes + n * slotBytes);
    this.#numbers = begins.map((at) => new Float64Array(buffer, at, slotNumbers));
    this.#rooms = begins.map(
      (at) => new Uint8Array(buffer, at + slotNumbers * numberBytes, roomBytes),
    );
  }

  /** Copies one entry into the next slot and wakes the reader. */
  write(numbers: ArrayLike<number>, bytes: Uint8Array): void {
    const count = Atomics.load(this.#counts, written);
    if (count - Atomics.load(this.#counts, read) >= slots) throw new Error('The ring is full.');
    this.#numbers[count % slots]?.set(numbers);
    this.#rooms[count % slots]?.set(bytes);
    Atomics.add(this.#counts, written, 1);
    Atomics.notify(this.#counts, written);
  }

  /** Hands over each waiting entry; both parts are only valid during the call. */
  drain(take: (numbers: Float64Array, room: Uint8Array) => void): void {
    for (;;) {
      const count = Atomics.load(this.#counts, read);
      const [numbers, room] = [this.#numbers[count % slots], this.#rooms[count % slots]];
      if (count === Atomics.load(this.#counts, written) || !numbers || !room) return;
      take(numbers, room);
      Atomics.add(this.#counts, read, 1);
    }
  }

  /** Blocks this thread until an entry waits. */
  wait(): void {
    const count = Atomics.load(this.#counts, read);
    Atomics.wait(this.#counts, written, count);
  }

  /** Resolves when an entry waits. */
  async entry(): Promise<void> {
    const count = Atomics.load(this.#counts, read);
    await Atomics.waitAsync(this.#counts, written, count).value;
  }
}
