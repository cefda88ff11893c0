import { gainOf } from './gain.ts';
import { Glide } from './glide.ts';
import { loudest, type NamedTrack } from './named-track.ts';
import { musicFrame, musicPerMs, rampSamples } from './stereo.ts';

/** 20 ms of all named tracks. */
export type Music = {
  /** Two channels, 32 767 is full scale, not limited; good until the next pull. */
  readonly sum: Float32Array;
  /** The Opus packet that this is bit by bit, where a single one sounds as it is. */
  readonly packet: Uint8Array | undefined;
};

/** Under speech. Source: product, "named tracks, queue, volume, ducking". */
const duckDb = -14;
const downMs = 80;
const upMs = 400;

/** The sum of all named tracks, with what holds for all of them. */
export class TrackMix {
  readonly #sum = new Float32Array(2 * musicFrame);
  readonly #raw = new Float32Array(2 * musicFrame);
  readonly #master = new Glide();
  readonly #duck = new Glide();
  #percent = 100;
  #isMuted = false;
  #forPeople = false;
  #isAnybodySpeaking = false;
  #isDucked = false;
  #sounds = false;

  volume(percent: number, overMs: number): number {
    if (Number.isFinite(percent)) this.#percent = Math.max(0, Math.min(loudest, percent));
    this.#turn(Math.max(0, overMs) * musicPerMs);
    return this.#percent;
  }

  mute(on: boolean): void {
    this.#isMuted = on;
    this.#turn(0);
  }

  duckForPeople(on: boolean): void {
    this.#forPeople = on;
  }

  hear(isAnybodySpeaking: boolean): void {
    this.#isAnybodySpeaking = isAnybodySpeaking;
  }

  pull(tracks: Iterable<NamedTrack>, isSpeaking: boolean): Music | undefined {
    this.#follow(isSpeaking || (this.#forPeople && this.#isAnybodySpeaking));
    const { sounding, packet } = this.#add(tracks);
    const isPlain = this.#master.steady === 1 && this.#duck.steady === 1;
    this.#sounds = sounding > 0 && this.#master.steady !== 0;
    for (const glide of [this.#master, this.#duck]) {
      if (this.#sounds) glide.apply(this.#sum);
      else glide.pass(musicFrame);
    }
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
    const overMs = this.#sounds ? (isDucked ? downMs : upMs) : 0;
    this.#duck.to(isDucked ? gainOf(duckDb) : 1, overMs * musicPerMs);
  }

  #turn(overSamples: number): void {
    const gain = this.#isMuted ? 0 : this.#percent / 100;
    this.#master.to(gain, Math.max(overSamples, rampSamples));
  }
}

function add(sum: Float32Array, raw: Float32Array): void {
  for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] ?? 0) + (raw[n] ?? 0);
}
