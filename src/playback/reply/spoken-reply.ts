import type { Pcm } from '#src/audio/pcm.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import { toGain } from '#src/playback/mix/gain.ts';
import { type Block, frameSamples } from '#src/playback/mix/track.ts';
import { ReplySound } from './reply-sound.ts';
import { samplesPerMs } from './word-times.ts';

/** Fixed properties of a reply. */
export type ReplyOptions = {
  /** False for a reply that must not be interrupted by speech. A `cut` still works. Default true. */
  readonly interruptible?: boolean;
  /** Speed at which its sound is played, at the same pitch, 0.5 to 2; default 1. */
  readonly speed?: number;
};

/** Sound held for one answer; its writer waits above it. The piece that exceeds it is kept whole. */
export const longestQueueMs = 5_000;

/** Frames of a pause so short that no word is missed: it resumes where it stopped. */
const shortestPause = 4;

/** Length of a change of volume: a faster one would click. */
const glideMs = 5;

/** One answer on its way to the channel: its sound, and its heard part. Written by one, pulled by a track. */
export class SpokenReply {
  readonly interruptible: boolean;
  readonly #sound;
  readonly #done = Promise.withResolvers<ReplyFinish>();
  /** Settles once and never rejects; after `cut`, at once. */
  readonly finish = this.#done.promise;
  #finished: ReplyFinish | undefined;
  /** Finish once all has been handed out. */
  #ending: Exclude<ReplyFinish, 'empty'> | undefined;
  /** From now on only writes to the sentence that sounds are accepted. */
  #last = false;
  #firstSentAtMs: number | undefined;
  /** The former pull gave sound, so stopping short would click. */
  #sounding = false;
  /** A part of a frame was held back once, in case its rest came. */
  #waited = false;
  /** The latest frame is not known to have left. */
  #unconfirmed = false;
  #paused = false;
  /** Frames asked for since the pause. */
  #pausedFor = 0;
  #tail: Int16Array | undefined;
  #space: PromiseWithResolvers<void> | undefined;
  #listener: (() => void) | undefined;

  constructor(options: ReplyOptions = {}) {
    const { interruptible = true, speed = 1 } = options;
    this.interruptible = interruptible;
    this.#sound = new ReplySound(speed);
  }

  /** Instant at which its first frame left as a datagram. */
  get firstSentAtMs(): number | undefined {
    return this.#firstSentAtMs;
  }

  /** A pull would give sound now. */
  get ready(): boolean {
    if (this.#finished || this.#paused) return this.#tail !== undefined;
    return this.#sound.length >= (this.#ending ? 1 : frameSamples);
  }

  /** Whether no more sound can ever come. */
  get over(): boolean {
    return this.#finished !== undefined && this.#tail === undefined;
  }

  get paused(): boolean {
    return this.#paused && this.#finished === undefined;
  }

  /** Milliseconds of it that really left, without padding, the fade after a cut, and repeated sound. */
  getPlayedMs(): number {
    return this.#sound.sentences.getSentMs();
  }

  /** The words that really left. */
  getHeardText(): string {
    return this.#sound.sentences.getHeardText(
      this.#ending !== undefined && this.#ending !== 'failed',
    );
  }

  /** All its words so far, whether or not they left. */
  getWholeText(): string {
    return this.#sound.sentences.getWholeText();
  }

  /**
   * Adds sound; the same text as before continues that sentence. Waits while more than `longestQueueMs` is queued.
   *
   * After `cut` the sound is dropped in silence. Aborting `signal` throws `signal.reason`.
   */
  async write(pcm: Pcm, text: string | undefined, signal: AbortSignal): Promise<void> {
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

  /** The next sound begins a sentence, also where its text is the same. */
  endSentence(): void {
    this.#sound.sentences.close();
  }

  /** No more sound will come; queued sound still plays. */
  end(): void {
    this.#closeWith('completed');
  }

  /** No more sound will come since its source failed; queued sound still plays. */
  fail(): void {
    this.#closeWith('failed');
  }

  /** Drops the rest: silent within one frame, after a fade of 4 ms. */
  cut(): void {
    if (this.#finished) return;
    if (!this.#paused) this.#fadeOut();
    this.#settleFinish('cancelled');
    this.#freeSpace();
    this.#notify();
  }

  /** Drops all sound after the current sentence, also later writes; ends as `cancelled` if there was any. */
  endAfterSentence(): void {
    if (this.#finished || this.#ending === 'cancelled') return;
    this.#last = true;
    if (this.#sound.taken === 0) this.cut();
    else if (this.#sound.dropAfterSentence()) this.#dropSound();
  }

  /** Turns `db` down from its own volume, with the next frame; 0 returns to it. Out of silence there is nothing to glide from. */
  duck(db: number): void {
    this.#sound.gain.rampTo(toGain(-db), this.#sounding ? glideMs * samplesPerMs : 0);
  }

  /** Silent within one frame, after a fade of 4 ms, and keeps everything; its writer waits when 5 s are queued. */
  pause(): void {
    if (this.#finished || this.#paused) return;
    this.#paused = true;
    this.#pausedFor = 0;
    this.#fadeOut();
  }

  /** Resumes at the start of the word that was cut, after 80 ms or less right there; a pause that was not heard yet is dropped. */
  resume(): void {
    if (this.#finished || !this.#paused) return;
    this.#paused = false;
    const isShort = this.#pausedFor <= shortestPause;
    if (!this.#tail && isShort) this.#sound.fadeIn();
    else if (!this.#tail) this.#sound.rewindToWord(this.#ending !== undefined);
    this.#tail = undefined;
    this.#notify();
  }

  /** For the track it plays on: called when `ready` or `over` may have become true. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** For the track it plays on: the next 20 ms, or undefined while there are none. */
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
    const { samples, to } = this.#sound.take(starved);
    this.#unconfirmed = true;
    return { samples, left: (atMs) => this.#onSamplesLeft(to, atMs) };
  }

  #pullTail() {
    const samples = this.#tail;
    this.#tail = undefined;
    return samples && { samples, left: () => undefined };
  }

  #fadeOut() {
    if (this.#sounding && this.#sound.length > 0) this.#tail = this.#sound.takeTail();
  }

  #onSamplesLeft(to: number, atMs: number) {
    this.#firstSentAtMs ??= atMs;
    this.#sound.sentences.noteSent(to);
    if (to !== this.#sound.taken) return;
    this.#unconfirmed = false;
    this.#concludeIfDrained();
  }

  /** Called when the last frame is confirmed, or a frame later, if the link refused one. */
  #concludeIfDrained() {
    if (this.#sound.length > 0 || !this.#ending) return;
    const empty = this.#sound.taken === 0 && this.#ending === 'completed';
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

  /** Wakes the writer that waits for space in the queue. */
  #freeSpace() {
    this.#space?.resolve();
    this.#space = undefined;
  }

  #notify() {
    this.#listener?.();
  }
}
