import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { LocalRecogniser } from '#src/speech/fallbacks/lazy-recogniser.ts';
import type {
  SpeechVoice,
  Synthesizer,
  Transcriber,
  TranscriptionOptions,
  TranscriptUpdate,
} from '#src/speech/speech-engine.ts';
import { waitUntilAborted } from './fake-chat.ts';

export type FakeTranscriberOptions = {
  /** Final text of each call in turn, the last one again and again; or by what is heard. */
  readonly texts: readonly string[] | ((pcm: Pcm) => string);
  readonly partials?: readonly string[];
  readonly error?: unknown;
  /** From the call to the final text. */
  readonly tookMs?: number;
  readonly clock?: Clock;
  /** Told with each final text. */
  readonly language?: string;
};

/** A recogniser that hears what it was told to; silence is empty all the same. */
export class FakeTranscriber implements Transcriber {
  readonly heard: Pcm[] = [];
  /** Options of each call. */
  readonly asked: TranscriptionOptions[] = [];
  readonly #options;

  constructor(options: FakeTranscriberOptions) {
    this.#options = options;
  }

  /** A free recogniser of this machine that hears the same, also where this one is closed or fails. */
  createLocalTwin(): FakeLocalRecogniser {
    return new FakeLocalRecogniser({ ...this.#options, error: undefined });
  }

  async *transcribe(
    pcm: Pcm,
    signal: AbortSignal,
    options: TranscriptionOptions = {},
  ): AsyncGenerator<TranscriptUpdate> {
    signal.throwIfAborted();
    if (pcm.rateHz !== 16_000 || pcm.channels !== 1)
      throw new RangeError('Not 16 kHz mono.');
    const { texts, partials = [], error, tookMs = 0, clock, language } = this.#options;
    const call = this.heard.push(pcm);
    this.asked.push(options);
    for (const text of partials) {
      yield { kind: 'partial', text };
      signal.throwIfAborted();
    }
    await clock?.sleep(tookMs, signal);
    signal.throwIfAborted();
    if (error !== undefined) throw error;
    const silent = pcm.samples.every((sample) => sample === 0);
    const utterance =
      typeof texts === 'function'
        ? texts(pcm)
        : (texts[call - 1] ?? texts.at(-1) ?? '');
    const reported = language === undefined ? {} : { language };
    yield { kind: 'final', transcript: { text: silent ? '' : utterance, ...reported } };
  }
}

/** A recogniser of this machine that hears what it was told to. */
export class FakeLocalRecogniser implements LocalRecogniser {
  readonly heard: Pcm[] = [];
  readonly isAvailable: boolean;
  readonly #transcriber: FakeTranscriber;

  constructor(options: FakeTranscriberOptions, isAvailable = true) {
    this.#transcriber = new FakeTranscriber(options);
    this.isAvailable = isAvailable;
  }

  async recognise(pcm: Pcm, signal: AbortSignal, options: TranscriptionOptions) {
    this.heard.push(pcm);
    for await (const update of this.#transcriber.transcribe(pcm, signal, options))
      if (update.kind === 'final') return update.transcript;
    return { text: '' };
  }
}

export type FakeSynthesizerOptions = {
  readonly clock?: Clock;
  /** From the call to the first sound. */
  readonly firstMs?: number;
  /** Pieces of 100 ms. Left out: as many as the text takes at an ordinary pace. */
  readonly pieces?: number;
  /** Fault of a text, after `afterPieces` of its sound. */
  readonly fault?: (text: string) => SynthesisFault | undefined;
};

export type SynthesisFault = {
  readonly afterPieces: number;
  readonly error: unknown | 'stall';
};

const characterMs = 65;
const pieceMs = 100;

/** A voice of 24 kHz whose samples all carry the number of the call: 4001 for the first. */
export class FakeSynthesizer implements Synthesizer {
  readonly asked: { readonly text: string; readonly voice: SpeechVoice }[] = [];
  /** Calls going on now. */
  running = 0;
  readonly #options;

  constructor(options: FakeSynthesizerOptions = {}) {
    this.#options = options;
  }

  /** Texts of all calls. */
  get texts(): readonly string[] {
    return this.asked.map(({ text }) => text);
  }

  async *synthesize(
    text: string,
    voice: SpeechVoice,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    signal.throwIfAborted();
    const { clock, firstMs = 0 } = this.#options;
    const { pieces = Math.ceil((text.length * characterMs) / pieceMs) } = this.#options;
    if (!/[\p{L}\p{N}]/u.test(text))
      throw new BotError('speech.unspeakable', false, 'No words.');
    const { onUsage: _usage, onGone: _gone, ...manner } = voice; // who is told is no matter of how it sounds
    const call = this.asked.push({ text, voice: manner });
    this.running++;
    try {
      for (let piece = 0; piece <= pieces; piece++) {
        await this.#misbehaveOnce(text, piece, signal);
        if (piece === pieces) break;
        await clock?.sleep(piece === 0 ? firstMs : 0, signal);
        const samples = new Int16Array(pieceMs * 24).fill(4000 + call);
        yield { samples, rateHz: 24_000, channels: 1 };
        signal.throwIfAborted();
      }
    } finally {
      this.running--;
    }
  }

  async #misbehaveOnce(text: string, piece: number, signal: AbortSignal) {
    const fault = this.#options.fault?.(text);
    if (fault?.afterPieces !== piece) return;
    if (fault.error === 'stall') await waitUntilAborted(signal);
    throw fault.error;
  }
}
