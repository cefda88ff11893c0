import type { BotError } from '#src/base/errors.ts';
import type { SpokenReply } from '#src/playback/spoken-reply.ts';
import { admit, lineOf } from './admission.ts';
import { type Progress, speakAnswer, unanswered } from './answer.ts';
import type { Asking } from './command-ports.ts';
import { deliver } from './delivery.ts';
import type { AnswerFinish } from './events.ts';
import type { Question } from './floor.ts';
import type { Conversation } from './room.ts';

/** How an attempt at an answer ended; `failure` is what broke outside. */
type Outcome = { readonly finish: AnswerFinish; readonly failure?: BotError };

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
  await room.mouth.speak(signal, async (reply) => {
    const { finish, failure } = await perform(question, room, reply, progress, signal);
    if (question.claim.dropped !== 'withdrawn') keep(question, reply, progress, finish, room);
    if (failure) await admit(failure, progress.text, room, signal);
  });
}

async function perform(
  question: Question,
  room: Conversation,
  reply: SpokenReply,
  progress: Progress,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const failure = await attempt(question, room, reply, progress, signal);
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
  { said }: Question,
  { memory, parts }: Conversation,
  reply: SpokenReply,
  progress: Progress,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const { clock, pipeline, style } = parts;
  const turn = { said: [said], style, history: memory.messages(), tools: [] };
  const stage = {
    playedMs: () => reply.playedMs(),
    run: async () => ({ content: 'There is no such tool.' }),
  };
  const reading = pipeline.answer(turn, stage, signal);
  const work = () => speakAnswer(reading, reply, progress, () => clock.nowMs(), signal);
  return await deliver(reply, work, signal);
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
  { channel, memory, panel, parts }: Conversation,
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
    instants,
  });
}
