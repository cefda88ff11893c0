import type { SoundPiece } from './pcm.ts';

export type LiveSound = ReturnType<typeof createLiveSound>;

/** Sound of one utterance while it is spoken, mono at 16 kHz. */
export function createLiveSound() {
  const pieces: SoundPiece[] = [];
  const over = new AbortController();
  let taker: ((piece: SoundPiece) => void) | undefined;

  return {
    /** Aborts when nobody needs the utterance any more. */
    signal: over.signal,

    push(piece: SoundPiece) {
      pieces.push(piece);
      taker?.(piece);
    },

    /** Passes all sound so far to `take`, and all later sound until the next call. */
    passTo(take: (piece: SoundPiece) => void) {
      for (const piece of pieces) take(piece);
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
