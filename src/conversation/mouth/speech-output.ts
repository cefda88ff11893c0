import type { Pcm } from '#src/audio/pcm.ts';
import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { addFailureStage, BotError, createDeadlineError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { EventOf, InnerEvent } from '#src/conversation/machine/events.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { ClauseVoice } from '#src/pipeline/read-ahead-speech.ts';
import { SpokenReply, type VoiceTrack } from '#src/playback/reply/spoken-reply.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
import type { MadeName } from './answer-delivery.ts';
import type { AnswerProgress, PendingAnswer } from './pending-answer.ts';

export const paceChanges = ['slower', 'faster', 'usual'] as const;

/** A change of pace that a person asks for aloud. `usual` takes all changes back. */
type PaceChange = (typeof paceChanges)[number];

const [slowerFactor, minPace, maxPace] = [0.85, 0.7, 1.4];

/**
 * Keeps the pace of the bot's speech in one session, as people asked for it. 1 is usual.
 *
 * @example
 * import { SpeechPace } from '#src/conversation/mouth/speech-output.ts';
 *
 * const pace = new SpeechPace();
 * pace.changePace('faster');
 * pace.changePace('slower');
 * pace.speed; // 1
 */
export class SpeechPace {
  #speed = 1;

  /** Factor of the usual speed, from 0.7 to 1.4. The next reply takes it. */
  get speed(): number {
    return this.#speed;
  }

  /** Changes the pace by a step of 15 %, within its bounds. */
  changePace(change: PaceChange): void {
    // "Faster" takes back "slower" before it goes further, and the other way round.
    const speed = this.#speed;
    if (change === 'usual') this.#speed = 1;
    else if (change === 'slower')
      this.#speed = speed > 1 ? 1 : Math.max(minPace, speed * slowerFactor);
    else this.#speed = speed < 1 ? 1 : Math.min(maxPace, speed / slowerFactor);
  }
}

/** Time after which a reply of which no frame leaves is given up. */
const maxStallMs = 10_000;
const [minSpeed, maxSpeed] = [0.5, 2];

type ReplyOptions = {
  readonly id: number;
  readonly by?: PersonId;
  readonly interruptible?: boolean;
  /** Pace of the listener, beside the one that people ask for aloud. 1 is usual. */
  readonly ownSpeed?: number;
  readonly answeredIds?: readonly PersonId[];
  /** BCP 47, where it is known. */
  readonly language?: string | undefined;
  /** Returns the people whose words the reply repeats, as far as known by now. */
  readonly listQuotedIds?: () => readonly PersonId[];
};

type OpenReply = ReplyOptions & { readonly reply: SpokenReply };

/** A reply of which something has left. `isStarved`: its next sound is late. */
type LeavingReply = Pick<ReplyOptions, 'id'> & {
  readonly isStarved: boolean;
  readonly pausedAfter: string | undefined;
};

/** Receives the words of each reply that is over, except notices. Never throws. */
type OnSent = (segment: SpokenSegment) => void;

/**
 * Says one reply after the other on the voice track of a session.
 *
 * @example
 * import type { Pcm } from '#src/audio/pcm.ts';
 * import type { SpeechOutput } from '#src/conversation/mouth/speech-output.ts';
 *
 * declare const output: SpeechOutput;
 * declare const hello: Pcm;
 * const { signal } = new AbortController();
 * await output.speakReply(signal, async (reply) => {
 *   await reply.write(hello, 'Hello.', signal);
 *   reply.end();
 *   await reply.finish;
 * }, { id: 1 });
 */
export class SpeechOutput {
  readonly #track;
  readonly #clock;
  readonly #onSent;
  readonly #pace;
  #openReply: OpenReply | undefined;
  #resumeCount = 0;
  #isStuck = false;

  constructor(track: VoiceTrack, clock: Clock, onSent: OnSent, pace: SpeechPace) {
    this.#track = track;
    this.#clock = clock;
    this.#onSent = onSent;
    this.#pace = pace;
  }

  /** Words of the open reply that have left so far. Undefined before its first frame, and for notices. */
  get spokenSoFar(): SpokenSegment | undefined {
    return this.#openReply && this.#describeSpoken(this.#openReply);
  }

  /** Text of the open reply that has left, or an empty one. */
  get heardText(): string {
    return this.#openReply?.reply.getHeardText() ?? '';
  }

  /** The open reply once its first frame has left. */
  get leavingReply(): LeavingReply | undefined {
    if (this.#openReply?.reply.firstSentAtMs === undefined) return undefined;
    const { id, reply } = this.#openReply;
    const pausedAfter = reply.isPaused ? reply.getHeardText() : undefined;
    return {
      id,
      pausedAfter,
      isStarved: !reply.isOver && !reply.isPaused && !reply.isReady,
    };
  }

  /** True if the latest reply was cut because none of its frames left for 10 s. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /**
   * Opens a reply for `work`, and silences it afterwards. Throws as `work`. Aborting `signal` silences it at once
   * and throws `signal.reason`.
   */
  async speakReply(
    signal: AbortSignal,
    work: (reply: SpokenReply) => Promise<void>,
    options: ReplyOptions,
  ): Promise<void> {
    const { interruptible, ownSpeed = 1 } = options;
    const speed = Math.min(maxSpeed, Math.max(minSpeed, this.#pace.speed * ownSpeed));
    const reply = new SpokenReply({ speed, interruptible });
    const openReply = { ...options, reply };
    const cutReply = () => reply.cut();
    signal.addEventListener('abort', cutReply);
    const ending = new AbortController();
    this.#isStuck = false;
    try {
      this.#track.add(reply);
      this.#openReply = openReply;
      void this.#watchForStall(reply, AbortSignal.any([signal, ending.signal]));
      await work(reply);
      signal.throwIfAborted();
    } finally {
      ending.abort(new Error('the reply is over'));
      if (this.#openReply === openReply) this.#openReply = undefined; // The next one may have begun.
      signal.removeEventListener('abort', cutReply);
      reply.cut();
      const sent = this.#describeSpoken(openReply);
      if (sent) void this.#reportSpoken(sent, reply);
    }
  }

  /** Lowers the volume of the open reply by `db` from the next frame on. 0 restores it. */
  duck(db: number): void {
    this.#openReply?.reply.duck(db);
  }

  /** Fades the open reply out within 4 ms. No sound is lost. */
  pause(): void {
    this.#openReply?.reply.pause();
  }

  /** Lets a paused reply go on. */
  resume(): void {
    this.#resumeCount++;
    this.#openReply?.reply.resume();
  }

  #describeSpoken({
    answeredIds,
    by,
    id,
    language,
    listQuotedIds,
    reply,
  }: OpenReply): SpokenSegment | undefined {
    const fromMs = reply.firstSentAtMs;
    if (fromMs === undefined || !reply.interruptible) return undefined;
    const [text, toMs] = [reply.getHeardText(), this.#clock.nowMs()];
    const answered = answeredIds ?? (by === undefined ? [] : [by]);
    const times = { fromMs, toMs, isOver: false, isCut: false };
    return {
      key: reply,
      text,
      language,
      ...times,
      answeredIds: [...answered, ...(listQuotedIds?.() ?? [])],
      answerId: by === undefined ? undefined : id,
    };
  }

  async #reportSpoken(sent: SpokenSegment, { finish }: Pick<SpokenReply, 'finish'>) {
    const isCut = (await finish) === 'cancelled';
    this.#onSent({ ...sent, isOver: true, isCut });
  }

  /** Cuts a reply with sound that is ready but not sent. */
  async #watchForStall(
    reply: Pick<SpokenReply, 'cut' | 'getPlayedMs' | 'isPaused' | 'isReady'>,
    signal: AbortSignal,
  ) {
    let lastProgress = -1;
    while (!signal.aborted) {
      const progress = reply.getPlayedMs() + this.#resumeCount; // Both only grow.
      const isDue = reply.isReady && !reply.isPaused;
      this.#isStuck = isDue && progress === lastProgress;
      // The writer goes on after a cut.
      if (this.#isStuck) return reply.cut();
      lastProgress = isDue ? progress : -1;
      await this.#clock.sleep(maxStallMs, signal).catch(() => undefined); // Ends the loop.
    }
  }
}

/** Creates the BotError of a reply of which no frame left for 10 s. */
export function createStuckError(): BotError {
  return createDeadlineError(
    'speak',
    `The voice link sent no frame of a reply for ${maxStallMs / 1000} s.`,
  );
}

/**
 * Yields the sound of a clause, or nothing if the clause has no speakable words. Errors: BotError at the stage
 * `speak`.
 */
export async function* synthesizeClause(
  clause: string,
  { synthesizer, voice }: ClauseVoice,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  try {
    yield* synthesizer.synthesize(clause, voice, signal);
  } catch (error) {
    if (error instanceof BotError && error.code === 'speech.unspeakable') return;
    throw addFailureStage('speak', error);
  }
}

type ReplyOverEvent = Omit<EventOf<'over'>, 'atMs'>;

/** The end of a reply on its track, with the failure that caused it. */
export type ReplyEnd = Pick<ReplyOverEvent, 'finish'> & { readonly failure?: BotError };

/** A reply that is being made, or sounds. */
export type RunningReply = {
  readonly id: Id;
  /** Aborted when the reply is over or not wanted any more. */
  readonly over: AbortController;
  /** Aborted to silence the reply. Undefined before it is played. */
  sounding: AbortController | undefined;
  reply: SpokenReply | undefined;
};

/** An answer to a turn, with what is made of it so far. */
export type RunningAnswer = RunningReply & {
  readonly effect: EffectOf<'begin'>;
  readonly pending: PendingAnswer;
  readonly progress: AnswerProgress;
  readonly name: MadeName | undefined;
};

/** Creates a reply that ends with `signal`. */
export function createRunningReply(id: Id, signal: AbortSignal): RunningReply {
  return {
    id,
    over: createChildController(signal),
    sounding: undefined,
    reply: undefined,
  };
}

type SpokenWork = {
  /** Speaks the reply, and resolves with its end. */
  readonly speak: (output: SpeechOutput, signal: AbortSignal) => Promise<ReplyEnd>;
  /** Returns the facts about the reply once it has ended by itself. */
  readonly conclude: (
    end: ReplyEnd,
  ) => Omit<ReplyOverEvent, 'finish' | 'kind' | 'reply'>;
};

/** The replies of a session that are being made or sound, by their ids: answers and announcements. */
export class RunningReplies {
  readonly #loop: ConversationLoop;
  readonly #findOutput: () => SpeechOutput | undefined;
  readonly #replies = new Map<Id, RunningReply>();

  /** `findOutput` returns the output of the open connection. */
  constructor(loop: ConversationLoop, findOutput: () => SpeechOutput | undefined) {
    this.#loop = loop;
    this.#findOutput = findOutput;
  }

  /** Adds an answer or an announcement that is being made. */
  add<Reply extends RunningReply>(reply: Reply): void {
    this.#replies.set(reply.id, reply);
  }

  /** Finds an answer until its end. */
  findAnswer(id: Id | undefined): RunningAnswer | undefined {
    const reply = id === undefined ? undefined : this.#replies.get(id);
    return reply && isAnswer(reply) ? reply : undefined;
  }

  /**
   * Plays a reply on the open connection, and posts `over` at its end, unless it was discarded before. Throws bugs
   * only.
   */
  async play(reply: RunningReply, { conclude, speak }: SpokenWork): Promise<void> {
    const sounding = createChildController(reply.over.signal);
    reply.sounding = sounding;
    const { signal } = sounding;
    let end: ReplyEnd = { finish: 'cancelled' };
    try {
      const output = this.#findOutput();
      if (output) end = await speak(output, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (this.#replies.get(reply.id) !== reply) return;
    const { finish } = end;
    this.#replies.delete(reply.id);
    this.#loop.post({ kind: 'over', reply: reply.id, finish, ...conclude(end) });
    reply.over.abort(new Error('the reply is over'));
  }

  /** Drops a reply. No event follows. */
  discard(id: Id): void {
    const reply = this.#replies.get(id);
    this.#replies.delete(id);
    reply?.over.abort(new Error('the reply is not wanted'));
  }

  /** Silences a reply at once. Its end is posted. */
  cut(id: Id): void {
    this.#replies.get(id)?.sounding?.abort(new Error('the reply was cut'));
  }

  /** Ends a reply after its current clause. Returns its text up to there, if it has one. */
  finishClause(id: Id): InnerEvent | undefined {
    const { sounding, reply } = this.#replies.get(id) ?? {};
    if (!reply) return undefined;
    reply.endAfterSentence();
    void reply.finish.then((finish) => {
      if (finish === 'cancelled') sounding?.abort(new Error('the clause was over'));
    });
    return { kind: 'whole', reply: id, text: reply.getWholeText() };
  }
}

function isAnswer(reply: RunningReply): reply is RunningAnswer {
  return 'pending' in reply;
}

/** The end of a reply, by its producer. */
export type FilledReply = Pick<SpokenReply, 'end' | 'fail'>;

/**
 * Fills `reply` by `work`, and returns a failure of the outside, after which the sound so far plays.
 *
 * Throws bugs. Aborting `signal` throws the error of `work`.
 */
export async function fillReply(
  reply: FilledReply,
  work: () => Promise<void>,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  try {
    await work();
    reply.end();
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    reply.fail();
    return error;
  }
}
