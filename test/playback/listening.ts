import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { Mixer } from '#src/playback/mix/mixer.ts';
import type { Track } from '#src/playback/mix/track.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

/** An encoder whose frames are the samples themselves. */
export const plainEncoder: OpusEncoder = {
  encode: (samples) => Buffer.from(samples.slice().buffer),
  free: () => undefined,
};

/** Named tracks on which nothing plays. */
export const noMusic = {
  tracks: new NamedTracks(new VirtualClock()),
  encoder: () => plainEncoder,
};

/** `ms` of one level at the speaking rate. */
export function level(value: number, ms: number, rateHz = speakRateHz): Pcm {
  return { samples: new Int16Array((rateHz * ms) / 1000).fill(value), rateHz, channels: 1 };
}

export const open = new AbortController().signal;

/** A link on virtual time, 20 ms a step, that keeps what it was given. */
export class VirtualListener {
  readonly mixer: Mixer;
  readonly frames: (Int16Array | undefined)[] = [];
  wakes = 0;
  atMs = 0;

  constructor(...tracks: readonly Track[]) {
    this.mixer = new Mixer(tracks, plainEncoder, () => undefined, noMusic);
    this.mixer.onSound(() => {
      this.wakes++;
    });
  }

  /** One step of 20 ms; a link that `refuses` sends nothing. */
  step(refuses = false): Int16Array | undefined {
    this.atMs += 20;
    const frame = this.mixer.next();
    const samples = frame && new Int16Array(new Uint8Array(frame).buffer);
    this.frames.push(samples);
    if (frame && !refuses) this.mixer.left(frame, this.atMs);
    return samples;
  }

  steps(count: number): void {
    for (let n = 0; n < count; n++) this.step();
  }

  /** The first sample of each frame, `undefined` where the link was quiet. */
  get levels(): (number | undefined)[] {
    return this.frames.map((frame) => frame?.[0]);
  }
}

export function loudest(samples: Int16Array | undefined): number {
  return samples ? samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) : 0;
}
