import { listenRateHz } from '#src/audio/pcm.ts';
import type { Listening, OnPartial, Transcriber, Transcript } from './ports.ts';

/** Listens with any recogniser; one that only takes whole utterances gets each as far as it has come. */
export function listenWith(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
): Listening {
  return transcriber.listen?.(onPartial, signal) ?? new WholeListening(transcriber, signal);
}

class WholeListening implements Listening {
  readonly #transcriber: Transcriber;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #chunks: Int16Array[] = [];
  #settled: { readonly chunks: number; readonly transcript: Promise<Transcript> } | undefined;

  constructor(transcriber: Transcriber, signal: AbortSignal) {
    this.#transcriber = transcriber;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
  }

  push(samples: Int16Array): void {
    this.#chunks.push(samples);
  }

  settle(signal: AbortSignal): Promise<Transcript> {
    const chunks = this.#chunks.length;
    if (this.#settled?.chunks === chunks) return this.#settled.transcript;
    const transcript = this.#recognise(AbortSignal.any([this.#signal, signal]));
    this.#settled = { chunks, transcript };
    return transcript;
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
  }

  async #recognise(signal: AbortSignal): Promise<Transcript> {
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const samples = new Int16Array(length);
    let at = 0;
    for (const chunk of this.#chunks) {
      samples.set(chunk, at);
      at += chunk.length;
    }
    const pcm = { samples, rateHz: listenRateHz, channels: 1 } as const;
    for await (const update of this.#transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  }
}
