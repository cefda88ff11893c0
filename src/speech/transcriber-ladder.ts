import type { Ladder } from '#src/provider/ladder.ts';
import { listenWith } from './listen.ts';
import type { Listening, OnPartial, Transcriber, Transcript, TranscriptUpdate } from './ports.ts';
import { SharedWork } from './shared-work.ts';
import { UtteranceSound } from './utterance-sound.ts';

const isOutput = ({ kind }: TranscriptUpdate) => kind === 'final';

/**
 * Several recognisers as one: the first that can hear. `listens` where the first of them takes sound while it is spoken.
 *
 * What fails while somebody speaks is noticed at their pause, and then the whole utterance goes to the next one.
 */
export function ladderedTranscriber(ladder: Ladder<Transcriber>, listens: boolean): Transcriber {
  return {
    transcribe: (pcm, signal) =>
      ladder.run({ ask: (engine, inner) => engine.transcribe(pcm, inner), isOutput }, signal),
    ...(listens && {
      listen: (onPartial, signal) => new LadderListening(ladder, onPartial, signal),
    }),
  };
}

/** The engine that listens to an utterance from its beginning. */
type Ear = { readonly engine: Transcriber; readonly listening: Listening };
/** What was asked about so much sound. */
type Asked = { readonly length: number; readonly work: SharedWork<Transcript> };

class LadderListening implements Listening {
  readonly #ladder: Ladder<Transcriber>;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #ear: Ear | undefined;
  #asked: Asked | undefined;

  constructor(ladder: Ladder<Transcriber>, onPartial: OnPartial, signal: AbortSignal) {
    this.#ladder = ladder;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
    const engine = ladder.present;
    this.#ear = engine && { engine, listening: listenWith(engine, onPartial, this.#signal) };
  }

  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    this.#ear?.listening.push(samples);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const { length } = this.#sound;
    if (this.#asked?.length !== length || !this.#asked.work.useful) {
      const work = new SharedWork((leaving) =>
        this.#recognise(AbortSignal.any([leaving, this.#signal])),
      );
      this.#asked = { length, work };
    }
    return await this.#asked.work.result(either);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#ear?.listening[Symbol.dispose]();
  }

  async #recognise(signal: AbortSignal): Promise<Transcript> {
    const ask = (engine: Transcriber, inner: AbortSignal) => this.#textBy(engine, inner);
    for await (const update of this.#ladder.run({ ask, isOutput }, signal)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  }

  async *#textBy(engine: Transcriber, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    if (engine !== this.#ear?.engine) {
      yield* engine.transcribe(this.#sound.whole(), signal);
      return;
    }
    yield { kind: 'final', transcript: await this.#ear.listening.settle(signal) };
  }
}
