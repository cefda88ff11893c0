import { findOpusPackets, writeOggOpus } from '#src/audio/formats/ogg-page.ts';
import {
  getDurationMs,
  listenRateHz,
  type Pcm,
  type SoundPiece,
} from '#src/audio/pcm.ts';
import type { UtterancePcm } from './speech-engine.ts';

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
