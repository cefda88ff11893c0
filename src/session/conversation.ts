import type { BotError } from '#src/base/errors.ts';
import type { SpokenReply } from '#src/playback/spoken-reply.ts';
import { admit, inText, lineOf } from './admission.ts';
import { type Progress, speakAnswer, unanswered } from './answer.ts';
import { showAside } from './asides.ts';
import type { Asking } from './command-ports.ts';
import { deliver } from './delivery.ts';
import type { AnswerFinish } from './events.ts';
import { tick, withoutEcho } from './hush.ts';
import { keep } from './keeping.ts';
import { isSlow, postpone, putOff } from './later.ts';
import type { Question } from './matter.ts';
import { stuck } from './mouth.ts';
import type { Conversation } from './room.ts';
import { addressed, asAddressed, namesFor } from './salutation.ts';
import type { Refused } from './spending.ts';
import { refuse } from './spending-refusal.ts';
import { tellWhole, watchAnswer } from './stage-watchdog.ts';
import { think } from './think.ts';
import { Thinking } from './thinking.ts';
import { withTwins } from './twins.ts';
import { writtenInstead } from './voiceless.ts';

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
  if (!(thinking instanceof Thinking)) return refuse(question, thinking, room);
  question.step = () => thinking.step;
  const { attention, mouth } = room;
  let isPutOff = false;
  attention.answering(question.said.speakerId);
  const give = async (reply: SpokenReply): Promise<void> => {
    const making = { thinking, reply, progress };
    thinking.want(reply);
    isPutOff = (await isSlow(thinking, room, signal)) && postpone(question, thinking, room);
    if (isPutOff) return attention.answered(question.said.speakerId, '');
    const { finish, failure } = await perform(question, room, making, signal).finally(() => {
      for (const { said } of withTwins(question))
        attention.answered(said.speakerId, reply.heardText());
    });
    const { dropped } = question.claim;
    if (dropped === 'continued') thinking.discard();
    else if (dropped !== 'withdrawn') {
      keep(question, { reply, progress, finish }, room);
      if (failure?.stage !== 'speak') showAside(question, { reply, progress, finish }, room);
    }
    await conclude({ finish, ...(failure && { failure }) }, room, signal);
  };
  await mouth.speak(signal, give, { isAnswer: true });
  if (isPutOff) await putOff(question, room, signal);
}

/** The room is told what broke, and forgets it once an answer is whole. */
async function conclude(
  { finish, failure }: Outcome,
  room: Conversation,
  signal: AbortSignal,
): Promise<void> {
  if (failure) await admit(failure, room, signal);
  else if (finish === 'completed') {
    room.troubles.over('recognise', 'think', 'key');
    tellWhole(room);
  }
}

async function perform(
  question: Question,
  room: Conversation,
  { thinking, reply, progress }: Making,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const answered = thinking.release(reply, signal);
    const wanted = withoutEcho(answered, question, thinking);
    const made = addressed(wanted, question, room, signal);
    const parts = writtenInstead(made, progress, room, signal);
    const work = () => speakAnswer(parts, reply, progress, signal);
    const failure = await watched(reply, work, thinking, room, signal);
    for (const { tell } of withTwins(question)) tell?.(toldOf(progress, failure, room));
    const finish = await room.mouth.played(reply, signal);
    if (room.mouth.isStuck) {
      inText(progress.text, room);
      progress.written = progress.text;
      return { finish: 'failed', failure: stuck() };
    }
    if (finish === 'empty' && thinking.isDone) tick(room);
    return failure ? { finish: 'failed', failure } : { finish };
  } catch (error) {
    const wasHeard = signal.aborted && reply.firstSentAtMs !== undefined;
    if (!question.claim.takenBack && !wasHeard) throw error;
    return { finish: 'cancelled' };
  }
}

/** As `deliver`, but what hangs is given up. */
async function watched(
  reply: SpokenReply,
  work: () => Promise<void>,
  thinking: Thinking,
  room: Conversation,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const over = new AbortController();
  void watchAnswer(thinking, reply, room, AbortSignal.any([signal, over.signal]));
  try {
    return await deliver(reply, work, signal);
  } finally {
    over.abort(new Error('it is delivered'));
  }
}

/** What was begun ahead, if it still rests on what the room knows or was long awaited; else anew. */
function take(question: Question, room: Conversation): Thinking | Refused {
  const { earlier, postponed, said, thinking } = question;
  question.thinking = undefined;
  question.postponed = false;
  if (thinking && (postponed || thinking.basis === room.memory.state)) return thinking;
  thinking?.discard();
  const addressee = asAddressed(namesFor(question, room), room);
  return think([...earlier, said], room, room.signal, addressee);
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
