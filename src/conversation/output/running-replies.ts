import { BotError } from '#src/base/errors.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { EventOf } from '#src/conversation/machine/events.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';

type ReplyOver = Omit<EventOf<'over'>, 'atMs'>;

/** End of the sound of a reply, and the failure that caused it. */
export type ReplyEnd = Pick<ReplyOver, 'finish'> & { readonly failure?: BotError };

/** An answer or a text that is made or heard. */
export type RunningReply = {
  readonly id: Id;
  /** Ends all that is made for it. */
  readonly over: AbortController;
  /** Ends its sound. */
  playing: AbortController | undefined;
  reply: SpokenReply | undefined;
};

/** A reply that runs until `signal` is aborted. */
export function newReply(id: Id, signal: AbortSignal): RunningReply {
  const over = controllerUnder(signal);
  return { id, over, playing: undefined, reply: undefined };
}

/** Called once for each reply whose sound is over; returns what the conversation is told of it. */
type Concluded<Reply> = (
  reply: Reply,
  end: ReplyEnd,
) => Omit<ReplyOver, 'finish' | 'kind' | 'reply'>;

/** Replies of one kind that run in a session: plays and stops them, and tells the conversation of their ends. */
export class RunningReplies<Reply extends RunningReply> {
  readonly #loop;
  readonly #concluded;
  readonly #all = new Map<Id, Reply>();

  constructor(loop: ConversationLoop, concluded: Concluded<Reply>) {
    this.#loop = loop;
    this.#concluded = concluded;
  }

  add(reply: Reply): void {
    this.#all.set(reply.id, reply);
  }

  of(id: Id | undefined): Reply | undefined {
    return id === undefined ? undefined : this.#all.get(id);
  }

  /** Says a reply by `speak`. Throws only what is a bug. */
  async play(
    reply: Reply,
    speak: (output: SpeechOutput, signal: AbortSignal) => Promise<ReplyEnd>,
  ): Promise<void> {
    const playing = controllerUnder(reply.over.signal);
    reply.playing = playing;
    const { signal } = playing;
    const { output } = this.#loop;
    let end: ReplyEnd = { finish: 'cancelled' };
    try {
      if (output) end = await speak(output, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (this.of(reply.id) !== reply) return;
    const { finish } = end;
    const concluded = this.#concluded(reply, end);
    this.#all.delete(reply.id);
    this.#loop.post({ kind: 'over', reply: reply.id, finish, ...concluded });
    reply.over.abort(new Error('the reply is over'));
  }

  /** Ends a reply that was not heard. */
  discard(id: Id): void {
    const reply = this.of(id);
    this.#all.delete(id);
    reply?.over.abort(new Error('the reply is not wanted'));
  }

  /** Falls silent; `over` follows. */
  cut(id: Id): void {
    this.of(id)?.playing?.abort(new Error('the reply was cut'));
  }

  /** Falls silent at the end of the clause that sounds. */
  finishClause(id: Id): void {
    const { playing, reply } = this.of(id) ?? {};
    reply?.endAfterSentence();
    void reply?.finish.then((finish) => {
      if (finish === 'cancelled') playing?.abort(new Error('the clause was over'));
    });
  }
}

/**
 * Fills `reply` by `work`: what went wrong outside, or undefined. What there is of the reply plays on either way.
 *
 * Throws what is a bug. Aborting `signal` throws what `work` threw.
 */
export async function deliver(
  reply: SpokenReply,
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
