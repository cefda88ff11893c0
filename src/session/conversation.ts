import type { BotError } from '#src/base/errors.ts';
import type { SpokenReply } from '#src/playback/spoken-reply.ts';
import { admit, lineOf } from './admission.ts';
import { type Progress, speakAnswer, unanswered } from './answer.ts';
import type { Asking } from './command-ports.ts';
import { deliver } from './delivery.ts';
import type { AnswerFinish } from './events.ts';
import type { Question } from './floor.ts';
import type { Conversation } from './room.ts';
import { think } from './think.ts';
import type { Thinking } from './thinking.ts';

/** How an attempt at an answer ended; `failure` is what broke outside. */
type Outcome = { readonly finish: AnswerFinish; readonly failure?: BotError };

type Making = {
  readonly thinking: Thinking;
  readonly reply: SpokenReply;
  readonly progress: Progress;
};

/**
 * Answers one question and returns when the answer has been played, or has failed and the room was told so.
 *
 * Throws only what is a bug. Aborting `signal` falls silent and throws `signal.reason`; what was heard until then is
 * kept, unless the question was taken back by its own speaker.
 */
export async function answer(
  question: Question,
  room: Conversation,
  signal: AbortSignal,
): Promise<void> {
  const progress = unanswered(question.said.toMs, question.endedAtMs);
  const thinking = take(question, room);
  const { speakerId } = question.said;
  room.attention.answering(speakerId);
  const give = async (reply: SpokenReply): Promise<void> => {
    const making = { thinking, reply, progress };
    const { finish, failure } = await perform(question, room, making, signal).finally(() =>
      room.attention.answered(speakerId, reply.heardText()),
    );
    const { dropped } = question.claim;
    if (dropped === 'continued') thinking.discard();
    else if (dropped !== 'withdrawn') keep(question, reply, progress, finish, room);
    if (failure) await admit(failure, progress.text, room, signal);
  };
  await room.mouth.speak(signal, give, { isAnswer: true });
}

async function perform(
  question: Question,
  room: Conversation,
  { thinking, reply, progress }: Making,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const failure = await attempt(thinking, reply, progress, signal);
    question.tell?.(toldOf(progress, failure, room));
    const finish = await room.mouth.played(reply, signal);
    return failure ? { finish: 'failed', failure } : { finish };
  } catch (error) {
    const wasHeard = signal.aborted && reply.firstSentAtMs !== undefined;
    if (!question.claim.takenBack && !wasHeard) throw error;
    return { finish: 'cancelled' };
  }
}

/** What went wrong outside, or undefined. What there is of the answer plays on either way. */
async function attempt(
  thinking: Thinking,
  reply: SpokenReply,
  progress: Progress,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const work = () => speakAnswer(thinking.release(reply, signal), reply, progress, signal);
  return await deliver(reply, work, signal);
}

/** What was begun ahead, if it still rests on what the room knows; else anew. */
function take(question: Question, room: Conversation): Thinking {
  const { earlier, said, thinking } = question;
  question.thinking = undefined;
  if (thinking?.basis === room.memory.state) return thinking;
  thinking?.discard();
  return think([...earlier, said], room, room.signal);
}

/** An answer that could not be spoken was written all the same; one without a word is none. */
function toldOf(
  { text }: Progress,
  failure: BotError | undefined,
  { parts }: Conversation,
): Asking {
  if (failure && failure.stage !== 'speak') return { kind: 'failed', line: lineOf(failure, parts) };
  if (text.trim() !== '') return { kind: 'answered', text };
  return { kind: 'failed', line: { id: 'fail.llm', with: { provider: parts.chatName } } };
}

/** Into the memory goes what was said and what was heard of the answer, and nothing else. */
function keep(
  { said, words, tell }: Question,
  reply: SpokenReply,
  progress: Progress,
  finish: AnswerFinish,
  { channel, memory, panel, parts, waste }: Conversation,
): void {
  if (!words || words.text.trim() === '') return;
  const { speakerId, name } = said;
  const heardText = reply.heardText();
  memory.add({ speakerId, name, said: words.text, heard: heardText });
  const { firstSentAtMs } = reply;
  const instants = {
    ...progress.instants,
    recognisedAtMs: words.atMs,
    ...(firstSentAtMs !== undefined && { firstSentAtMs }),
  };
  if (firstSentAtMs !== undefined && !tell) panel.answered(firstSentAtMs - instants.heardAtMs);
  parts.onEvent(channel.guildId, {
    kind: 'answered',
    speakerId,
    name,
    text: progress.text,
    heardText,
    finish,
    ...(tell && { typed: true }),
    vainShare: waste.share,
    instants,
  });
}
