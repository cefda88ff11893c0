import { speakRateHz } from '#src/audio/pcm.ts';
import { Gain } from '#src/playback/mix/gain.ts';
import { type Block, frameSamples, type Track } from '#src/playback/mix/track.ts';
import type { CueName, Cues } from './load-cues.ts';
import { fadeToSilence } from './reply-sound.ts';
import type { SpokenReply } from './spoken-reply.ts';

/** Duration, in samples, of a change of volume during speech. */
const glideSamples = speakRateHz / 50;

/** The track `voice`: the bot's replies, one after the other. */
export class VoiceTrack implements Track {
  readonly #percent;
  readonly #volume = new Gain(1);
  #replies: SpokenReply[] = [];
  #sounds = false;
  #listener: (() => void) | undefined;

  /** `percent` is its volume, from the next frame on; 100 is as loud as replies are. */
  constructor(percent: () => number = () => 100) {
    this.#percent = percent;
  }

  /** The latest frame held speech. */
  get sounds(): boolean {
    return this.#sounds;
  }

  /** Sounds at once, or after the replies that were added before. */
  add(reply: SpokenReply): void {
    this.#replies = [...this.#replies.filter((one) => !one.over), reply];
    reply.onChange(() => this.#notifyListeners());
    this.#notifyListeners();
  }

  /** Cuts the reply that sounds and all that wait. */
  cut(): void {
    // The last first: else the end of one would wake the link for the next.
    for (const reply of this.#replies.toReversed()) reply.cut();
  }

  /** Undefined inside a reply whose sound is late; the next reply waits for its end. */
  pullBlock(): Block | undefined {
    const block = this.#pullBlock();
    if (block) {
      this.#volume.followPercent(this.#percent(), this.#sounds ? glideSamples : 0);
      this.#volume.applyToMono(block.samples); // each block is a copy of the reply's samples
    }
    this.#sounds = block !== undefined;
    return block;
  }

  onSound(listener: () => void): void {
    this.#listener = listener;
  }

  #pullBlock() {
    for (let reply = this.#replies[0]; reply; reply = this.#replies[0]) {
      const block = reply.pull();
      if (block || !reply.over) return block;
      this.#replies.shift();
    }
    return undefined;
  }

  #notifyListeners() {
    const reply = this.#replies.find((one) => !one.over);
    if (reply?.ready) this.#listener?.();
  }
}

/** One signal as it was asked for, by which it can be cut. */
export type PlayedCue = { readonly samples: Int16Array; readonly left: () => void };

const fadeSamples = speakRateHz / 200;

/** Longest wait of a cue for speech that is being silenced, in frames; then its moment has passed. */
const maxWaitingCues = 3;

const silence: Int16Array = new Int16Array(0);

/**
 * The track `cues`: short signals that never sound together with speech, and end with the first sample of it.
 *
 * The mixer asks it after the voice track, so that it knows the frame.
 */
export class CueTrack implements Track {
  readonly #voice;
  readonly #cues;
  readonly #percent;
  readonly #volume = new Gain(1);
  #sounding = silence;
  /** The one that sounds, or did last. */
  #current: PlayedCue | undefined;
  /** Begins once the one that sounds is over. */
  #next: PlayedCue | undefined;
  #waited = 0;
  #listener: (() => void) | undefined;

  /** `percent` is its volume, from the next frame on; 100 is as loud as cues are made. */
  constructor(
    voice: Pick<VoiceTrack, 'sounds'>,
    cues: Cues,
    percent: () => number = () => 100,
  ) {
    this.#voice = voice;
    this.#cues = cues;
    this.#percent = percent;
  }

  /** Plays a cue from the next frame on, or after the current cue; replaces one that waits. Lost while the bot speaks. */
  play(name: CueName): PlayedCue {
    return this.say(this.#cues[name]);
  }

  /**
   * Plays a sound at the speaking rate, mono: a few words said while people wait, or a
   * tone they asked for. `left` is called as each frame of it really leaves.
   */
  say(samples: Int16Array, left: () => void = () => undefined): PlayedCue {
    const cue = { samples, left };
    this.#next = cue;
    this.#waited = 0;
    this.#listener?.();
    return cue;
  }

  /** Silent within one frame, after a fade of 5 ms, where it is that cue which sounds; one that waits is not played. */
  cut(cue: PlayedCue): void {
    if (this.#next === cue) this.#next = undefined;
    if (this.#current !== cue) return;
    this.#sounding = this.#sounding.slice(0, fadeSamples);
    fadeToSilence(this.#sounding, fadeSamples);
  }

  pullBlock(): Block | undefined {
    if (this.#voice.sounds) return this.#yieldToVoice();
    if (this.#sounding.length === 0) this.#beginNextCue();
    if (this.#sounding.length === 0) return undefined;
    const samples = new Int16Array(frameSamples);
    samples.set(this.#sounding.subarray(0, frameSamples));
    this.#sounding = this.#sounding.subarray(frameSamples);
    this.#volume.followPercent(this.#percent(), 0);
    this.#volume.applyToMono(samples);
    return { samples, left: this.#current?.left ?? (() => undefined) };
  }

  onSound(listener: () => void): void {
    this.#listener = listener;
  }

  #beginNextCue() {
    if (this.#next) this.#sounding = this.#next.samples;
    this.#current = this.#next;
    this.#next = undefined;
  }

  #yieldToVoice(): undefined {
    this.#sounding = silence;
    this.#waited++;
    if (this.#waited >= maxWaitingCues) this.#next = undefined;
  }
}
