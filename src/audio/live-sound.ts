export type LiveSound = ReturnType<typeof createLiveSound>;

/** Sound of one utterance while it is spoken, mono at 16 kHz. */
export function createLiveSound() {
  const pieces: Int16Array[] = [];
  const over = new AbortController();
  let taker: ((samples: Int16Array) => void) | undefined;

  return {
    /** Gets the signal that aborts when nobody needs the utterance any more. */
    get signal() {
      return over.signal;
    },

    push(samples: Int16Array) {
      pieces.push(samples);
      taker?.(samples);
    },

    /** Passes all sound so far to `take`, and all later sound until the next call. */
    passTo(take: (samples: Int16Array) => void) {
      for (const samples of pieces) take(samples);
      taker = take;
    },

    stopPassing() {
      taker = undefined;
    },

    end() {
      over.abort();
    },
  };
}
