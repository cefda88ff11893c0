import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import { TrackVolume } from '#src/playback/tracks/track-volume.ts';
import { musicFrame } from './stereo.ts';

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

  /** Undefined while they are silent; else good until the next pull. */
  pull(tracks: Iterable<NamedTrack>, isSpeaking: boolean): Float32Array | undefined {
    this.#follow(isSpeaking);
    this.#sounds = this.#volume.apply(this.#sum, this.#add(tracks));
    return this.#sounds ? this.#sum : undefined;
  }

  /** Whether one of them sounds. */
  #add(tracks: Iterable<NamedTrack>): boolean {
    let sounds = false;
    for (const track of tracks) {
      const raw = sounds ? this.#raw : this.#sum;
      if (!track.pull(raw)) continue;
      if (sounds) add(this.#sum, raw);
      sounds = true;
    }
    return sounds;
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
