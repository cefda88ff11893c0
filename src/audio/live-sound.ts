import type { SoundPiece } from './pcm.ts';

const samplesPerMs = 16;

/** Sound of one utterance while it is spoken, mono at 16 kHz. */
export class LiveSound {
  readonly #pieces: SoundPiece[] = [];
  readonly #ending = new AbortController();
  #listener: ((piece: SoundPiece) => void) | undefined;
  #leftMs = Infinity;

  /** Aborts when nobody needs the utterance any more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Adds the next piece, and passes it on. */
  push(piece: SoundPiece): void {
    this.#pieces.push(piece);
    this.#leftMs -= getLengthMs(piece);
    if (this.#leftMs < 0) this.end();
    else this.#listener?.(piece);
  }

  /** Ends the sound as soon as it is longer than `ms`. */
  limit(ms: number): void {
    const lengthMs = this.#pieces.reduce((sum, piece) => sum + getLengthMs(piece), 0);
    this.#leftMs = ms - lengthMs;
    if (this.#leftMs < 0) this.end();
  }

  /** Passes all sound so far to `listener`, and all later sound until the next call. */
  startPassing(listener: (piece: SoundPiece) => void): void {
    for (const piece of this.#pieces) listener(piece);
    this.#listener = listener;
  }

  /** Passes no later sound on. The sound so far stays for another listener. */
  stopPassing(): void {
    this.#listener = undefined;
  }

  /** Aborts `signal`. */
  end(): void {
    this.#ending.abort();
  }
}

function getLengthMs({ samples }: SoundPiece) {
  return samples.length / samplesPerMs;
}
