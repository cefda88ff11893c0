import { durationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { isUnpaid } from '#src/provider/models/is-unpaid.ts';
import type {
  EngineUsage,
  Listening,
  OnResent,
  Transcriber,
  Transcript,
} from '#src/speech/ports.ts';

/** Told of sound that was sent to be recognised, in ms, and who heard it. */
/** Called before sound is sent, in ms: how much of it may be; errors refuse it. `least`: what is worth sending. */
export type HoldSound = (
  ms: number,
  least?: number,
) => { readonly units: number; end(): void } | undefined;

export type OnRecognised = (ms: number, usage?: EngineUsage) => void;

const heardRateHz = 16_000;
/** Sound of a stream for which money is set aside at once, and the least that is worth sending, in ms. */
const [reservedMs, leastMs] = [30_000, 1_000];

/**
 * A recogniser for one utterance with its requests counted, whole or cut short, also one that is made
 * beside another or in its place, unless the server refused it.
 */
export function meteredTranscriber(
  transcriber: Transcriber,
  heard: OnRecognised,
  hold?: HoldSound,
): Transcriber {
  const { wrapped } = transcriber;
  return wrapped
    ? wrapped.call(transcriber, (engine) => metered(engine, heard, hold))
    : metered(transcriber, heard, hold);
}

function metered(transcriber: Transcriber, heard: OnRecognised, hold?: HoldSound): Transcriber {
  const { inLanguage, listen, withHints, withOptions } = transcriber;
  const onResent: OnResent = (ms, by) => heard(ms, { by });
  return {
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      const held = hold?.(durationMs(pcm));
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
        held?.end();
      }
    },
    ...(listen && {
      listen: (onPartial, signal) =>
        new MeteredListening(
          listen.call(transcriber, onPartial, signal, onResent),
          heard,
          signal,
          hold,
        ),
    }),
    ...(inLanguage && {
      inLanguage: (language) => metered(inLanguage.call(transcriber, language), heard, hold),
    }),
    ...(withHints && {
      withHints: (hints) => metered(withHints.call(transcriber, hints), heard, hold),
    }),
    ...(withOptions && {
      withOptions: (asked) => metered(withOptions.call(transcriber, asked), heard, hold),
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
  readonly #hold: HoldSound | undefined;
  readonly #held: { end(): void }[] = [];
  /** Sound that is paid for, in samples. */
  #mostPushed = 0;
  #pushed = 0;
  #paid = 0;
  /** True while the request counts as refused, which costs nothing: it has no words yet. */
  #isRefused = false;
  #isOver = false;

  constructor(
    inner: Listening,
    heard: OnRecognised,
    signal: AbortSignal,
    hold: HoldSound | undefined,
  ) {
    this.#inner = inner;
    this.#heard = heard;
    this.#signal = signal;
    this.#hold = hold;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  /** Drops the sound once nothing more is paid for. */
  push(sound: Int16Array): void {
    while (this.#pushed + sound.length > this.#mostPushed) if (!this.#reserve()) return;
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

  #reserve(): boolean {
    try {
      const held = this.#hold?.(reservedMs, leastMs);
      if (held) this.#held.push(held);
      this.#mostPushed += held ? Math.floor((held.units * heardRateHz) / 1_000) : Infinity;
      return true;
    } catch (error) {
      if (error instanceof BotError) return false;
      throw error;
    }
  }

  readonly #end = (): void => {
    if (!this.#isOver && !this.#isRefused) this.#pay(this.#pushed);
    this.#isOver = true;
    for (const held of this.#held.splice(0)) held.end();
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
