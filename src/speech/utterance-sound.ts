import { findOpusPackets, writeOggOpus } from '#src/audio/encode/ogg-opus-pages.ts';
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

export type UtteranceSound = ReturnType<typeof createUtteranceSound>;

/** One utterance as it grows, 16 kHz mono. Sound after 70 s is dropped. */
export function createUtteranceSound() {
  let keptSamples = new Int16Array(initialSamples);
  let keptLength = 0;
  let loudest = 0;
  let opusPackets: PlacedPacket[] = [];

  /** Valid until the next push. */
  function viewSound(from: number, to: number): Int16Array {
    return keptSamples.subarray(from, Math.min(to, keptLength));
  }

  function copySound(from: number, to: number): UtterancePcm {
    const samples = keptSamples.slice(from, to);
    const toOgg = findOwnWriter(from, to);
    return { samples, rateHz: listenRateHz, channels: 1, toOgg };
  }

  function findOwnWriter(from: number, to: number) {
    const packets = opusPackets.filter((one) => one.from < to && one.to > from);
    return findOggWriter(
      packets.map(({ from: start, opus, to: end }) => ({
        samples: viewSound(start, end),
        opus,
      })),
    );
  }

  function getNoiseLevel() {
    return Math.max(
      minAudibleSample,
      Math.min(maxNoiseLevel, loudest / voiceLevelRatio),
    );
  }

  return {
    push(samples: Int16Array, opus?: Uint8Array) {
      const kept = samples.subarray(0, maxUtteranceSamples - keptLength);
      const end = keptLength + kept.length;
      if (end > keptSamples.length) {
        const roomier = new Int16Array(Math.max(end, 2 * keptSamples.length));
        roomier.set(keptSamples);
        keptSamples = roomier;
      }
      keptSamples.set(kept, keptLength);
      opusPackets.push({ from: keptLength, to: end, opus });
      keptLength = end;
      for (const level of measureLevels(kept)) loudest = Math.max(loudest, level);
    },

    /** Nothing may be pushed afterwards. */
    drop() {
      keptSamples = new Int16Array(0);
      opusPackets = [];
    },

    get length(): number {
      return keptLength;
    },

    /** Returns whether only silence or room noise follows. */
    endsSilently(length: number): boolean {
      const noise = getNoiseLevel();
      return measureLevels(viewSound(length, keptLength)).every(
        (level) => level <= noise,
      );
    },

    view: viewSound,

    copyAll(): UtterancePcm {
      return copySound(0, keptLength);
    },

    listPieces(): SoundPiece[] {
      return opusPackets.map(({ from, to, opus }) => {
        return { samples: keptSamples.slice(from, to), opus };
      });
    },

    /** Copies the sound without long silence before and after the words. */
    copySpoken(): UtterancePcm {
      const noise = getNoiseLevel();
      let [first, last, at] = [keptLength, 0, 0];
      for (const level of measureLevels(viewSound(0, keptLength))) {
        at += windowSamples;
        if (level <= noise) continue;
        first = Math.min(first, at - windowSamples);
        last = at;
      }
      const from = Math.max(0, first - leadSamples);
      const to = Math.min(keptLength, last + tailSamples);
      return copySound(from, to);
    },
  };
}

/** Samples of one packet, or of a gap. */
type PlacedPacket = {
  readonly from: number;
  readonly to: number;
  readonly opus: Uint8Array | undefined;
};

/** Undefined if a piece that is not silent has no packet. */
export function findOggWriter(pieces: readonly SoundPiece[]) {
  const packets = pieces.map(findOpusPackets);
  const isPacked = packets.every((some) => some !== undefined);
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
