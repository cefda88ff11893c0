import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/formats/wav.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { Gain } from '#src/playback/mix/gain.ts';
import { type Block, frameSamples } from '#src/playback/mix/mixer.ts';
import { fadeToSilence } from './reply-sound.ts';
import type { SpokenReply } from './spoken-reply.ts';

/** Change of volume during speech. */
const glideSamples = speakRateHz / 50;

export type VoiceTrack = ReturnType<typeof createVoiceTrack>;

/** The track `voice`: replies of the bot, one after the other. */
export function createVoiceTrack(percent: () => number = () => 100) {
  const volume = new Gain(1);
  const replies: SpokenReply[] = [];
  let sounds = false;
  let end: (() => void) | undefined;

  function findCurrentReply() {
    while (replies[0]?.isOver) replies.shift();
    return replies[0];
  }

  function pullReplyBlock() {
    for (let reply = findCurrentReply(); reply; reply = findCurrentReply()) {
      const block = reply.pull();
      if (block || !reply.isOver) return block;
    }
    return undefined;
  }

  function notifyListeners() {
    if (findCurrentReply()?.ready) end?.();
  }

  return {
    get isSounding(): boolean {
      return sounds;
    },

    add(reply: SpokenReply) {
      replies.push(reply);
      reply.onChange(notifyListeners);
      notifyListeners();
    },

    cut() {
      // The last one first, as the end of one would start the next.
      for (const reply of replies.toReversed()) reply.cut();
    },

    /** Returns the next 20 ms. Undefined inside a reply whose sound is late, while the next reply waits. */
    pullBlock(): Block | undefined {
      const block = pullReplyBlock();
      if (block) {
        volume.followPercent(percent(), sounds ? glideSamples : 0);
        volume.applyToMono(block.samples); // Each block is a copy of the samples of the reply.
      }
      sounds = block !== undefined;
      return block;
    },

    onSound(listener: () => void) {
      end = listener;
    },
  };
}

export type PlayedCue = { readonly samples: Int16Array; readonly onSent: () => void };

const fadeSamples = speakRateHz / 200;

/** A cue is dropped after this many frames of speech. */
const maxWaitingCues = 3;

const silence: Int16Array = new Int16Array(0);

export type CueTrack = ReturnType<typeof createCueTrack>;

/**
 * The track `cues`: short sounds, which end with the first sample of speech.
 *
 * The mixer pulls this track after the voice track, whose `isSounding` is then current.
 */
export function createCueTrack(
  voice: Pick<VoiceTrack, 'isSounding'>,
  cues: Cues,
  percent: () => number = () => 100,
) {
  const volume = new Gain(1);
  let sounding = silence;
  let current: PlayedCue | undefined;
  let next: PlayedCue | undefined;
  let waited = 0;
  let end: (() => void) | undefined;

  /** Plays mono sound at 24 kHz as a cue. Calls `onSent` for each sent frame. */
  function say(samples: Int16Array, onSent: () => void = () => undefined): PlayedCue {
    const cue = { samples, onSent };
    next = cue;
    waited = 0;
    end?.();
    return cue;
  }

  function beginNextCue() {
    if (next) sounding = next.samples;
    current = next;
    next = undefined;
  }

  function yieldToVoice(): undefined {
    sounding = silence;
    waited++;
    if (waited >= maxWaitingCues) next = undefined;
  }

  return {
    /** Plays a cue after the current one, in place of a waiting one. Drops it during speech. */
    play(name: CueName): PlayedCue {
      return say(cues[name]);
    },

    say,

    /** Fades a sounding cue out within 5 ms, and removes a waiting one. */
    cut(cue: PlayedCue) {
      if (next === cue) next = undefined;
      if (current !== cue) return;
      sounding = sounding.slice(0, fadeSamples);
      fadeToSilence(sounding, fadeSamples);
    },

    pullBlock(): Block | undefined {
      if (voice.isSounding) return yieldToVoice();
      if (sounding.length === 0) beginNextCue();
      if (sounding.length === 0) return undefined;
      const samples = new Int16Array(frameSamples);
      samples.set(sounding.subarray(0, frameSamples));
      sounding = sounding.subarray(frameSamples);
      volume.followPercent(percent(), 0);
      volume.applyToMono(samples);
      return { samples, onSent: current?.onSent ?? (() => undefined) };
    },

    onSound(listener: () => void) {
      end = listener;
    },
  };
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
