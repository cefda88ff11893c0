import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/formats/wav.ts';
import { Gain } from '#src/audio/loudness/loudness.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { type Block, frameSamples, type Track } from '#src/playback/mix/mixer.ts';
import { fadeToSilence } from './reply-sound.ts';
import type { VoiceTrack } from './spoken-reply.ts';

/** A cue on its track. Calls `onSent` for each sent frame. */
export type PlayedCue = { readonly samples: Int16Array; readonly onSent: () => void };

const fadeSamples = speakRateHz / 200;

/** A cue is dropped after this many frames of speech. */
const maxWaitingFrames = 3;

const silence: Int16Array = new Int16Array(0);

/**
 * The track `cues`: short sounds, which end with the first sample of speech.
 *
 * The mixer pulls this track after the voice track, whose `isSounding` is then current.
 */
export class CueTrack implements Track {
  readonly #voice: Pick<VoiceTrack, 'isSounding'>;
  readonly #cues: Cues;
  readonly #getPercent: () => number;
  readonly #volume = new Gain(1);
  /** Samples of the current cue that were not pulled yet. */
  #remaining = silence;
  #current: PlayedCue | undefined;
  #next: PlayedCue | undefined;
  #waitedFrames = 0;
  #onSound: (() => void) | undefined;

  /** `getPercent` is asked for the volume, 0 to 200, in each frame of a cue. */
  constructor(
    voice: Pick<VoiceTrack, 'isSounding'>,
    cues: Cues,
    getPercent: () => number = () => 100,
  ) {
    this.#voice = voice;
    this.#cues = cues;
    this.#getPercent = getPercent;
  }

  /** Plays a cue after the current one, in place of a waiting one. Drops it during speech. `onSent`: as `playSamples`. */
  play(name: CueName, onSent?: () => void): PlayedCue {
    return this.playSamples(this.#cues[name], onSent);
  }

  /** Plays mono sound at 24 kHz as a cue. Calls `onSent` for each sent frame. */
  playSamples(samples: Int16Array, onSent: () => void = () => undefined): PlayedCue {
    const cue = { samples, onSent };
    this.#next = cue;
    this.#waitedFrames = 0;
    this.#onSound?.();
    return cue;
  }

  /** Fades a sounding cue out within 5 ms, and removes a waiting one. */
  cut(cue: PlayedCue): void {
    if (this.#next === cue) this.#next = undefined;
    if (this.#current !== cue) return;
    this.#remaining = this.#remaining.slice(0, fadeSamples);
    fadeToSilence(this.#remaining, fadeSamples);
  }

  /** Returns the next 20 ms. Undefined during speech and between cues. */
  pullBlock(): Block | undefined {
    if (this.#voice.isSounding) return this.#yieldToVoice();
    if (this.#remaining.length === 0) this.#beginNextCue();
    if (this.#remaining.length === 0) return undefined;
    const samples = new Int16Array(frameSamples);
    samples.set(this.#remaining.subarray(0, frameSamples));
    this.#remaining = this.#remaining.subarray(frameSamples);
    this.#volume.followPercent(this.#getPercent(), 0);
    this.#volume.applyToMono(samples);
    return { samples, onSent: this.#current?.onSent ?? (() => undefined) };
  }

  /** Replaces the listener for cues that begin to wait. */
  onSound(listener: () => void): void {
    this.#onSound = listener;
  }

  #beginNextCue() {
    if (this.#next) this.#remaining = this.#next.samples;
    this.#current = this.#next;
    this.#next = undefined;
  }

  #yieldToVoice(): undefined {
    this.#remaining = silence;
    this.#waitedFrames++;
    if (this.#waitedFrames >= maxWaitingFrames) this.#next = undefined;
  }
}

/** `heard` rises, `thinking` is a tick, `working` a low swell, `error` falls, `leaving` is two notes down. */
export type CueName = 'heard' | 'thinking' | 'working' | 'error' | 'leaving';

/** Mono at 24 kHz. */
export type Cues = Readonly<Record<CueName, Int16Array>>;

/** Loads the files of scripts/make-cues.mjs. */
export async function loadCues(): Promise<Cues> {
  return {
    heard: await loadCue('heard'),
    thinking: await loadCue('thinking'),
    working: await loadCue('working'),
    error: await loadCue('error'),
    leaving: await loadCue('leaving'),
  };
}

async function loadCue(name: CueName) {
  const bytes = await readFile(new URL(`./cues/${name}.wav`, import.meta.url));
  const { samples, rateHz, channels } = readWav(bytes);
  if (rateHz !== speakRateHz || channels !== 1)
    throw new Error(`Cue ${name} is not 24 kHz mono.`);
  return samples;
}
