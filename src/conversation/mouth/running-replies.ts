import { createChildController } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { EventOf, InnerEvent } from '#src/conversation/machine/events.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { MadeName } from './answer-delivery.ts';
import type { AnswerProgress, PendingAnswer } from './pending-answer.ts';
import type { SpeechOutput } from './speech-output.ts';

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
