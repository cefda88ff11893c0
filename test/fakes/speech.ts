import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Synthesizer, Transcriber, TranscriptUpdate, Voice } from '#src/speech/ports.ts';
import { untilAborted } from './chat.ts';

export type FakeTranscriberOptions = {
  /** Final text of each call in turn, the last one again and again. */
  readonly texts: readonly string[];
  readonly partials?: readonly string[];
  readonly error?: unknown;
  /** From the call to the final text. */
  readonly tookMs?: number;
  readonly clock?: Clock;
};

/** A recogniser that hears what it was told; silence is still empty. */
export class FakeTranscriber implements Transcriber {
  readonly heard: Pcm[] = [];
  readonly #options: FakeTranscriberOptions;

  constructor(options: FakeTranscriberOptions) {
    this.#options = options;
  }

  async *transcribe(pcm: Pcm, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    signal.throwIfAborted();
    const { texts, partials = [], error, tookMs = 0, clock } = this.#options;
    const said = texts[Math.min(this.heard.length, texts.length - 1)] ?? '';
    this.heard.push(pcm);
    const text = pcm.samples.some((sample) => sample !== 0) ? said : '';
    for (const partial of partials) {
      yield { kind: 'partial', text: partial };
      signal.throwIfAborted();
    }
    await clock?.sleep(tookMs, signal);
    if (error !== undefined) throw error;
    yield { kind: 'final', transcript: { text } };
  }
}

export type FakeSynthesizerOptions = {
  readonly clock?: Clock;
  /** From the call to the first sound. */
  readonly firstMs?: number;
  /** Between two pieces. */
  readonly gapMs?: number;
  readonly pieces?: number;
  readonly pieceMs?: number;
  /** What goes wrong with a text, after `afterPieces` of its sound. */
  readonly fault?: (text: string) => SynthesisFault | undefined;
};

export type SynthesisFault = { readonly afterPieces: number; readonly error: unknown | 'stall' };

/** A voice of 24 kHz whose samples all carry the number of the call, from 1. */
export class FakeSynthesizer implements Synthesizer {
  readonly asked: { readonly text: string; readonly voice: Voice }[] = [];
  /** Calls going on now, and the most there were at once. */
  running = 0;
  mostRunning = 0;
  readonly #options: FakeSynthesizerOptions;

  constructor(options: FakeSynthesizerOptions = {}) {
    this.#options = options;
  }

  async *synthesize(text: string, voice: Voice, signal: AbortSignal): AsyncGenerator<Pcm> {
    signal.throwIfAborted();
    const { clock, firstMs = 0, gapMs = 0, pieces = 3 } = this.#options;
    if (!/[\p{L}\p{N}]/u.test(text)) throw new BotError('speech.unspeakable', false, 'No words.');
    const call = this.asked.push({ text, voice });
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      for (let piece = 0; piece <= pieces; piece++) {
        await this.#misbehave(text, piece, signal);
        if (piece === pieces) break;
        await clock?.sleep(piece === 0 ? firstMs : gapMs, signal);
        yield this.#piece(call);
        signal.throwIfAborted();
      }
    } finally {
      this.running--;
    }
  }

  async #misbehave(text: string, piece: number, signal: AbortSignal): Promise<void> {
    const fault = this.#options.fault?.(text);
    if (fault?.afterPieces !== piece) return;
    if (fault.error === 'stall') await untilAborted(signal);
    throw fault.error;
  }

  #piece(call: number): Pcm {
    const { pieceMs = 100 } = this.#options;
    return { samples: new Int16Array(pieceMs * 24).fill(call), rateHz: 24_000, channels: 1 };
  }
}
