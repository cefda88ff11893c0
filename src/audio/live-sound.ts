/** Sound of one utterance while it is spoken, mono at 16 kHz. */
export class LiveSound {
  readonly #pieces: Int16Array[] = [];
  readonly #over = new AbortController();
  #take: ((samples: Int16Array) => void) | undefined;

  /** Gets the signal that aborts when nobody needs the utterance any more. */
  get signal() {
    return this.#over.signal;
  }

  push(samples: Int16Array) {
    this.#pieces.push(samples);
    this.#take?.(samples);
  }

  /** Passes all sound so far to `take`, and all later sound until the next call. */
  passTo(take: (samples: Int16Array) => void) {
    for (const samples of this.#pieces) take(samples);
    this.#take = take;
  }

  stopPassing() {
    this.#take = undefined;
  }

  end() {
    this.#over.abort();
  }
}
