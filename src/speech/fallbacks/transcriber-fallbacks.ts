import { durationMs, listenRateHz } from '#src/audio/pcm.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import { SharedTask } from '#src/speech/embedded/task-queue.ts';
import { listenWith } from '#src/speech/listen.ts';
import type {
  Listening,
  OnPartial,
  Transcriber,
  Transcript,
  TranscriptUpdate,
} from '#src/speech/ports.ts';
import { UtteranceSound } from '#src/speech/utterance-sound.ts';

const isOutput = ({ kind }: TranscriptUpdate) => kind === 'final';

/** Longest sound, in ms, that gets the usual time; longer sound adds a share of the rest. */
const shortMs = 5_000;
const moreShare = 0.25;

/**
 * Several recognisers as one: the first that works. `listens` where the first of them takes sound while it is spoken.
 *
 * A failure during speech is noticed at the next pause, and then the whole utterance is sent again.
 */
export function transcriberWithFallbacks(
  chain: FallbackChain<Transcriber>,
  listens: boolean,
): Transcriber {
  const withEach = (wrap: Wrap): Transcriber => ({
    transcribe: (pcm, signal) =>
      asked(chain, (engine, inner) => wrap(engine).transcribe(pcm, inner), durationMs(pcm), signal),
    listen: listens
      ? (onPartial, signal) => new FallbackListening(chain, wrap, onPartial, signal)
      : undefined,
    wrapped: (outer) => withEach((engine) => outer(wrap(engine))),
    inLanguage: (language) => withEach((engine) => wrap(engine.inLanguage?.(language) ?? engine)),
    withHints: (hints) => withEach((engine) => wrap(engine.withHints?.(hints) ?? engine)),
    withOptions: (options) => withEach((engine) => wrap(engine.withOptions?.(options) ?? engine)),
  });
  return withEach((engine) => engine);
}

type Wrap = (engine: Transcriber) => Transcriber;
type AskEngine = (engine: Transcriber, signal: AbortSignal) => AsyncIterable<TranscriptUpdate>;

/** One request, with as much time as `soundMs` of sound need. Errors and abort: as `FallbackChain.run`. */
function asked(
  chain: FallbackChain<Transcriber>,
  ask: AskEngine,
  soundMs: number,
  signal: AbortSignal,
): AsyncGenerator<TranscriptUpdate> {
  const moreMs = Math.max(0, soundMs - shortMs) * moreShare;
  return chain.run({ ask, isOutput, moreMs }, signal);
}

/** Recognition of the first `length` samples. */
type AskedAbout = { readonly length: number; readonly work: SharedTask<Transcript> };

class FallbackListening implements Listening {
  readonly #chain: FallbackChain<Transcriber>;
  readonly #wrap: Wrap;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  /** Engine that has listened from the beginning, as long as it works. */
  readonly #first: Transcriber | undefined;
  #listening: Listening | undefined;
  #asked: AskedAbout | undefined;

  constructor(
    chain: FallbackChain<Transcriber>,
    wrap: Wrap,
    onPartial: OnPartial,
    signal: AbortSignal,
  ) {
    this.#chain = chain;
    this.#wrap = wrap;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
    this.#first = chain.present;
    this.#listening = this.#first && listenWith(wrap(this.#first), onPartial, this.#signal);
  }

  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    this.#listening?.push(samples);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const { length } = this.#sound;
    if (this.#asked?.length !== length || !this.#asked.work.useful) {
      const work = new SharedTask((leaving) =>
        this.#recognise(AbortSignal.any([leaving, this.#signal])),
      );
      this.#asked = { length, work };
    }
    return await this.#asked.work.result(either);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#listening?.[Symbol.dispose]();
    this.#sound.drop();
  }

  async #recognise(signal: AbortSignal): Promise<Transcript> {
    const ask: AskEngine = (engine, inner) => this.#textBy(engine, inner);
    const soundMs = (this.#sound.length / listenRateHz) * 1_000;
    for await (const update of asked(this.#chain, ask, soundMs, signal)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  }

  async *#textBy(engine: Transcriber, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    if (engine !== this.#first || !this.#listening) {
      yield* this.#wrap(engine).transcribe(this.#sound.whole(), signal);
      return;
    }
    try {
      yield { kind: 'final', transcript: await this.#listening.settle(signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      this.#listening[Symbol.dispose]();
      this.#listening = undefined;
      throw error;
    }
  }
}
