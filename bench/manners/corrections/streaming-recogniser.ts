import { piecesIn, type UtterancePiece } from '#bench/manners/marks.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Listening, OnPartial, Transcriber, TranscriptUpdate } from '#src/speech/ports.ts';

/** Latency and partials of a recogniser. */
export type RecogniserManner = {
  /** From the end of a word to the partial that holds it. */
  readonly lagMs: number;
  /** From the request to the final words. */
  readonly settleMs: number;
  /** Partials have another word in its place. */
  readonly mishears?: string;
};

const packetMs = 20;
const misheardAs = 'something';

/** Tells words while somebody speaks, late or wrong as it is told to; its final words are right. */
export class StreamingRecogniser implements Transcriber {
  readonly #clock: Clock;
  readonly #wordsIn: (piece: UtterancePiece) => string;
  readonly #manner: RecogniserManner;

  constructor(clock: Clock, wordsIn: (piece: UtterancePiece) => string, manner: RecogniserManner) {
    this.#clock = clock;
    this.#wordsIn = wordsIn;
    this.#manner = manner;
  }

  async *transcribe(pcm: Pcm, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    using listening = this.listen(() => undefined, signal);
    listening.push(pcm.samples);
    yield { kind: 'final', transcript: await listening.settle(signal) };
  }

  listen(onPartial: OnPartial, signal: AbortSignal): Listening {
    const { lagMs, settleMs, mishears } = this.#manner;
    const pieces: UtterancePiece[] = [];
    const text = (lateMs: number) =>
      pieces
        .map((piece) => this.#wordsIn({ ...piece, to: piece.to - Math.round(lateMs / packetMs) }))
        .join(' ')
        .trim();
    const guess = () => {
      const words = text(lagMs);
      return mishears === undefined ? words : words.replace(mishears, misheardAs);
    };
    return {
      push: (samples) => {
        for (const piece of piecesIn(samples)) join(pieces, piece);
        const reported = guess();
        if (reported !== '' && !signal.aborted) queueMicrotask(() => onPartial(reported));
      },
      settle: async (until) => {
        await this.#clock.sleep(settleMs, until);
        return { text: text(0) };
      },
      [Symbol.dispose]: () => undefined,
    };
  }
}

function join(pieces: UtterancePiece[], piece: UtterancePiece): void {
  const last = pieces.at(-1);
  if (last?.utterance === piece.utterance) last.to = Math.max(last.to, piece.to);
  else pieces.push({ ...piece });
}
