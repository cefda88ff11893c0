import { Gain } from '#src/audio/loudness/loudness.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import type { Block, Track } from '#src/playback/mix/mixer.ts';
import type { SpokenReply } from './spoken-reply.ts';

/** Change of volume during speech. */
const glideSamples = speakRateHz / 50;

/** The track `voice`: replies of the bot, one after the other. */
export class VoiceTrack implements Track {
  readonly #getPercent: () => number;
  readonly #volume = new Gain(1);
  readonly #replies: SpokenReply[] = [];
  #isSounding = false;
  #onSound: (() => void) | undefined;

  /** `getPercent` is asked for the volume, 0 to 200, in each frame of speech. */
  constructor(getPercent: () => number = () => 100) {
    this.#getPercent = getPercent;
  }

  /** True if the last pull gave sound. */
  get isSounding(): boolean {
    return this.#isSounding;
  }

  /** Adds a reply, which begins after those before it. */
  add(reply: SpokenReply): void {
    this.#replies.push(reply);
    reply.onChange(() => this.#notifyListener());
    this.#notifyListener();
  }

  /** Cuts all replies, also those that wait. */
  cut(): void {
    // The last one first, as the end of one would start the next.
    for (const reply of this.#replies.toReversed()) reply.cut();
  }

  /** Returns the next 20 ms. Undefined inside a reply whose sound is late, while the next reply waits. */
  pullBlock(): Block | undefined {
    const block = this.#pullReplyBlock();
    if (block) {
      this.#volume.followPercent(
        this.#getPercent(),
        this.#isSounding ? glideSamples : 0,
      );
      this.#volume.applyToMono(block.samples); // Each block is a copy of the samples of the reply.
    }
    this.#isSounding = block !== undefined;
    return block;
  }

  /** Replaces the listener for replies that become ready. */
  onSound(listener: () => void): void {
    this.#onSound = listener;
  }

  #findCurrentReply() {
    while (this.#replies[0]?.isOver) this.#replies.shift();
    return this.#replies[0];
  }

  #pullReplyBlock() {
    for (
      let reply = this.#findCurrentReply();
      reply;
      reply = this.#findCurrentReply()
    ) {
      const block = reply.pullBlock();
      if (block || !reply.isOver) return block;
    }
    return undefined;
  }

  #notifyListener() {
    if (this.#findCurrentReply()?.isReady) this.#onSound?.();
  }
}
