import { findOpusPackets, writeOggOpus } from '#src/audio/formats/ogg-page.ts';
import {
  getDurationMs,
  listenRateHz,
  type Pcm,
  type SoundPiece,
} from '#src/audio/pcm.ts';
import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type {
  Listening,
  OnPartial,
  Transcriber,
  Transcript,
  UtterancePcm,
} from './speech-engine.ts';

type TimedWords = NonNullable<Transcript['words']>;

/** Moves the times of words by `byMs`, but not before 0. */
export function shiftWords(timedWords: TimedWords, byMs: number): TimedWords {
  const shiftMs = (ms: number) => Math.max(0, ms + byMs);
  return timedWords.map((word) => ({
    ...word,
    startMs: shiftMs(word.startMs),
    endMs: shiftMs(word.endMs),
  }));
}

/**
 * Share of speech that is sent when each pause sends the utterance so far: 1.4 measured on
 * `test/fixtures/human`, 2.4 with free speech.
 */
export const usualSentShare = 1.5;

/** Recognises the sound so far, which is read before the first wait. */
type RecogniseSoFar = (
  sound: UtteranceSound,
  signal: AbortSignal,
) => Promise<Transcript>;

/** Recognises the sound so far in pauses alone. Callers share a recognition until more than silence follows. */
export class PauseListening implements Listening {
  readonly #recognise: RecogniseSoFar;
  readonly #ending: AbortController;
  readonly #sound = new UtteranceSound();
  #lastPass: RecognitionPass | undefined;

  /** Aborting `signal` ends the work, as disposing does. */
  constructor(recognise: RecogniseSoFar, signal: AbortSignal) {
    this.#recognise = recognise;
    this.#ending = createChildController(signal);
  }

  /** Adds sound until disposed. Nothing is sent before `settle`. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    if (!this.#ending.signal.aborted) this.#sound.push(samples, opus);
  }

  /** Returns the text of all sound so far, from the last recognition if only silence followed it. */
  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#ending.signal, signal]);
    either.throwIfAborted();
    return await this.#getPass().waitForText(either);
  }

  /** Ends all recognition and drops the sound. */
  [Symbol.dispose](): void {
    this.#ending.abort(new Error('not listened to any more'));
    this.#sound.dropSound();
  }

  #getPass() {
    const [lastPass, sound] = [this.#lastPass, this.#sound];
    if (lastPass?.isUseful && sound.endsSilently(lastPass.length)) return lastPass;
    const recogniseSound = (unneeded: AbortSignal) =>
      this.#recognise(sound, AbortSignal.any([unneeded, this.#ending.signal]));
    this.#lastPass = new RecognitionPass(sound.length, recogniseSound);
    return this.#lastPass;
  }
}

/** One recognition of the sound so far, for several callers. The last caller that leaves ends the work. */
class RecognitionPass {
  /** Samples of the utterance that are recognised. */
  readonly length: number;
  readonly #unneeded = new AbortController();
  readonly #recognition: Promise<Transcript>;
  #state: 'running' | 'completed' | 'failed' = 'running';
  #waitingCallers = 0;

  constructor(length: number, work: (signal: AbortSignal) => Promise<Transcript>) {
    this.length = length;
    this.#recognition = work(this.#unneeded.signal);
    this.#recognition.then(
      () => {
        if (this.#state === 'running') this.#state = 'completed';
      },
      () => {
        this.#state = 'failed';
      },
    );
  }

  /** False once the work has failed or was ended. */
  get isUseful(): boolean {
    return this.#state !== 'failed';
  }

  /** Throws the error of the work. */
  async waitForText(signal: AbortSignal): Promise<Transcript> {
    this.#waitingCallers++;
    try {
      return await waitUnlessAborted(this.#recognition, signal);
    } finally {
      if (--this.#waitingCallers === 0 && this.#state === 'running') {
        this.#state = 'failed';
        this.#unneeded.abort(signal.reason);
      }
    }
  }
}

/** Listens with any recogniser: one of whole utterances gets the sound so far in each pause. */
export function openListening(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
): Listening {
  return (
    transcriber.listen?.(onPartial, signal) ??
    new PauseListening(createWholeRecogniser(transcriber, onPartial), signal)
  );
}

/** Creates a recogniser of the sound so far, which reports growing partials. */
function createWholeRecogniser(
  transcriber: Transcriber,
  onPartial: OnPartial,
): RecogniseSoFar {
  let lastPartial = '';
  return async (sound, signal) => {
    const pcm = sound.copySpoken();
    for await (const update of transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return update.transcript;
      if (update.text.length <= lastPartial.length || signal.aborted) continue;
      lastPartial = update.text;
      onPartial(lastPartial);
    }
    return { text: '' };
  };
}

/** One utterance whose sound is kept until it may go to a recogniser. */
export class HeldListening implements Listening {
  readonly #open: (signal: AbortSignal) => Listening;
  readonly #ending: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #opening = Promise.withResolvers<Listening>();
  #inner: Listening | undefined;

  /** Aborting `signal` ends the work, as disposing does. */
  constructor(open: (signal: AbortSignal) => Listening, signal: AbortSignal) {
    this.#open = open;
    this.#ending = createChildController(signal);
    this.#signal = this.#ending.signal;
  }

  /** Sends the kept sound, and from now on all sound. */
  begin(): void {
    if (this.#inner || this.#signal.aborted) return;
    const inner = this.#open(this.#signal);
    this.#inner = inner;
    for (const { opus, samples } of this.#sound.listPieces()) inner.push(samples, opus);
    this.#sound.dropSound();
    this.#opening.resolve(inner);
  }

  /** Keeps sound until `begin`, and sends it afterwards. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    if (this.#signal.aborted) return;
    (this.#inner ?? this.#sound).push(samples, opus);
  }

  /** Returns the text of all sound so far. Waits for `begin`. */
  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const inner = await waitUnlessAborted(this.#opening.promise, either);
    return await inner.settle(signal);
  }

  /** Ends the work. Sound that was not sent goes nowhere. */
  [Symbol.dispose](): void {
    this.#inner?.[Symbol.dispose]();
    this.#ending.abort(new Error('not listened to any more'));
  }
}

/** A shorter pause is often none, and cut words are understood worse. */
export const shortPauseMs = 100;

/** RMS of -60 dBFS. Speech is louder, and recognisers invent words below. */
const minAudibleSample = 33;
/** Shortest word. */
const minUtteranceMs = 100;

/** Returns false for silence, which a recogniser would turn into invented words. */
export function isListenable(pcm: Pcm): boolean {
  if (pcm.rateHz !== listenRateHz || pcm.channels !== 1) {
    throw new RangeError('An utterance must be 16 kHz mono.');
  }
  return (
    getDurationMs(pcm) >= minUtteranceMs &&
    pcm.samples.some((sample) => Math.abs(sample) > minAudibleSample)
  );
}

/** Above the longest utterance of a session. */
const maxUtteranceSamples = 70 * listenRateHz;
const initialSamples = 4 * listenRateHz;
const windowSamples = 0.02 * listenRateHz;
/** RMS of -45 dBFS: room noise, unless the whole utterance is as quiet. */
const maxNoiseLevel = 184;
/** Any word is at most 26 dB quieter than the loudest one. */
const voiceLevelRatio = 20;
/** Silence kept before and after the words, which may begin softly. */
const leadSamples = 0.15 * listenRateHz;
const tailSamples = 0.2 * listenRateHz;

/** One utterance as it grows, 16 kHz mono. Sound after 70 s is dropped. */
export class UtteranceSound {
  #samples = new Int16Array(initialSamples);
  #length = 0;
  #loudest = 0;
  #packets: PlacedPacket[] = [];

  /** Number of samples so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds samples, with the packet that they were decoded from. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    const fitting = samples.subarray(0, maxUtteranceSamples - this.#length);
    const end = this.#length + fitting.length;
    if (end > this.#samples.length) {
      const roomier = new Int16Array(Math.max(end, 2 * this.#samples.length));
      roomier.set(this.#samples);
      this.#samples = roomier;
    }
    this.#samples.set(fitting, this.#length);
    this.#packets.push({ from: this.#length, to: end, opus });
    this.#length = end;
    for (const level of measureLevels(fitting))
      this.#loudest = Math.max(this.#loudest, level);
  }

  /** Drops the sound and its packets. Nothing may be pushed afterwards. */
  dropSound(): void {
    this.#samples = new Int16Array(0);
    this.#packets = [];
  }

  /** Returns whether only silence or room noise follows. */
  endsSilently(length: number): boolean {
    const noiseLevel = this.#getNoiseLevel();
    return measureLevels(this.viewSamples(length, this.#length)).every(
      (level) => level <= noiseLevel,
    );
  }

  /** Returns the samples between two positions. The view is valid until the next push. */
  viewSamples(from: number, to: number): Int16Array {
    return this.#samples.subarray(from, Math.min(to, this.#length));
  }

  /** Copies all sound. */
  copyAll(): UtterancePcm {
    return this.#copySound(0, this.#length);
  }

  /** Copies the sound without long silence before and after the words. */
  copySpoken(): UtterancePcm {
    const noiseLevel = this.#getNoiseLevel();
    let [voiceFrom, voiceTo, at] = [this.#length, 0, 0];
    for (const level of measureLevels(this.viewSamples(0, this.#length))) {
      at += windowSamples;
      if (level <= noiseLevel) continue;
      voiceFrom = Math.min(voiceFrom, at - windowSamples);
      voiceTo = at;
    }
    const from = Math.max(0, voiceFrom - leadSamples);
    const to = Math.min(this.#length, voiceTo + tailSamples);
    return this.#copySound(from, to);
  }

  /** Copies the sound in the pieces in which it came. */
  listPieces(): SoundPiece[] {
    return this.#packets.map(({ from, to, opus }) => {
      return { samples: this.#samples.slice(from, to), opus };
    });
  }

  #copySound(from: number, to: number): UtterancePcm {
    const samples = this.#samples.slice(from, to);
    const toOgg = this.#findOggWriter(from, to);
    return { samples, rateHz: listenRateHz, channels: 1, toOgg };
  }

  #findOggWriter(from: number, to: number) {
    const packets = this.#packets.filter(
      (packet) => packet.from < to && packet.to > from,
    );
    return findOggWriter(
      packets.map(({ from: start, opus, to: end }) => ({
        samples: this.viewSamples(start, end),
        opus,
      })),
    );
  }

  #getNoiseLevel() {
    return Math.max(
      minAudibleSample,
      Math.min(maxNoiseLevel, this.#loudest / voiceLevelRatio),
    );
  }
}

/** Samples of one packet, or of a gap. */
type PlacedPacket = {
  readonly from: number;
  readonly to: number;
  readonly opus: Uint8Array | undefined;
};

/** Finds a way to pack the pieces into an Ogg file. Undefined if a piece that is not silent has no packet. */
export function findOggWriter(
  pieces: readonly SoundPiece[],
): (() => Uint8Array) | undefined {
  const packets = pieces.map(findOpusPackets);
  const isPacked = packets.every((piecePackets) => piecePackets !== undefined);
  if (!isPacked || !pieces.some(({ opus }) => opus)) return undefined;
  return () => writeOggOpus(packets.flat());
}

/** Yields the RMS of each 20 ms. */
function* measureLevels(samples: Int16Array): Generator<number> {
  for (let at = 0; at < samples.length; at += windowSamples) {
    const end = Math.min(at + windowSamples, samples.length);
    let sum = 0;
    for (let n = at; n < end; n++) sum += (samples[n] ?? 0) ** 2;
    yield Math.sqrt(sum / (end - at));
  }
}
