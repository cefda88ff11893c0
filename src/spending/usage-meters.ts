import { durationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import {
  counted,
  type HoldResult,
  isUnpaid,
  type RequestHold,
} from '#src/provider/models/request-hold.ts';
import type { EngineUsage, Listening, Transcriber, Transcript } from '#src/speech/ports.ts';

/** Called before sound is sent, in ms: how much of it may be; errors refuse it. `least`: what is worth sending. */
export type HoldSound = (ms: number, least?: number) => HoldResult;

/** Told of sound that was sent to be recognised, in ms, and who heard it. */
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
  const each = (engine: Transcriber) => metered(engine, heard, hold);
  return transcriber.wrapped?.(each) ?? each(transcriber);
}

function metered(transcriber: Transcriber, heard: OnRecognised, hold?: HoldSound): Transcriber {
  const { inLanguage, listen, withHints, withOptions } = transcriber;
  return {
    transcribe(pcm, signal) {
      const ms = durationMs(pcm);
      let usage: EngineUsage | undefined;
      return counted(
        {
          hold: () => hold?.(ms),
          ask: () => transcriber.transcribe(pcm, signal),
          isOutput: (update) => {
            if (update.kind === 'final') usage = update.transcript.usage;
            return false;
          },
          over: () => heard(ms, usage),
        },
        signal,
      );
    },
    listen:
      listen &&
      ((onPartial, signal) =>
        new MeteredListening(listen.call(transcriber, onPartial, signal), heard, signal, hold)),
    inLanguage:
      inLanguage && ((language) => metered(inLanguage.call(transcriber, language), heard, hold)),
    withHints: withHints && ((hints) => metered(withHints.call(transcriber, hints), heard, hold)),
    withOptions:
      withOptions && ((asked) => metered(withOptions.call(transcriber, asked), heard, hold)),
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
  readonly #held: RequestHold[] = [];
  /** Sound that waits until money for it is set aside. */
  #waiting: Int16Array[] = [];
  #reserving: Promise<void> | undefined;
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
    this.#waiting.push(sound);
    if (this.#reserving === undefined) this.#send();
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    while (this.#reserving !== undefined) await this.#reserving;
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

  #send(): void {
    for (let [sound] = this.#waiting; sound; [sound] = this.#waiting) {
      if (this.#hold && this.#pushed + sound.length > this.#mostPushed) {
        this.#reserving = this.#reserve(this.#hold);
        return;
      }
      this.#waiting.shift();
      this.#pushed += sound.length;
      this.#inner.push(sound);
    }
  }

  /** Sets money aside for more sound, and goes on with it; where it is refused, the sound is dropped. */
  async #reserve(hold: HoldSound): Promise<void> {
    const held = await hold(reservedMs, leastMs)?.catch((error: unknown) => {
      if (error instanceof BotError) return 'refused' as const;
      throw error;
    });
    this.#reserving = undefined;
    if (this.#isOver || held === 'refused') this.#waiting = [];
    if (held === 'refused') return;
    if (this.#isOver) held?.end();
    else if (held) this.#held.push(held);
    this.#mostPushed += held ? Math.floor((held.units * heardRateHz) / 1_000) : Infinity;
    this.#send();
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
