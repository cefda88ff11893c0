import { createChildController } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { EventOf } from '#src/conversation/machine/events.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SpeechOutput } from '#src/conversation/mouth/speech-output.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';

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

/** Creates a reply that ends with `signal`. */
export function createRunningReply(id: Id, signal: AbortSignal): RunningReply {
  return {
    id,
    over: createChildController(signal),
    sounding: undefined,
    reply: undefined,
  };
}

type ConcludeReply<Reply> = (
  reply: Reply,
  end: ReplyEnd,
) => Omit<ReplyOverEvent, 'finish' | 'kind' | 'reply'>;

/** Replies of one kind that are being made or sound, by their ids. */
export class RunningReplies<Reply extends RunningReply> {
  readonly #session: { readonly loop: ConversationLoop; readonly mouth: Mouth };
  readonly #conclude: ConcludeReply<Reply>;
  readonly #replies = new Map<Id, Reply>();

  /** `conclude` returns the facts about a reply that has ended by itself. */
  constructor(
    session: { readonly loop: ConversationLoop; readonly mouth: Mouth },
    conclude: ConcludeReply<Reply>,
  ) {
    this.#session = session;
    this.#conclude = conclude;
  }

  /** Adds a reply that is being made. */
  add(reply: Reply): void {
    this.#replies.set(reply.id, reply);
  }

  /** Finds a reply until its end. */
  findReply(id: Id | undefined): Reply | undefined {
    return id === undefined ? undefined : this.#replies.get(id);
  }

  /**
   * Plays a reply on the open connection, and posts `over` at its end, unless it was discarded before. Throws bugs
   * only.
   */
  async play(
    reply: Reply,
    speak: (output: SpeechOutput, signal: AbortSignal) => Promise<ReplyEnd>,
  ): Promise<void> {
    const sounding = createChildController(reply.over.signal);
    reply.sounding = sounding;
    const { signal } = sounding;
    const { output } = this.#session.mouth;
    let end: ReplyEnd = { finish: 'cancelled' };
    try {
      if (output) end = await speak(output, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (this.findReply(reply.id) !== reply) return;
    const { finish } = end;
    this.#replies.delete(reply.id);
    const conclusion = this.#conclude(reply, end);
    this.#session.loop.post({ kind: 'over', reply: reply.id, finish, ...conclusion });
    reply.over.abort(new Error('the reply is over'));
  }

  /** Drops a reply. No event follows. */
  discard(id: Id): void {
    const reply = this.findReply(id);
    this.#replies.delete(id);
    reply?.over.abort(new Error('the reply is not wanted'));
  }

  /** Silences a reply at once. Its end is posted. */
  cut(id: Id): void {
    this.findReply(id)?.sounding?.abort(new Error('the reply was cut'));
  }

  /** Ends a reply after its current clause. */
  finishClause(id: Id): void {
    const { sounding, reply } = this.findReply(id) ?? {};
    reply?.endAfterSentence();
    if (reply)
      this.#session.loop.post({ kind: 'whole', reply: id, text: reply.getWholeText() });
    void reply?.finish.then((finish) => {
      if (finish === 'cancelled') sounding?.abort(new Error('the clause was over'));
    });
  }
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
