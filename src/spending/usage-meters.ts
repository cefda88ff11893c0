import { durationMs } from '#src/audio/pcm.ts';
import { isUnpaid } from '#src/provider/models/is-unpaid.ts';
import type {
  EngineUsage,
  Listening,
  OnResent,
  Transcriber,
  Transcript,
} from '#src/speech/ports.ts';

/** Told of sound that was sent to be recognised, in ms, and who heard it. */
export type OnRecognised = (ms: number, usage?: EngineUsage) => void;

const heardRateHz = 16_000;

/**
 * A recogniser for one utterance with its requests counted, whole or cut short, also one that is made
 * beside another or in its place, unless the server refused it.
 */
export function meteredTranscriber(transcriber: Transcriber, heard: OnRecognised): Transcriber {
  const { wrapped } = transcriber;
  return wrapped
    ? wrapped.call(transcriber, (engine) => metered(engine, heard))
    : metered(transcriber, heard);
}

function metered(transcriber: Transcriber, heard: OnRecognised): Transcriber {
  const { inLanguage, listen, withHints, withOptions } = transcriber;
  const onResent: OnResent = (ms, by) => heard(ms, { by });
  return {
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      let isRefused = false;
      let usage: EngineUsage | undefined;
      try {
        for await (const update of transcriber.transcribe(pcm, signal, onResent)) {
          if (update.kind === 'final') usage = update.transcript.usage;
          yield update;
        }
      } catch (error) {
        isRefused = !signal.aborted && isUnpaid(error);
        throw error;
      } finally {
        if (!isRefused) heard(durationMs(pcm), usage);
      }
    },
    ...(listen && {
      listen: (onPartial, signal) =>
        new MeteredListening(listen.call(transcriber, onPartial, signal, onResent), heard, signal),
    }),
    ...(inLanguage && {
      inLanguage: (language) => metered(inLanguage.call(transcriber, language), heard),
    }),
    ...(withHints && {
      withHints: (hints) => metered(withHints.call(transcriber, hints), heard),
    }),
    ...(withOptions && {
      withOptions: (asked) => metered(withOptions.call(transcriber, asked), heard),
    }),
  };
}

/** Sound that streams counts once, whatever is asked about it: when its words come, or with the end. */
class MeteredListening implements Listening {
  readonly #inner: Listening;
  readonly #heard: OnRecognised;
  readonly #signal: AbortSignal;
  /** Transcripts that several wait for come more than once. */
  readonly #counted = new WeakSet<EngineUsage>();
  #pushed = 0;
  #paid = 0;
  /** True while the request counts as refused, which costs nothing: it has no words yet. */
  #isRefused = false;
  #isOver = false;

  constructor(inner: Listening, heard: OnRecognised, signal: AbortSignal) {
    this.#inner = inner;
    this.#heard = heard;
    this.#signal = signal;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  push(sound: Int16Array): void {
    this.#pushed += sound.length;
    this.#inner.push(sound);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const upTo = this.#pushed;
    const transcript = await this.#inner.settle(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#isRefused = isUnpaid(error);
      throw error;
    });
    this.#isRefused = false;
    if (!this.#isOver) this.#pay(upTo, transcript.usage);
    return transcript;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    this.#inner[Symbol.dispose]();
  }

  readonly #end = (): void => {
    if (!this.#isOver && !this.#isRefused) this.#pay(this.#pushed);
    this.#isOver = true;
  };

  #pay(upTo: number, usage?: EngineUsage): void {
    const ms = (Math.max(0, upTo - this.#paid) / heardRateHz) * 1_000;
    this.#paid = Math.max(this.#paid, upTo);
    const isNews = usage?.count !== undefined && !this.#counted.has(usage);
    if (usage) this.#counted.add(usage);
    if (isNews) this.#heard(ms, usage);
    else if (ms > 0) this.#heard(ms, usage?.by && { by: usage.by });
  }
}
