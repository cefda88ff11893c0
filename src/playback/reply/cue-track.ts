import { speakRateHz } from '#src/audio/pcm.ts';
import { fadeOut, Gain, gainOf } from '#src/playback/mix/gain.ts';
import { type Block, frameSamples, type Track } from '#src/playback/mix/track.ts';
import type { CueName, Cues } from './load-cues.ts';
import type { VoiceTrack } from './voice-track.ts';

/** Loudness of cues, as a server sets it. */
export const cueLevels = ['off', 'soft', 'on'] as const;
export type CueLevel = (typeof cueLevels)[number];

/** One signal as it was asked for, by which it can be cut. */
export type PlayedCue = { readonly samples: Int16Array; readonly left: () => void };

/** `soft` is as the files are. */
const onDb = 6;
const fadeSamples = speakRateHz / 200;

/** Longest wait of a cue for speech that is being silenced, in frames; then its moment has passed. */
const patience = 3;

const silence: Int16Array = new Int16Array(0);

/**
 * The track `cues`: short signals that never sound together with speech, and end with the first sample of it.
 *
 * Stands behind the voice track in the list of the mixer, so that it knows the frame.
 */
export class CueTrack implements Track {
  readonly name = 'cues';
  readonly #voice: Pick<VoiceTrack, 'sounds'>;
  readonly #cues: Cues;
  readonly #level: () => CueLevel;
  readonly #volume = new Gain(1);
  #sounding = silence;
  /** The one that sounds, or did last. */
  #current: PlayedCue | undefined;
  /** Begins once the one that sounds is over. */
  #next: PlayedCue | undefined;
  #waited = 0;
  #listener: (() => void) | undefined;

  /** `level` is asked before each cue. */
  constructor(voice: Pick<VoiceTrack, 'sounds'>, cues: Cues, level: () => CueLevel = () => 'soft') {
    this.#voice = voice;
    this.#cues = cues;
    this.#level = level;
  }

  /**
   * Plays a cue from the next frame on, or after the current cue; replaces one that waits. Lost while the bot speaks.
   * Undefined where cues are off.
   */
  play(name: CueName): PlayedCue | undefined {
    const level = this.#level();
    if (level === 'off') return undefined;
    return this.say(level === 'on' ? louder(this.#cues[name]) : this.#cues[name]);
  }

  /**
   * Plays a sound at the speaking rate, mono, at every cue level: a few words said while people wait, or a
   * tone they asked for. `left` is called as each frame of it really leaves.
   */
  say(samples: Int16Array, left: () => void = () => undefined): PlayedCue {
    const cue = { samples, left };
    this.#next = cue;
    this.#waited = 0;
    this.#listener?.();
    return cue;
  }

  /** 1 is as loud as cues are made; from the next frame on. */
  volume(gain: number): void {
    this.#volume.to(gain, 0);
  }

  /** Silent within one frame, after a fade of 5 ms, where it is that cue which sounds; one that waits is not played. */
  cut(cue: PlayedCue): void {
    if (this.#next === cue) this.#next = undefined;
    if (this.#current !== cue) return;
    this.#sounding = this.#sounding.slice(0, fadeSamples);
    fadeOut(this.#sounding, fadeSamples);
  }

  pull(): Block | undefined {
    if (this.#voice.sounds) return this.#yield();
    if (this.#sounding.length === 0) this.#begin();
    if (this.#sounding.length === 0) return undefined;
    const samples = new Int16Array(frameSamples);
    samples.set(this.#sounding.subarray(0, frameSamples));
    this.#sounding = this.#sounding.subarray(frameSamples);
    this.#volume.applyToMono(samples);
    return { samples, left: this.#current?.left ?? (() => undefined) };
  }

  onSound(listener: () => void): void {
    this.#listener = listener;
  }

  #begin(): void {
    if (this.#next) this.#sounding = this.#next.samples;
    this.#current = this.#next;
    this.#next = undefined;
  }

  #yield(): undefined {
    this.#sounding = silence;
    this.#waited++;
    if (this.#waited >= patience) this.#next = undefined;
  }
}

function louder(cue: Int16Array): Int16Array {
  const samples = cue.slice();
  new Gain(gainOf(onDb)).applyToMono(samples);
  return samples;
}
