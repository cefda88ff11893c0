import type { BotError } from '#src/base/errors.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import { readingOf } from '#src/conversation/machine/questions.ts';
import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import {
  chosenVoice,
  failureText,
  reportUnsaid,
  spokenLocale,
  spokenText,
  writeInChat,
  writeUnspeakable,
} from '#src/notices/notice.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/prompt.ts';
import type { ReplyFinish, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { readingRequestOf } from '#src/spending/reservation.ts';
import { languageName } from '#src/texts/language-names.ts';
import { type ReadingVoice, soundOf } from '#src/voice/output/clause-sound.ts';
import { type SpeechOutput, stuck } from '#src/voice/output/speech-output.ts';
import { deliver, newReply, RunningReplies, type RunningReply } from './running-replies.ts';

/** Texts and sentences of the bot, as they are said in one session. */
export class ReadingJobs {
  readonly running: RunningReplies<RunningReply>;
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
    this.running = new RunningReplies(context, (reading) => this.#concluded(reading));
  }

  speak({ reading: id }: EffectOf<'speak'>): void {
    const { signal, talk } = this.#context;
    const job = newReply(id, signal);
    this.running.add(job);
    const playing = this.running.play(job, async (output, until) => ({
      finish: await this.#say(job, output, until),
    }));
    void playing.catch((error: unknown) => talk.broken(error));
  }

  async #say(job: RunningReply, output: SpeechOutput, signal: AbortSignal): Promise<ReplyFinish> {
    const context = this.#context;
    const request = readingOf(context.talk.state, job.id)?.request;
    const reading = context.queue.readingOf(request) ?? this.#sentence();
    return await readAloud(reading, job, context, output, signal);
  }

  /** Sentence of the bot about an answer, in the language of its asker. */
  #sentence(): QueuedReading {
    const { channel, parts, talk } = this.#context;
    const { error, language } = talk.lastFailure ?? {};
    const line = error ? failureText(error) : ({ id: 'ask.late' } as const);
    const spoken = spokenLocale(channel.guildId, parts, language);
    const words = spokenText(line, channel.guildId, parts, spoken);
    return { kind: 'reading', clauses: [openText(words)], language: spoken, when: 'now' };
  }

  #concluded({ id, reply }: RunningReply): { readonly heard: string } {
    const { queue, talk } = this.#context;
    if (reply?.firstSentAtMs !== undefined) queue.noteHeard(readingOf(talk.state, id)?.request);
    return { heard: reply?.heardText() ?? '' };
  }
}

/**
 * Reads a text out and returns when it has been played, or has failed and was written instead. Nothing is read out where
 * there is no money for it: a text that is too long for what is left is written.
 *
 * Throws only what is a bug. Aborting `signal` falls silent and throws `signal.reason`.
 */
async function readAloud(
  reading: QueuedReading,
  job: RunningReply,
  context: SessionContext,
  output: SpeechOutput,
  signal: AbortSignal,
): Promise<ReplyFinish> {
  const { language, speed: ownSpeed } = reading;
  const { interruptible = true, personId } = reading;
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
    return 'empty';
  }
  using reservation = budget.reservation;
  const synthesizer = context.parts.synthesizer.paidBy(reservation);
  const own = chosenVoice(reading.voice, context);
  const spoken = { ...voiceIn(language, style), ...own };
  let finish: ReplyFinish = 'cancelled';
  const read = async (reply: SpokenReply): Promise<void> => {
    job.reply = reply;
    const voice = { synthesizer, voice: spoken, clock };
    const failure = await attempt(words, reply, voice, signal);
    const writeInstead = () => {
      if (!reading.isWrittenElsewhere)
        writeUnspeakable(ConfidentialText.joined(clauses, ' '), context);
    };
    if (failure) writeInstead();
    finish = await reply.finish;
    const { isStuck } = output;
    if (isStuck && !failure) writeInstead();
    if (isStuck) reportUnsaid(stuck(), context);
    else if (failure?.code === 'speech.no_voice') reportUnread(language, context);
    else if (failure) reportUnsaid(failure, context);
    else context.talk.endFailure('speak');
  };
  const answeredIds = personId === undefined ? [] : [personId];
  await output.speak(signal, read, { id: job.id, interruptible, answeredIds, ownSpeed });
  return finish;
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
      reply.endSentence();
    }
  };
  return await deliver(reply, work, signal);
}
