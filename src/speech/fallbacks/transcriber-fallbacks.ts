import { durationMs, listenRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import { SharedTask } from '#src/speech/embedded/task-queue.ts';
import { listenWith } from '#src/speech/listen.ts';
import { askedAgain } from '#src/speech/openai/asked-again.ts';
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
/** Shortest time, in ms, after which a request that usually takes less counts as stalled, and is sent once more. */
const shortestStallMs = 2_500;
/** Time in ms after which a request counts as stalled while nothing is known of this server: a model may be loading. */
const unknownStallMs = 5_000;
/** Factor by which a request must exceed the time of the last one to count as stalled. */
const stallFactor = 2;

/**
 * Several recognisers as one: the first that works. `listens` where the first of them takes sound while it is spoken.
 *
 * A request that stalls is sent once more, beside the first one. A failure during speech is noticed at the next pause,
 * and then the whole utterance goes to the next recogniser.
 */
export function transcriberWithFallbacks(
  chain: FallbackChain<Transcriber>,
  listens: boolean,
  clock: Clock,
): Transcriber {
  const asking = new TranscriptionRequests(chain, clock);
  const withEach = (wrap: Wrap): Transcriber => ({
    transcribe: (pcm, signal) =>
      asking.run((engine, inner) => wrap(engine).transcribe(pcm, inner), durationMs(pcm), signal),
    ...(listens && {
      listen: (onPartial, signal) =>
        new FallbackListening({ chain, asking, wrap }, onPartial, signal),
    }),
    wrapped: (outer) => withEach((engine) => outer(wrap(engine))),
    inLanguage: (language) => withEach((engine) => wrap(engine.inLanguage?.(language) ?? engine)),
    withHints: (hints) => withEach((engine) => wrap(engine.withHints?.(hints) ?? engine)),
    withOptions: (asked) => withEach((engine) => wrap(engine.withOptions?.(asked) ?? engine)),
  });
  return withEach((engine) => engine);
}

type Wrap = (engine: Transcriber) => Transcriber;

type AskEngine = (
  engine: Transcriber,
  signal: AbortSignal,
  attempt: 0 | 1,
) => AsyncIterable<TranscriptUpdate>;

/** Requests of one fallback chain, each with as much time as its sound needs. */
class TranscriptionRequests {
  readonly #chain: FallbackChain<Transcriber>;
  readonly #clock: Clock;
  /** Duration of the last request, in ms, beside the time for the length of its sound. */
  #tookMs: number | undefined;

  constructor(chain: FallbackChain<Transcriber>, clock: Clock) {
    this.#chain = chain;
    this.#clock = clock;
  }

  /** `soundMs` is how long the sound is. Errors and abort: as `Ladder.run`. */
  run(ask: AskEngine, soundMs: number, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    const moreMs = Math.max(0, soundMs - shortMs) * moreShare;
    return this.#chain.run(
      { ask: (engine, inner) => this.#twice(engine, ask, moreMs, inner), isOutput, moreMs },
      signal,
    );
  }

  async *#twice(
    engine: Transcriber,
    ask: AskEngine,
    moreMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<TranscriptUpdate> {
    const sinceMs = this.#clock.nowMs();
    const usualMs = this.#tookMs;
    const stallMs =
      usualMs === undefined ? unknownStallMs : Math.max(shortestStallMs, stallFactor * usualMs);
    const one = (inner: AbortSignal, attempt: 0 | 1) => ask(engine, inner, attempt);
    for await (const update of askedAgain(one, stallMs + moreMs, this.#clock, signal)) {
      if (isOutput(update)) {
        this.#tookMs = Math.max(0, this.#clock.nowMs() - sinceMs - moreMs);
      }
      yield update;
    }
  }
}

/** The engine that listens to an utterance from its beginning. */
type ListeningEngine = { readonly engine: Transcriber; readonly listening: Listening };
/** Recognition of the first `length` samples. */
type AskedAbout = { readonly length: number; readonly work: SharedTask<Transcript> };

type FallbackListeningOptions = {
  readonly chain: FallbackChain<Transcriber>;
  readonly asking: TranscriptionRequests;
  readonly wrap: Wrap;
};

class FallbackListening implements Listening {
  readonly #asking: TranscriptionRequests;
  readonly #wrap: Wrap;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #engine: ListeningEngine | undefined;
  #asked: AskedAbout | undefined;

  constructor(
    { chain, asking, wrap }: FallbackListeningOptions,
    onPartial: OnPartial,
    signal: AbortSignal,
  ) {
    this.#asking = asking;
    this.#wrap = wrap;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
    const engine = chain.present;
    this.#engine = engine && {
      engine,
      listening: listenWith(wrap(engine), onPartial, this.#signal),
    };
  }

  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    this.#engine?.listening.push(samples);
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
    this.#engine?.listening[Symbol.dispose]();
    this.#sound.drop();
  }

  async #recognise(signal: AbortSignal): Promise<Transcript> {
    const ask: AskEngine = (engine, inner, attempt) => this.#textBy(engine, inner, attempt);
    const soundMs = (this.#sound.length / listenRateHz) * 1_000;
    for await (const update of this.#asking.run(ask, soundMs, signal)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  }

  /** Only the first request goes to the connection that has listened. */
  async *#textBy(
    engine: Transcriber,
    signal: AbortSignal,
    attempt: 0 | 1,
  ): AsyncGenerator<TranscriptUpdate> {
    if (engine !== this.#engine?.engine || attempt === 1) {
      yield* this.#wrap(engine).transcribe(this.#sound.whole(), signal);
      return;
    }
    yield { kind: 'final', transcript: await this.#engine.listening.settle(signal) };
  }
}
