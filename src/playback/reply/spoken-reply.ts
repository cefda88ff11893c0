import type { Pcm } from '#src/audio/pcm.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import { toGain } from '#src/playback/mix/gain.ts';
import { type Block, frameSamples } from '#src/playback/mix/mixer.ts';
import { createReplySound } from './reply-sound.ts';
import { samplesPerMs } from './word-times.ts';

export type ReplyOptions = {
  /** False for a reply that speech must not interrupt. `cut` still works. Default true. */
  readonly interruptible?: boolean;
  /** Speed at the same pitch, 0.5 to 2. */
  readonly speed?: number;
};

/** The writer waits above this. A piece that exceeds it is kept whole. */
export const longestQueueMs = 5_000;

/** A pause of up to so many frames loses no word, and resumes where it stopped. */
const shortestPause = 4;

/** A faster change of volume would click. */
const glideMs = 5;

/** One answer on its way to the channel. A pipeline writes its sound, and a track pulls it. */
export class SpokenReply {
  readonly interruptible: boolean;
  readonly #sound;
  readonly #done = Promise.withResolvers<ReplyFinish>();
  /** Resolves once and never rejects. */
  readonly finish = this.#done.promise;
  #finished: ReplyFinish | undefined;
  /** `finished` after the last frame. */
  #ending: Exclude<ReplyFinish, 'empty'> | undefined;
  /** Only sound of the current sentence is accepted. */
  #last = false;
  #firstSentAtMs: number | undefined;
  /** The last pull gave sound, so a sudden stop would click. */
  #sounding = false;
  /** Part of a frame was held back once, as its rest may come. */
  #waited = false;
  /** The latest frame is not known to be sent. */
  #unconfirmed = false;
  #paused = false;
  #pausedFor = 0;
  #tail: Int16Array | undefined;
  #space: PromiseWithResolvers<void> | undefined;
  #listener: (() => void) | undefined;

  constructor(options: ReplyOptions = {}) {
    const { interruptible = true, speed = 1 } = options;
    this.interruptible = interruptible;
    this.#sound = createReplySound(speed);
  }

  get firstSentAtMs(): number | undefined {
    return this.#firstSentAtMs;
  }

  get ready(): boolean {
    if (this.#finished || this.#paused) return this.#tail !== undefined;
    return this.#sound.length >= (this.#ending ? 1 : frameSamples);
  }

  get isOver(): boolean {
    return this.#finished !== undefined && this.#tail === undefined;
  }

  get paused(): boolean {
    return this.#paused && this.#finished === undefined;
  }

  /** Measures the sent sound, without padding, fades and repetition. */
  getPlayedMs(): number {
    return this.#sound.sentences.getSentMs();
  }

  getHeardText(): string {
    return this.#sound.sentences.getHeardText(
      this.#ending !== undefined && this.#ending !== 'failed',
    );
  }

  /** Returns all words so far, heard or not. */
  getWholeText(): string {
    return this.#sound.sentences.getWholeText();
  }

  /**
   * Adds sound. The same text as before continues its sentence. Waits while more than `longestQueueMs` is queued.
   * Sound after `cut` is dropped.
   */
  async write(pcm: Pcm, text: string | undefined, signal: AbortSignal) {
    signal.throwIfAborted();
    if (this.#finished === 'cancelled' || this.#ending === 'cancelled') return;
    if (this.#ending) throw new Error('A reply that has ended accepts no more sound.');
    const sentence = text ?? '';
    if (this.#last && !this.#sound.sentences.isCurrent(sentence))
      return this.#closeWith('cancelled');
    this.#sound.push(pcm, sentence);
    this.#notify();
    await this.#waitForSpace(signal);
  }

  /** Makes the next sound begin a sentence, even with the same text. */
  endSentence() {
    this.#sound.sentences.close();
  }

  /** Ends the reply after its queued sound. */
  end() {
    this.#closeWith('completed');
  }

  /** Ends the reply as failed, after its queued sound. */
  fail() {
    this.#closeWith('failed');
  }

  /** Drops the rest, with a fade of 4 ms in the next frame. */
  cut() {
    if (this.#finished) return;
    if (!this.#paused) this.#fadeOut();
    this.#settleFinish('cancelled');
    this.#freeSpace();
    this.#notify();
  }

  /**
   * Drops all sound after the current sentence, also of later writes. Ends as `cancelled` if
   * there was any.
   */
  endAfterSentence() {
    if (this.#finished || this.#ending === 'cancelled') return;
    this.#last = true;
    if (this.#sound.nextPlace === 0) this.cut();
    else if (this.#sound.dropAfterSentence()) this.#dropSound();
  }

  /** Lowers the volume by `db` from the next frame on. 0 restores it. */
  duck(db: number) {
    this.#sound.gain.rampTo(toGain(-db), this.#sounding ? glideMs * samplesPerMs : 0);
  }

  /** Fades out within 4 ms, and keeps the rest. */
  pause() {
    if (this.#finished || this.#paused) return;
    this.#paused = true;
    this.#pausedFor = 0;
    this.#fadeOut();
  }

  /**
   * Resumes at the start of the cut word, or after at most 80 ms where it paused. Drops a pause that nobody heard.
   */
  resume() {
    if (this.#finished || !this.#paused) return;
    this.#paused = false;
    const isShort = this.#pausedFor <= shortestPause;
    if (!this.#tail && isShort) this.#sound.fadeIn();
    else if (!this.#tail) this.#sound.rewindToWord(this.#ending !== undefined);
    this.#tail = undefined;
    this.#notify();
  }

  onChange(listener: () => void) {
    this.#listener = listener;
  }

  pull(): Block | undefined {
    if (this.#paused) this.#pausedFor++;
    const block = this.#finished || this.#paused ? this.#pullTail() : this.#pullSound();
    this.#sounding = block !== undefined;
    this.#freeSpace();
    return block;
  }

  #closeWith(ending: Exclude<ReplyFinish, 'empty'>) {
    if (this.#ending || this.#finished) return;
    this.#sound.close();
    this.#ending = ending;
    if (!this.#sounding || !this.#unconfirmed) this.#concludeIfDrained();
    this.#notify();
  }

  #dropSound() {
    this.#ending = 'cancelled';
    if (!this.#unconfirmed) this.#concludeIfDrained();
    this.#freeSpace();
    this.#notify();
  }

  #pullSound(): Block | undefined {
    const { length } = this.#sound;
    if (length === 0) {
      this.#concludeIfDrained();
      return undefined;
    }
    const starved = length < frameSamples && !this.#ending;
    if (starved && !this.#waited) {
      this.#waited = true;
      return undefined;
    }
    this.#waited = false;
    const { samples, to } = this.#sound.takeFrame(starved);
    this.#unconfirmed = true;
    return { samples, onSent: (atMs) => this.#onSamplesSent(to, atMs) };
  }

  #pullTail() {
    const samples = this.#tail;
    this.#tail = undefined;
    return samples && { samples, onSent: () => undefined };
  }

  #fadeOut() {
    if (this.#sounding && this.#sound.length > 0) this.#tail = this.#sound.createTail();
  }

  #onSamplesSent(to: number, atMs: number) {
    this.#firstSentAtMs ??= atMs;
    this.#sound.sentences.noteSent(to);
    if (to !== this.#sound.nextPlace) return;
    this.#unconfirmed = false;
    this.#concludeIfDrained();
  }

  /** Ends the reply after its last frame, or one later if the connection refused one. */
  #concludeIfDrained() {
    if (this.#sound.length > 0 || !this.#ending) return;
    const empty = this.#sound.nextPlace === 0 && this.#ending === 'completed';
    this.#settleFinish(empty ? 'empty' : this.#ending);
  }

  #settleFinish(finish: ReplyFinish) {
    if (this.#finished) return;
    this.#finished = finish;
    this.#done.resolve(finish);
  }

  async #waitForSpace(signal: AbortSignal) {
    const stopWaiting = () => this.#freeSpace();
    signal.addEventListener('abort', stopWaiting);
    try {
      while (!this.#finished && this.#sound.length > longestQueueMs * samplesPerMs) {
        this.#space ??= Promise.withResolvers();
        await this.#space.promise;
        signal.throwIfAborted();
      }
    } finally {
      signal.removeEventListener('abort', stopWaiting);
    }
  }

  #freeSpace() {
    this.#space?.resolve();
    this.#space = undefined;
  }

  #notify() {
    this.#listener?.();
  }
}
