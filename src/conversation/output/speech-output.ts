import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { deadlineError } from '#src/conversation/alerts/answer-deadline-watchdog.ts';
import { type ReplyFinish, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { SpeechPace } from './speech-pace.ts';
import type { SpokenSegment } from './spoken-segment.ts';

/** Longest time in ms in which nothing of a reply leaves; then it is given up, as the link does not send it. */
const stallMs = 10_000;
/** Number of those times after which a paused reply is given up: the person who paused it has forgotten it. */
const longestPauses = 3;
/** Bounds of the pace at which sound is stretched. */
const [slowest, fastest] = [0.5, 2];

/** Properties of a reply that never change. */
export type ReplyBirth = {
  /** False for what must be heard out. Default true. */
  readonly interruptible?: boolean;
  /** Left out, as people asked for it. */
  readonly speed?: number;
  /** Pace that its addressee has chosen, beside the pace that people ask for aloud; 1 is usual. */
  readonly ownSpeed?: number;
  /** People whom it answers; none for a text that is read out. */
  readonly answeredIds?: readonly string[];
};

/** Told what was sent of each reply that is over, but for what the bot has to say of itself. Never throws. */
export type OnSent = (words: SpokenSegment) => void;

/** Says one thing after the other on the track of one session. */
export class SpeechOutput {
  readonly #track: VoiceTrack;
  readonly #clock: Clock;
  readonly #onSent: OnSent;
  readonly #pace: SpeechPace;
  #reply: SpokenReply | undefined;
  #answeredIds: readonly string[] = [];
  #isForgotten = false;
  #sounded = false;
  #resumes = 0;
  #isStuck = false;

  /** Everything is said at the pace that holds when it begins. */
  constructor(
    track: VoiceTrack,
    clock: Clock,
    onSent: OnSent = () => undefined,
    pace = new SpeechPace(),
  ) {
    this.#pace = pace;
    this.#track = track;
    this.#clock = clock;
    this.#onSent = onSent;
  }

  /** A person withdrew their words. */
  forget(personId: string): void {
    this.#isForgotten ||= this.#answeredIds.includes(personId);
  }

  /** True where a person whom it answers has withdrawn their words since it began. */
  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  /** Words of the current reply that were sent so far; undefined before its first frame. */
  get sent(): SpokenSegment | undefined {
    const reply = this.#reply;
    return reply?.interruptible ? this.#sentOf(reply) : undefined;
  }

  /** Something of what is being said has been heard. */
  get sounds(): boolean {
    return this.#reply?.firstSentAtMs !== undefined;
  }

  /** Something of what was said last has been heard. */
  get sounded(): boolean {
    return this.#sounded;
  }

  /** True where the last reply was given up, since the link did not send it any more. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Something is being said, but for the moment there is no more of it. */
  get starves(): boolean {
    return this.#reply !== undefined && !this.#reply.paused && !this.#reply.ready;
  }

  /** Whether people may talk down what is being said; true while nothing is. */
  get interruptible(): boolean {
    return this.#reply?.interruptible ?? true;
  }

  /**
   * Opens a reply for `work`; whatever happens, it is silent afterwards.
   *
   * Throws what `work` throws. Aborting `signal` falls silent within a frame and throws `signal.reason`.
   */
  async speak(
    signal: AbortSignal,
    work: (reply: SpokenReply) => Promise<void>,
    { answeredIds = [], ownSpeed = 1, ...options }: ReplyBirth = {},
  ): Promise<void> {
    const speed = Math.min(fastest, Math.max(slowest, this.#pace.speed * ownSpeed));
    const reply = new SpokenReply({ speed, ...options });
    const cut = () => reply.cut();
    signal.addEventListener('abort', cut);
    const over = new AbortController();
    this.#isStuck = false;
    try {
      if (this.#track.add(reply).kind === 'full')
        throw new Error('the output speaks another reply');
      this.#reply = reply;
      this.#answeredIds = answeredIds;
      this.#isForgotten = false;
      void this.#watchSending(reply, AbortSignal.any([signal, over.signal]));
      await work(reply);
      signal.throwIfAborted();
    } finally {
      over.abort(new Error('the reply is over'));
      this.#reply = undefined;
      this.#sounded = reply.firstSentAtMs !== undefined;
      signal.removeEventListener('abort', cut);
      reply.cut();
      const sent = reply.interruptible ? this.#sentOf(reply) : undefined;
      if (sent) void this.#reportSent(sent, reply);
    }
  }

  /** Grows quieter by `db` over `overMs`, from the next frame on; only what is being said, not what comes after. */
  duck(db: number, overMs: number): void {
    this.#reply?.duck(db, overMs);
  }

  unduck(overMs: number): void {
    this.#reply?.unduck(overMs);
  }

  /** Silent within a frame; nothing is lost. */
  pause(): void {
    this.#reply?.pause();
  }

  /** Goes on from the start of the word that was cut. */
  resume(): void {
    this.#resumes++;
    this.#reply?.resume();
  }

  /**
   * Ends the current reply with the sentence that sounds, if there is more; `over` is called then. Its source is the
   * caller's to stop.
   */
  endAfterSentence(over: () => void = () => undefined): void {
    this.#reply?.endAfterSentence();
    void this.#reply?.finish.then(over); // never rejects
  }

  /** End of the reply, once all of it was sent; it is cut when the link sends nothing more, or when no call resumes it. */
  async played(reply: SpokenReply, signal: AbortSignal): Promise<ReplyFinish> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const watching = this.#watch(reply, either).catch(() => undefined); // ends with the reply or with its signal
    const finish = await reply.finish;
    over.abort(new Error('the reply was played'));
    await watching;
    return finish;
  }

  #sentOf(reply: SpokenReply): SpokenSegment | undefined {
    const fromMs = reply.firstSentAtMs;
    if (fromMs === undefined) return undefined;
    const [text, toMs] = [reply.heardText(), this.#clock.nowMs()];
    const { isForgotten } = this;
    const about = { answeredIds: this.#answeredIds, isForgotten };
    return { key: reply, text, fromMs, toMs, isOver: false, isCut: false, ...about };
  }

  /** Never throws. */
  async #reportSent(sent: SpokenSegment, { finish }: SpokenReply): Promise<void> {
    const isCut = (await finish) === 'cancelled';
    this.#onSent({ ...sent, isOver: true, isCut });
  }

  async #watch(reply: SpokenReply, signal: AbortSignal): Promise<void> {
    let pauses = 0;
    for (let before = -1; pauses <= longestPauses; ) {
      pauses = reply.paused ? pauses + 1 : 0;
      const now = reply.playedMs() + this.#resumes; // both only grow
      if (pauses === 0 && now === before) {
        this.#isStuck = true;
        break;
      }
      before = now;
      await this.#clock.sleep(stallMs, signal);
    }
    reply.cut();
  }

  /** Cuts a reply that is being written when its sound lies here and nothing leaves, so that the writer goes on. */
  async #watchSending(reply: SpokenReply, signal: AbortSignal): Promise<void> {
    let before = -1;
    while (!signal.aborted) {
      const now = reply.playedMs() + this.#resumes;
      const isDue = reply.ready && !reply.paused;
      if (isDue && now === before) {
        this.#isStuck = true;
        return reply.cut();
      }
      before = isDue ? now : -1;
      await this.#clock.sleep(stallMs, signal).catch(() => undefined); // ends the loop
    }
  }
}

/** Why what could not leave for the channel was given up. */
export function stuck(): BotError {
  return deadlineError('speak', `The voice link sent no frame of a reply for ${stallMs / 1000} s.`);
}
