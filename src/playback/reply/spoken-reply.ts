import { Gain, toGain } from '#src/audio/loudness/loudness.ts';
import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import { type Block, frameSamples, type Track } from '#src/playback/mix/mixer.ts';
import { ReplySound, samplesPerMs } from './reply-sound.ts';

/** How a reply is spoken. */
type ReplyOptions = {
  /** False for a reply that speech must not interrupt. `cut` still works. Default true. */
  readonly interruptible?: boolean;
  /** Speed at the same pitch, 0.5 to 2. */
  readonly speed?: number;
};

/** Longest queued sound, in ms: above it a writer waits. A piece that exceeds it is kept whole. */
export const maxQueueMs = 5_000;

/** A pause of up to so many frames loses no word, and resumes where it stopped. */
const maxShortPauseFrames = 4;

/** A faster change of volume would click. */
const glideMs = 5;

/** One answer on its way to the channel. A pipeline writes its sound, and a track pulls it. */
export class SpokenReply {
  /** False if speech must not interrupt the reply. */
  readonly interruptible: boolean;
  readonly #sound: ReplySound;
  readonly #done = Promise.withResolvers<ReplyFinish>();
  /** Resolves once the reply is over, with the way in which it ended. Never rejects. */
  readonly finish: Promise<ReplyFinish> = this.#done.promise;
  #finished: ReplyFinish | undefined;
  /** `finished` after the last frame. */
  #ending: Exclude<ReplyFinish, 'empty'> | undefined;
  /** Only sound of the current sentence is accepted. */
  #isLastSentence = false;
  #firstSentAtMs: number | undefined;
  /** The last pull gave sound, so a sudden stop would click. */
  #isSounding = false;
  /** Part of a frame was held back once, as its rest may come. */
  #hasWaited = false;
  /** The latest frame is not known to be sent. */
  #isUnconfirmed = false;
  #isPaused = false;
  #pausedFrames = 0;
  #tail: Int16Array | undefined;
  #space: PromiseWithResolvers<void> | undefined;
  #listener: (() => void) | undefined;

  constructor(options: ReplyOptions = {}) {
    const { interruptible = true, speed = 1 } = options;
    this.interruptible = interruptible;
    this.#sound = new ReplySound(speed);
  }

  /** Instant at which the first frame was sent. Undefined before it. */
  get firstSentAtMs(): number | undefined {
    return this.#firstSentAtMs;
  }

  /** True if the next pull gives sound. */
  get isReady(): boolean {
    if (this.#finished || this.#isPaused) return this.#tail !== undefined;
    return this.#sound.length >= (this.#ending ? 1 : frameSamples);
  }

  /** True after the end, once the fade of a cut was pulled. */
  get isOver(): boolean {
    return this.#finished !== undefined && this.#tail === undefined;
  }

  /** True from `pause` to `resume` or the end. */
  get isPaused(): boolean {
    return this.#isPaused && this.#finished === undefined;
  }

  /** Measures the sent sound, without padding, fades and repetition. */
  getPlayedMs(): number {
    return this.#sound.sentences.getSentMs();
  }

  /** Returns the words whose sound was sent, without a cut one. */
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
   * Adds sound. The same text as before continues its sentence. Waits while more than `maxQueueMs` is queued.
   * Sound after `cut` is dropped.
   */
  async write(pcm: Pcm, text: string | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#finished === 'cancelled' || this.#ending === 'cancelled') return;
    if (this.#ending) throw new Error('A reply that has ended accepts no more sound.');
    const sentence = text ?? '';
    if (this.#isLastSentence && !this.#sound.sentences.isCurrent(sentence))
      return this.#closeWith('cancelled');
    this.#sound.addSound(pcm, sentence);
    this.#notifyListener();
    await this.#waitForSpace(signal);
  }

  /** Makes the next sound begin a sentence, even with the same text. */
  endSentence(): void {
    this.#sound.sentences.close();
  }

  /** Ends the reply after its queued sound. */
  end(): void {
    this.#closeWith('completed');
  }

  /** Ends the reply as failed, after its queued sound. */
  fail(): void {
    this.#closeWith('failed');
  }

  /** Drops the waiting sound, with a fade of 4 ms in the next frame. */
  cut(): void {
    if (this.#finished) return;
    if (!this.#isPaused) this.#fadeOut();
    this.#settleFinish('cancelled');
    this.#freeSpace();
    this.#notifyListener();
  }

  /**
   * Drops all sound after the current sentence, also of later writes. Ends as `cancelled` if
   * there was any.
   */
  endAfterSentence(): void {
    if (this.#finished || this.#ending === 'cancelled') return;
    this.#isLastSentence = true;
    if (this.#sound.nextPosition === 0) this.cut();
    else if (this.#sound.dropAfterSentence()) this.#dropSound();
  }

  /** Lowers the volume by `db` from the next frame on. 0 restores it. */
  duck(db: number): void {
    this.#sound.gain.rampTo(toGain(-db), this.#isSounding ? glideMs * samplesPerMs : 0);
  }

  /** Fades out within 4 ms, and keeps the waiting sound. */
  pause(): void {
    if (this.#finished || this.#isPaused) return;
    this.#isPaused = true;
    this.#pausedFrames = 0;
    this.#fadeOut();
  }

  /**
   * Resumes at the start of the cut word, or after at most 80 ms where it paused. Drops a pause that nobody heard.
   */
  resume(): void {
    if (this.#finished || !this.#isPaused) return;
    this.#isPaused = false;
    const isShort = this.#pausedFrames <= maxShortPauseFrames;
    if (!this.#tail && isShort) this.#sound.fadeIn();
    else if (!this.#tail) this.#sound.rewindToWord(this.#ending !== undefined);
    this.#tail = undefined;
    this.#notifyListener();
  }

  /** Replaces the listener for sound, an end, and a resumed reply. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Returns the next 20 ms for a track. Undefined during a pause, after the end, and while sound is late. */
  pullBlock(): Block | undefined {
    if (this.#isPaused) this.#pausedFrames++;
    const block =
      this.#finished || this.#isPaused ? this.#pullTail() : this.#pullSound();
    this.#isSounding = block !== undefined;
    this.#freeSpace();
    return block;
  }

  #closeWith(ending: Exclude<ReplyFinish, 'empty'>) {
    if (this.#ending || this.#finished) return;
    this.#sound.close();
    this.#ending = ending;
    if (!this.#isSounding || !this.#isUnconfirmed) this.#concludeIfDrained();
    this.#notifyListener();
  }

  #dropSound() {
    this.#ending = 'cancelled';
    if (!this.#isUnconfirmed) this.#concludeIfDrained();
    this.#freeSpace();
    this.#notifyListener();
  }

  #pullSound(): Block | undefined {
    const { length } = this.#sound;
    if (length === 0) {
      this.#concludeIfDrained();
      return undefined;
    }
    const isStarved = length < frameSamples && !this.#ending;
    if (isStarved && !this.#hasWaited) {
      this.#hasWaited = true;
      return undefined;
    }
    this.#hasWaited = false;
    const { samples, to } = this.#sound.takeFrame(isStarved);
    this.#isUnconfirmed = true;
    return { samples, onSent: (atMs) => this.#onSamplesSent(to, atMs) };
  }

  #pullTail() {
    const samples = this.#tail;
    this.#tail = undefined;
    return samples && { samples, onSent: () => undefined };
  }

  #fadeOut() {
    if (this.#isSounding && this.#sound.length > 0)
      this.#tail = this.#sound.createTail();
  }

  #onSamplesSent(to: number, atMs: number) {
    this.#firstSentAtMs ??= atMs;
    this.#sound.sentences.noteSent(to);
    if (to !== this.#sound.nextPosition) return;
    this.#isUnconfirmed = false;
    this.#concludeIfDrained();
  }

  /** Ends the reply after its last frame, or one later if the connection refused one. */
  #concludeIfDrained() {
    if (this.#sound.length > 0 || !this.#ending) return;
    const isEmpty = this.#sound.nextPosition === 0 && this.#ending === 'completed';
    this.#settleFinish(isEmpty ? 'empty' : this.#ending);
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
      while (!this.#finished && this.#sound.length > maxQueueMs * samplesPerMs) {
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

  #notifyListener() {
    this.#listener?.();
  }
}

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
