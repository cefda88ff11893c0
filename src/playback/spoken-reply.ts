import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { fadeOut } from './fade.ts';
import { SampleQueue } from './sample-queue.ts';
import { Sentences } from './sentences.ts';
import { SpeakRate } from './speak-rate.ts';
import { type Block, frameSamples } from './track.ts';

/**
 * How an answer ended on its track; exactly one each.
 *
 * `completed`: all of it was handed to the link. `failed`: its source broke, and what there was has been handed out.
 * `empty`: there was no sound. `cancelled`: it was cut.
 */
export type Finish = 'completed' | 'cancelled' | 'empty' | 'failed';

/** Sound held for one answer; its writer waits above it. The piece that exceeds it is kept whole. */
export const longestQueueMs = 5_000;

/** Falls silent without a click, and well inside a frame. */
const fadeSamples = speakRateHz / 100;
const samplesPerMs = speakRateHz / 1000;

/** One answer on the way to the room: its sound, and how much of it was heard. Written by one, pulled by a track. */
export class SpokenReply {
  readonly #sound = new SampleQueue();
  readonly #rate = new SpeakRate();
  readonly #sentences = new Sentences();
  readonly #done = Promise.withResolvers<Finish>();
  /** Settles once and never rejects; after `cut`, at once. */
  readonly finish = this.#done.promise;
  #finished: Finish | undefined;
  /** What the finish will be once all has been handed out. */
  #ending: 'completed' | 'failed' | undefined;
  #taken = 0;
  #sent = 0;
  #firstSentAtMs: number | undefined;
  /** The former pull gave sound, so stopping short would click. */
  #sounding = false;
  /** A part of a frame was held back once, in case its rest came. */
  #waited = false;
  #tail: Int16Array | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #listener: (() => void) | undefined;

  /** When its first frame left as a datagram. */
  get firstSentAtMs(): number | undefined {
    return this.#firstSentAtMs;
  }

  /** A pull would give sound now. */
  get ready(): boolean {
    if (this.#finished) return this.#tail !== undefined;
    return this.#sound.length >= (this.#ending ? 1 : frameSamples);
  }

  /** Nothing will ever come again. */
  get over(): boolean {
    return this.#finished !== undefined && this.#tail === undefined;
  }

  /** Milliseconds of it that really left, without padding and the fade after a cut. */
  playedMs(): number {
    return this.#sent / samplesPerMs;
  }

  /** The words that really left. */
  heardText(): string {
    return this.#sentences.heardText(this.#ending === 'completed');
  }

  /**
   * Adds sound; the same `ofText` as before goes on with that sentence. Waits while more than `longestQueueMs` is queued.
   *
   * After `cut` the sound is dropped in silence. Aborting `signal` throws `signal.reason`.
   */
  async write(pcm: Pcm, ofText: string | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#finished === 'cancelled') return;
    if (this.#ending) throw new Error('A reply that has ended takes no more sound.');
    this.#turnTo(ofText ?? '');
    this.#append(this.#rate.push(pcm));
    this.#tell();
    await this.#untilRoom(signal);
  }

  /** No more sound will come; what there is still plays. */
  end(): void {
    this.#close('completed');
  }

  /** No more sound will come since its source broke; what there is still plays. */
  fail(): void {
    this.#close('failed');
  }

  /** Drops the rest: silent within one frame, after a fade of 10 ms. */
  cut(): void {
    if (this.#finished) return;
    if (this.#sounding && this.#sound.length > 0) this.#tail = this.#lastSound();
    this.#sound.clear();
    this.#settle('cancelled');
    this.#leaveRoom();
    this.#tell();
  }

  /** For the track it plays on: called when `ready` or `over` may have become true. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** For the track it plays on: the next 20 ms, or undefined while there are none. */
  pull(): Block | undefined {
    const block = this.#finished ? this.#pullTail() : this.#pullSound();
    this.#sounding = block !== undefined;
    this.#leaveRoom();
    return block;
  }

  #turnTo(text: string): void {
    if (this.#sentences.isAt(text)) return;
    this.#append(this.#rate.flush());
    this.#sentences.start(text);
  }

  #append(pieces: readonly Int16Array[]): void {
    for (const piece of pieces) {
      this.#sound.push(piece);
      this.#sentences.grow(piece.length);
    }
  }

  #close(ending: 'completed' | 'failed'): void {
    if (this.#ending || this.#finished) return;
    this.#append(this.#rate.flush());
    this.#ending = ending;
    if (!this.#sounding || this.#sent === this.#taken) this.#concludeIfDrained();
    this.#tell();
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
    return this.#block(starved);
  }

  /** Zeros fill what is missing; where more should have come, the sound fades into them. */
  #block(starved: boolean): Block {
    const samples = new Int16Array(frameSamples);
    const count = this.#sound.take(samples);
    if (starved) fadeOut(samples.subarray(0, count), fadeSamples);
    const from = this.#taken;
    const to = from + count;
    this.#taken = to;
    return { samples, left: (atMs) => this.#left(from, to, atMs) };
  }

  #pullTail(): Block | undefined {
    const samples = this.#tail;
    this.#tail = undefined;
    return samples && { samples, left: () => undefined };
  }

  #lastSound(): Int16Array {
    const samples = new Int16Array(frameSamples);
    const fading = samples.subarray(0, fadeSamples);
    this.#sound.take(fading);
    fadeOut(fading, fadeSamples);
    return samples;
  }

  #left(from: number, to: number, atMs: number): void {
    this.#firstSentAtMs ??= atMs;
    this.#sent += to - from;
    this.#sentences.left(from, to);
    if (this.#sent === this.#taken) this.#concludeIfDrained();
  }

  /** Called when the last frame is confirmed, or a frame later, if the link refused one. */
  #concludeIfDrained(): void {
    if (this.#sound.length > 0 || !this.#ending) return;
    const empty = this.#taken === 0 && this.#ending === 'completed';
    this.#settle(empty ? 'empty' : this.#ending);
  }

  #settle(finish: Finish): void {
    if (this.#finished) return;
    this.#finished = finish;
    this.#done.resolve(finish);
  }

  async #untilRoom(signal: AbortSignal): Promise<void> {
    const leave = () => this.#leaveRoom();
    signal.addEventListener('abort', leave);
    try {
      while (this.#sound.length > longestQueueMs * samplesPerMs) {
        this.#room ??= Promise.withResolvers();
        await this.#room.promise;
        signal.throwIfAborted();
      }
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Whoever waits for room looks again. */
  #leaveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #tell(): void {
    this.#listener?.();
  }
}
