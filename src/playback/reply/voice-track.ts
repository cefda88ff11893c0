import { speakRateHz } from '#src/audio/pcm.ts';
import { Gain } from '#src/playback/mix/gain.ts';
import type { Block, Track } from '#src/playback/mix/track.ts';
import type { SpokenReply } from './spoken-reply.ts';

/** Duration, in samples, of a change of volume during speech. */
const glideSamples = speakRateHz / 50;

/** The track `voice`: the bot's replies, one after the other. */
export class VoiceTrack implements Track {
  readonly name = 'voice';
  readonly #volume = new Gain(1);
  #replies: SpokenReply[] = [];
  #sounds = false;
  #listener: (() => void) | undefined;

  /** The latest frame held speech. */
  get sounds(): boolean {
    return this.#sounds;
  }

  /** Sounds at once, or after the replies that were added before. */
  add(reply: SpokenReply): void {
    this.#replies = [...this.#replies.filter((one) => !one.over), reply];
    reply.onChange(() => this.#notify());
    this.#notify();
  }

  /** 1 is as loud as replies are; from the next frame on. */
  volume(gain: number): void {
    this.#volume.to(gain, this.#sounds ? glideSamples : 0);
  }

  /** Cuts the reply that sounds and all that wait. */
  cut(): void {
    // The last first: else the end of one would wake the link for the next.
    for (const reply of this.#replies.toReversed()) reply.cut();
  }

  /** Undefined inside a reply whose sound is late; the next reply waits for its end. */
  pull(): Block | undefined {
    const block = this.#pull();
    this.#sounds = block !== undefined;
    if (block) this.#volume.applyToMono(block.samples); // each block is a copy of the reply's samples
    return block;
  }

  onSound(listener: () => void): void {
    this.#listener = listener;
  }

  #pull(): Block | undefined {
    for (let reply = this.#replies[0]; reply; reply = this.#replies[0]) {
      const block = reply.pull();
      if (block || !reply.over) return block;
      this.#replies.shift();
    }
    return undefined;
  }

  #notify(): void {
    const reply = this.#replies.find((one) => !one.over);
    if (reply?.ready) this.#listener?.();
  }
}
