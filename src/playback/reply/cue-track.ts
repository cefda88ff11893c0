import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/formats/wav.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { Gain } from '#src/playback/mix/gain.ts';
import { type Block, frameSamples, type Track } from '#src/playback/mix/mixer.ts';
import { fadeToSilence } from './reply-sound.ts';
import type { SpokenReply } from './spoken-reply.ts';

/** Change of volume during speech. */
const glideSamples = speakRateHz / 50;

/** The track `voice`: replies of the bot, one after the other. */
export class VoiceTrack implements Track {
  readonly #percent;
  readonly #volume = new Gain(1);
  #replies: SpokenReply[] = [];
  #sounds = false;
  #listener: (() => void) | undefined;

  /** Creates a track. `percent` gives its volume at each frame. */
  constructor(percent: () => number = () => 100) {
    this.#percent = percent;
  }

  /** Returns whether the latest frame held speech. */
  get isSounding(): boolean {
    return this.#sounds;
  }

  /** Plays a reply after all replies added before. */
  add(reply: SpokenReply) {
    this.#replies = [...this.#replies.filter((one) => !one.isOver), reply];
    reply.onChange(() => this.#notifyListeners());
    this.#notifyListeners();
  }

  /** Cuts the current reply and all waiting ones. */
  cut() {
    // The last one first, as the end of one would start the next.
    for (const reply of this.#replies.toReversed()) reply.cut();
  }

  /** Returns the next 20 ms. Undefined inside a reply whose sound is late, while the next reply waits. */
  pullBlock(): Block | undefined {
    const block = this.#pullBlock();
    if (block) {
      this.#volume.followPercent(this.#percent(), this.#sounds ? glideSamples : 0);
      this.#volume.applyToMono(block.samples); // Each block is a copy of the samples of the reply.
    }
    this.#sounds = block !== undefined;
    return block;
  }

  onSound(listener: () => void) {
    this.#listener = listener;
  }

  #pullBlock() {
    for (let reply = this.#replies[0]; reply; reply = this.#replies[0]) {
      const block = reply.pull();
      if (block || !reply.isOver) return block;
      this.#replies.shift();
    }
    return undefined;
  }

  #notifyListeners() {
    const reply = this.#replies.find((one) => !one.isOver);
    if (reply?.ready) this.#listener?.();
  }
}

/** Returned by `play` and `say`, and accepted by `cut`. */
export type PlayedCue = { readonly samples: Int16Array; readonly onSent: () => void };

const fadeSamples = speakRateHz / 200;

/** A cue is dropped after this many frames of speech. */
const maxWaitingCues = 3;

const silence: Int16Array = new Int16Array(0);

/**
 * The track `cues`: short sounds, which end with the first sample of speech.
 *
 * The mixer pulls this track after the voice track, whose `isSounding` is then current.
 */
export class CueTrack implements Track {
  readonly #voice;
  readonly #cues;
  readonly #percent;
  readonly #volume = new Gain(1);
  #sounding = silence;
  /** The current or latest cue. */
  #current: PlayedCue | undefined;
  #next: PlayedCue | undefined;
  #waited = 0;
  #listener: (() => void) | undefined;

  /** Creates a track. `percent` gives its volume at each frame. */
  constructor(
    voice: Pick<VoiceTrack, 'isSounding'>,
    cues: Cues,
    percent: () => number = () => 100,
  ) {
    this.#voice = voice;
    this.#cues = cues;
    this.#percent = percent;
  }

  /** Plays a cue after the current one, in place of a waiting one. Drops it during speech. */
  play(name: CueName): PlayedCue {
    return this.say(this.#cues[name]);
  }

  /** Plays mono sound at 24 kHz as a cue. Calls `onSent` for each sent frame. */
  say(samples: Int16Array, onSent: () => void = () => undefined): PlayedCue {
    const cue = { samples, onSent };
    this.#next = cue;
    this.#waited = 0;
    this.#listener?.();
    return cue;
  }

  /** Fades a sounding cue out within 5 ms, and removes a waiting one. */
  cut(cue: PlayedCue) {
    if (this.#next === cue) this.#next = undefined;
    if (this.#current !== cue) return;
    this.#sounding = this.#sounding.slice(0, fadeSamples);
    fadeToSilence(this.#sounding, fadeSamples);
  }

  pullBlock(): Block | undefined {
    if (this.#voice.isSounding) return this.#yieldToVoice();
    if (this.#sounding.length === 0) this.#beginNextCue();
    if (this.#sounding.length === 0) return undefined;
    const samples = new Int16Array(frameSamples);
    samples.set(this.#sounding.subarray(0, frameSamples));
    this.#sounding = this.#sounding.subarray(frameSamples);
    this.#volume.followPercent(this.#percent(), 0);
    this.#volume.applyToMono(samples);
    return { samples, onSent: this.#current?.onSent ?? (() => undefined) };
  }

  onSound(listener: () => void) {
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

/** `heard` rises, `thinking` is a tick, `error` falls, `leaving` is two notes down. */
export type CueName = 'heard' | 'thinking' | 'error' | 'leaving';

/** Mono at 24 kHz. */
export type Cues = Readonly<Record<CueName, Int16Array>>;

/** Loads the files of scripts/make-cues.mjs. */
export async function loadCues(): Promise<Cues> {
  return {
    heard: await loadCue('heard'),
    thinking: await loadCue('thinking'),
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
