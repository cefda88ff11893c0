import { musicPerMs } from '#src/playback/mix/stereo.ts';

/** A sound that is played round and round has several rounds, of which the first is 0. */
type QueuedSound = {
  readonly samples: Int16Array;
  readonly round: number;
  readonly packet: Uint8Array | undefined;
};

/**
 * Look-ahead of an Opus encoder, 6.5 ms. Sound that came as packets is read so far ahead of their borders, and our
 * encoder is as late as theirs was: so a packet may take the place of a frame of ours, and nothing jumps.
 */
export const opusAhead = 312;

/** Sound of two channels at 48 kHz on its way to a track, first in, first out. Unbounded: its writer holds that bound. */
export class StereoQueue {
  #pieces: QueuedSound[] = [];
  /** Place of the next sample in the first piece. */
  #at = 0;
  #length = 0;
  #round = 0;
  /** Start of the current round, and the part of it that was taken. */
  #fromMs: number;
  #taken = 0;

  constructor(fromMs: number) {
    this.#fromMs = fromMs;
  }

  /** Samples of one channel, as all lengths here. */
  get length(): number {
    return this.#length;
  }

  get positionMs(): number {
    return this.#fromMs + this.#taken / musicPerMs;
  }

  /** Keeps `samples`, which must not change any more. */
  push(samples: Int16Array, round: number, packet?: Uint8Array): void {
    if (samples.length === 0) return;
    this.#pieces.push({ samples, round, packet });
    this.#length += samples.length / 2;
  }

  /** The packet that holds exactly the next 20 ms, if there is one. */
  get packet(): Uint8Array | undefined {
    const [piece] = this.#pieces;
    if (!piece?.packet) return undefined;
    const behind = piece.samples.length - this.#at;
    return behind === 2 * (960 - opusAhead) ? piece.packet : undefined;
  }

  /** Moves as much as there is to `into` from place `at` on, to its end at most, and says how much that was. */
  take(into: Float32Array, at: number): number {
    let to = 2 * at;
    while (to < into.length) {
      const piece = this.#pieces[0];
      if (!piece) break;
      this.#enter(piece.round);
      const part = piece.samples.subarray(this.#at, this.#at + into.length - to);
      into.set(part, to);
      to += part.length;
      this.#at += part.length;
      this.#taken += part.length / 2;
      if (this.#at === piece.samples.length) {
        this.#pieces.shift();
        this.#at = 0;
      }
    }
    const count = to / 2 - at;
    this.#length -= count;
    return count;
  }

  /** Copies the next samples without taking them; returns their number. */
  peek(into: Float32Array): number {
    let to = 0;
    let from = this.#at;
    for (const { samples } of this.#pieces) {
      if (to >= into.length) break;
      const part = samples.subarray(from, from + into.length - to);
      into.set(part, to);
      to += part.length;
      from = 0;
    }
    return to / 2;
  }

  /** The round that sounds. */
  get round(): number {
    return this.#pieces[0]?.round ?? this.#round;
  }

  /** Drops the rounds after the current one. */
  dropLaterRounds(): void {
    const { round } = this;
    this.#pieces = this.#pieces.filter((piece) => piece.round === round);
    const samples = this.#pieces.reduce((sum, piece) => sum + piece.samples.length, 0);
    this.#length = (samples - this.#at) / 2;
  }

  #enter(round: number): void {
    if (round === this.#round) return;
    this.#round = round;
    this.#fromMs = 0;
    this.#taken = 0;
  }
}
