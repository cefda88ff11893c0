import { createChildController } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { EventOf } from '#src/conversation/machine/events.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';

type ReplyOverEvent = Omit<EventOf<'over'>, 'atMs'>;

export type ReplyEnd = Pick<ReplyOverEvent, 'finish'> & { readonly failure?: BotError };

export type RunningReply = {
  readonly id: Id;
  readonly over: AbortController;
  sounding: AbortController | undefined;
  reply: SpokenReply | undefined;
};

export function createRunningReply(id: Id, signal: AbortSignal): RunningReply {
  const over = createChildController(signal);
  return { id, over, sounding: undefined, reply: undefined };
}

type ConcludeReply<Reply> = (
  reply: Reply,
  end: ReplyEnd,
) => Omit<ReplyOverEvent, 'finish' | 'kind' | 'reply'>;

export function createRunningReplies<Reply extends RunningReply>(
  loop: Pick<ConversationLoop, 'output' | 'post'>,
  conclude: ConcludeReply<Reply>,
) {
  const replies = new Map<Id, Reply>();

  function find(id: Id | undefined): Reply | undefined {
    return id === undefined ? undefined : replies.get(id);
  }

  return {
    add(reply: Reply) {
      replies.set(reply.id, reply);
    },
    find,
    /** Throws bugs only. */
    async play(
      reply: Reply,
      speak: (output: SpeechOutput, signal: AbortSignal) => Promise<ReplyEnd>,
    ) {
      const playing = createChildController(reply.over.signal);
      reply.sounding = playing;
      const { signal } = playing;
      const { output } = loop;
      let end: ReplyEnd = { finish: 'cancelled' };
      try {
        if (output) end = await speak(output, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      if (find(reply.id) !== reply) return;
      const { finish } = end;
      replies.delete(reply.id);
      loop.post({ kind: 'over', reply: reply.id, finish, ...conclude(reply, end) });
      reply.over.abort(new Error('the reply is over'));
    },
    discard(id: Id) {
      const reply = find(id);
      replies.delete(id);
      reply?.over.abort(new Error('the reply is not wanted'));
    },
    cut(id: Id) {
      find(id)?.sounding?.abort(new Error('the reply was cut'));
    },
    finishClause(id: Id) {
      const { sounding, reply } = find(id) ?? {};
      reply?.endAfterSentence();
      if (reply) loop.post({ kind: 'whole', reply: id, text: reply.getWholeText() });
      void reply?.finish.then((finish) => {
        if (finish === 'cancelled') sounding?.abort(new Error('the clause was over'));
      });
    },
  };
}

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
