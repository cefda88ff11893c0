import { BotError } from '#src/base/errors.ts';
import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { chosenVoice, reportUnsaid, writeUnspeakable } from '#src/notices/report-failure.ts';
import { writeInChat } from '#src/notices/say-or-write.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import type { ReplyFinish, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import { readingRequestOf } from '#src/spending/paid-requests.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type ReadingVoice, soundOf } from '#src/voice/output/clause-sound.ts';
import { type SpeechOutput, stuck } from '#src/voice/output/speech-output.ts';

/**
 * Reads a text out and returns when it has been played, or has failed and was written instead. Nothing is read out where
 * there is no money for it: a text that is too long for what is left is written.
 *
 * Throws only what is a bug. Aborting `signal` falls silent and throws `signal.reason`.
 */
export async function readAloud(
  reading: QueuedReading,
  context: SessionContext,
  output: SpeechOutput,
  onReply: (reply: SpokenReply) => void,
  signal: AbortSignal,
): Promise<ReplyFinish> {
  const { language, speed: ownSpeed } = reading;
  const { interruptible = true, personId, onEnd } = reading;
  const { clock, spending } = context.parts;
  const style = context.style();
  const { guildId } = context.channel;
  const used = spending.used(guildId);
  const clauses = opened(reading);
  const words = clauses.flatMap((clause) => clause.textIn(context.channel.channelId) ?? []);
  const request = readingRequestOf(words.join(' '), guildId, reading.payer);
  const budget = used ? { ...used, kind: 'refused' as const } : spending.open(request);
  if (budget.kind === 'refused') {
    if (!reading.isWrittenElsewhere && words.length > 0)
      writeInChat(ConfidentialText.joined(clauses, ' '), context.channel, context.parts);
    return refused(reading, budget.line);
  }
  using reservation = budget.reservation;
  const synthesizer = context.parts.synthesizer.paidBy(reservation);
  const own = chosenVoice(reading.voice, context);
  const spoken = { ...voiceIn(language, style), ...own, ...reading.manner };
  const reportEnd = (finish: ReplyFinish, isStuck: boolean) =>
    onEnd?.(endOf(isStuck ? 'failed' : finish));
  let finish: ReplyFinish = 'cancelled';
  const read = async (reply: SpokenReply): Promise<void> => {
    onReply(reply);
    const voice = { synthesizer, voice: spoken, clock };
    const failure = await attempt(words, reply, voice, signal);
    const writeInstead = () => {
      if (!reading.isWrittenElsewhere)
        writeUnspeakable(ConfidentialText.joined(clauses, ' '), context);
    };
    if (failure) writeInstead();
    finish = await reply.finish;
    const { isStuck } = output;
    reportEnd(finish, isStuck);
    if (isStuck && !failure) writeInstead();
    if (isStuck) reportUnsaid(stuck(), context);
    else if (failure?.code === 'speech.no_voice') reportUnread(language, context);
    else if (failure) reportUnsaid(failure, context);
    else context.talk.voiceWorks();
  };
  const answeredIds = personId === undefined ? [] : [personId];
  await output.speak(signal, read, { interruptible, answeredIds, ownSpeed });
  return finish;
}

/** There is no money for it. */
function refused({ onEnd }: QueuedReading, reason: TextLine): ReplyFinish {
  onEnd?.({ kind: 'failed', reason });
  return 'empty';
}

/** End of a reading; one that is cut while it keeps its turn was interrupted by a voice. */
function endOf(finish: ReplyFinish): PlayEnd {
  switch (finish) {
    case 'completed':
      return { kind: 'completed' };
    case 'cancelled':
      return { kind: 'stopped', why: 'interrupted' };
    case 'empty':
      return { kind: 'failed', reason: { id: 'say.empty' } };
    case 'failed':
      return { kind: 'failed', reason: { id: 'track.bad.voice' } };
  }
}

/** Reports once for each language that no voice speaks it. */
function reportUnread(language = '', { channel, notice, parts, talk }: SessionContext): void {
  if (!talk.isNewFailure(`no voice to read ${language}`)) return;
  const name = languageName(language, parts.places.localeIn(channel.guildId));
  notice({ id: 'voice.language.none', with: { language: name } });
}

/** With what goes before it; empty where it is not to be said any more. */
function opened({ clauses, opening }: QueuedReading): readonly ConfidentialText[] {
  const first = opening ? opening() : '';
  if (first === undefined) return [];
  if (first === '') return clauses;
  return [
    ConfidentialText.joined([openText(first), ...clauses.slice(0, 1)], ' '),
    ...clauses.slice(1),
  ];
}

/** The next clause is made while one plays, until the reply holds enough. */
async function attempt(
  clauses: readonly string[],
  reply: SpokenReply,
  { synthesizer, voice, clock }: ReadingVoice,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const work = async () => {
    const oneVoice = synthesizer.oneVoice?.() ?? synthesizer;
    for (const clause of clauses) {
      if (reply.over) return;
      for await (const pcm of soundOf(clause, { synthesizer: oneVoice, voice, clock }, signal)) {
        await reply.write(pcm, clause, signal);
      }
    }
  };
  return await deliver(reply, work, signal);
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
