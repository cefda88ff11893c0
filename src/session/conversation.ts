import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { History } from '#src/chat/history.ts';
import type { Said } from '#src/pipeline/pipeline.ts';
import { type Finish, SpokenReply } from '#src/playback/spoken-reply.ts';
import type { VoiceTrack } from '#src/playback/voice-track.ts';
import { text } from '#src/texts/texts.ts';
import { type Progress, speakAnswer, unanswered } from './answer.ts';
import type { AnswerFinish } from './events.ts';
import type { ChannelRef } from './link.ts';
import type { SessionParts } from './parts.ts';

/** A reply of which nothing leaves for so long is given up: the link does not take it. */
const stallMs = 10_000;

/** One thing somebody said, waiting to be answered. */
export type Waiting = {
  readonly said: Said;
  readonly endedAtMs: number;
  /** Set when the transcript is there. */
  recognisedAtMs?: number;
};

/** What all answers of one channel share. */
export type Conversation = {
  readonly channel: ChannelRef;
  readonly history: History;
  readonly voice: VoiceTrack;
  readonly parts: SessionParts;
};

/**
 * Answers one utterance and returns when the answer has been played, or has failed and the room was told so.
 *
 * Throws only what is a bug. Aborting `signal` falls silent and throws `signal.reason`.
 */
export async function answer(
  waiting: Waiting,
  room: Conversation,
  signal: AbortSignal,
): Promise<void> {
  const { said, endedAtMs } = waiting;
  const progress = unanswered(said.toMs, endedAtMs);
  await speaking(room, signal, async (reply) => {
    const failure = await attempt(said, room, reply, progress, signal);
    const finish = await played(reply, room.parts.clock, signal);
    await keep(waiting, reply, progress, failure ? 'failed' : finish, room);
    if (failure) await admit(failure, progress.text, room, signal);
  });
}

/** Opens a reply on the track for `work`; whatever happens, it is silent afterwards. */
async function speaking(
  { voice }: Conversation,
  signal: AbortSignal,
  work: (reply: SpokenReply) => Promise<void>,
): Promise<void> {
  const reply = new SpokenReply();
  const hush = () => reply.cut();
  signal.addEventListener('abort', hush);
  try {
    if (voice.add(reply).kind === 'full') throw new Error('answers come one at a time');
    await work(reply);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', hush);
    reply.cut();
  }
}

/** How the reply ended once all of it has left; cut when the link takes nothing of it any more. */
async function played(reply: SpokenReply, clock: Clock, signal: AbortSignal): Promise<Finish> {
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    for (let before = -1; reply.playedMs() !== before; ) {
      before = reply.playedMs();
      await clock.sleep(stallMs, AbortSignal.any([signal, over.signal]));
    }
    reply.cut();
  };
  const watching = watch().catch(() => undefined); // ends with the reply or with the session
  const finish = await reply.finish;
  over.abort(new Error('played'));
  await watching;
  return finish;
}

/** What went wrong outside, or undefined. What there is of the answer plays on either way. */
async function attempt(
  said: Said,
  { history, parts }: Conversation,
  reply: SpokenReply,
  progress: Progress,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const { clock, pipeline, style } = parts;
  const turn = { said: [said], style, history: history.messages(), tools: [] };
  const stage = {
    playedMs: () => reply.playedMs(),
    run: async () => ({ content: 'There is no such tool.' }),
  };
  try {
    await speakAnswer(
      pipeline.answer(turn, stage, signal),
      reply,
      progress,
      () => clock.nowMs(),
      signal,
    );
    reply.end();
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    reply.fail();
    return error;
  }
}

/** Into the history goes what was said and what was heard of the answer, and nothing else. */
async function keep(
  { said, recognisedAtMs }: Waiting,
  reply: SpokenReply,
  progress: Progress,
  finish: AnswerFinish,
  { channel, history, parts }: Conversation,
): Promise<void> {
  const words = await said.transcript().catch(() => ({ text: '' }));
  if (words.text.trim() === '') return;
  const { speakerId, name } = said;
  const heardText = reply.heardText();
  history.addUser(name, words.text);
  history.addAssistant(heardText);
  const { firstSentAtMs } = reply;
  const instants = {
    ...progress.instants,
    ...(recognisedAtMs !== undefined && { recognisedAtMs }),
    ...(firstSentAtMs !== undefined && { firstSentAtMs }),
  };
  const { text: written } = progress;
  parts.onEvent(channel.guildId, {
    kind: 'answered',
    speakerId,
    name,
    text: written,
    heardText,
    finish,
    instants,
  });
}

/** Silence is the worst bug: the operator reads the reason, the room hears or reads what to do. */
async function admit(
  failure: BotError,
  written: string,
  room: Conversation,
  signal: AbortSignal,
): Promise<void> {
  const { channel, parts } = room;
  const { code, message, stage = 'think' } = failure;
  parts.onEvent(channel.guildId, { kind: 'failed', stage, code, message });
  if (stage === 'speak') {
    await write(`${text('fail.tts')} ${written}`, room);
    return;
  }
  const words =
    stage === 'recognise' ? text('fail.stt') : text('fail.llm', { provider: parts.chatName });
  await sayOrWrite(words, room, signal);
}

async function sayOrWrite(words: string, room: Conversation, signal: AbortSignal): Promise<void> {
  const { clock, style, synthesizer } = room.parts;
  try {
    await speaking(room, signal, async (reply) => {
      for await (const pcm of synthesizer.synthesize(words, style.voice, signal)) {
        await reply.write(pcm, words, signal);
      }
      reply.end();
      await played(reply, clock, signal);
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    await write(words, room);
  }
}

/** The last resort: if the text channel is shut as well, only the operator is left to tell. */
async function write(words: string, { channel, parts }: Conversation): Promise<void> {
  try {
    await parts.scribe.write(channel, words);
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    const { code, message } = error;
    parts.onEvent(channel.guildId, { kind: 'failed', stage: 'speak', code, message });
  }
}
