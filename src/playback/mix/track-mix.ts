import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import { TrackVolume } from '#src/playback/tracks/track-volume.ts';
import { musicFrame } from './stereo.ts';

/** 20 ms of all named tracks. */
export type Music = {
  /** Two channels, 32 767 is full scale, not limited; good until the next pull. */
  readonly sum: Float32Array;
  /** The Opus packet that this is bit by bit, where a single one sounds as it is. */
  readonly packet: Uint8Array | undefined;
};

/** Gain of named tracks under speech, in dB: still heard, and no word is masked. */
const duckDb = -14;
const downMs = 80;
const upMs = 400;

/** The sum of all named tracks, with their common volume. */
export class TrackMix {
  readonly #sum = new Float32Array(2 * musicFrame);
  readonly #raw = new Float32Array(2 * musicFrame);
  readonly #volume = new TrackVolume();
  #isDucked = false;
  #sounds = false;

  pull(tracks: Iterable<NamedTrack>, isSpeaking: boolean): Music | undefined {
    this.#follow(isSpeaking);
    const { sounding, packet } = this.#add(tracks);
    const { isPlain } = this.#volume;
    this.#sounds = this.#volume.apply(this.#sum, sounding > 0);
    if (!this.#sounds) return undefined;
    return { sum: this.#sum, packet: isPlain ? packet : undefined };
  }

  #add(tracks: Iterable<NamedTrack>): { readonly sounding: number; readonly packet?: Uint8Array } {
    let sounding = 0;
    let packet: Uint8Array | undefined;
    for (const track of tracks) {
      const raw = sounding === 0 ? this.#sum : this.#raw;
      const pulled = track.pull(raw);
      if (!pulled.sounds) continue;
      if (sounding > 0) add(this.#sum, raw);
      packet = pulled.packet;
      sounding++;
    }
    return sounding === 1 && packet ? { sounding, packet } : { sounding };
  }

  #follow(isDucked: boolean): void {
    if (isDucked === this.#isDucked) return;
    this.#isDucked = isDucked;
    const overMs = isDucked ? downMs : upMs;
    this.#volume.duck(isDucked ? duckDb : 0, this.#sounds ? overMs : 0);
  }
}

function add(sum: Float32Array, raw: Float32Array): void {
  for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] ?? 0) + (raw[n] ?? 0);
}
