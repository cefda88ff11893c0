import type { OpusEncoder } from '#src/audio/opus/opus-codec.ts';
import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { Mixer, type Track } from '#src/playback/mix/mixer.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** An encoder whose frames are the samples themselves. */
const plainEncoder: OpusEncoder = {
  encode: (samples) => Buffer.from(samples.slice().buffer),
};

export const plainCodec = { createEncoder: () => plainEncoder };

const silentTrack: Track = { pullBlock: () => undefined, onSound: () => undefined };
/** Nothing beside the speech. */
export const speechOnlyTracks = {
  cues: silentTrack,
  music: new NamedTracks(new VirtualClock()),
};

/** `ms` of one level at the speaking rate. */
export function makeLevel(value: number, ms: number, rateHz = speakRateHz): Pcm {
  return {
    samples: new Int16Array((rateHz * ms) / 1000).fill(value),
    rateHz,
    channels: 1,
  };
}

export const openTrack = new AbortController().signal;

/** A link on virtual time, 20 ms a step, that keeps what it was given. */
export class VirtualListener {
  readonly mixer: Mixer;
  readonly frames: (Int16Array | undefined)[] = [];
  wakes = 0;
  atMs = 0;

  constructor(voice: Track, cues = silentTrack) {
    this.mixer = new Mixer(
      { ...speechOnlyTracks, voice, cues },
      plainCodec,
      () => undefined,
    );
    this.mixer.onSound(() => {
      this.wakes++;
    });
  }

  /** One step of 20 ms; a link that `refuses` sends nothing. */
  step(refuses = false): Int16Array | undefined {
    this.atMs += 20;
    const frame = this.mixer.pullFrame();
    const samples = frame && new Int16Array(new Uint8Array(frame).buffer);
    this.frames.push(samples);
    if (frame && !refuses) this.mixer.markSent(frame, this.atMs);
    return samples;
  }

  steps(count: number) {
    for (let n = 0; n < count; n++) this.step();
  }

  /** The sample in the middle of each frame, `undefined` where the link was quiet. */
  get levels(): (number | undefined)[] {
    return this.frames.map((frame) => frame?.[frame.length / 2]);
  }
}

export function findLoudest(samples: Int16Array | undefined) {
  return samples
    ? samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    : 0;
}
