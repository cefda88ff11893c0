import type { BotError } from '#src/base/errors.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import { readingOf } from '#src/conversation/machine/questions.ts';
import type { ReplyFailure } from '#src/conversation/machine/state.ts';
import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { Owners } from '#src/conversation/session.ts';
import {
  chosenVoice,
  failureText,
  noVoiceLine,
  reportUnsaid,
  writeUnspeakable,
} from '#src/notices/notice.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/prompt.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { readingRequestOf } from '#src/spending/reservation.ts';
import { type ReadingVoice, soundOf } from '#src/voice/output/clause-sound.ts';
import { type SpeechOutput, stuck } from '#src/voice/output/speech-output.ts';
import type { VoiceDeps } from './answer-parts.ts';
import { deliver, newReply, RunningReplies, type RunningReply } from './running-replies.ts';

type ReadingSession = Owners<'loop' | 'notices' | 'place' | 'signal' | 'speech'>;

/** Texts and sentences of the bot, as they are said in one session. */
export class ReadingJobs {
  readonly running: RunningReplies<RunningReply>;
  readonly #session;
  readonly #deps;

  constructor(session: ReadingSession, deps: VoiceDeps) {
    this.#session = session;
    this.#deps = deps;
    this.running = new RunningReplies(session.loop, (reading) => this.#concluded(reading));
  }

  speak({ reading: id }: EffectOf<'speak'>): void {
    const { loop, signal } = this.#session;
    const job = newReply(id, signal);
    this.running.add(job);
    const playing = this.running.play(job, async (output, until) => ({
      finish: await this.#say(job, output, until),
    }));
    void playing.catch((error: unknown) => loop.broken(error));
  }

  async #say(job: RunningReply, output: SpeechOutput, signal: AbortSignal): Promise<ReplyFinish> {
    const { loop, speech } = this.#session;
    const { failure, request } = readingOf(loop.state, job.id) ?? {};
    const reading = speech.requests.readingOf(request) ?? this.#sentence(failure);
    return await this.#readAloud(reading, job, output, signal);
  }

  /** Sentence of the bot about an answer, in the language of its asker. */
  #sentence({ error, language }: Partial<ReplyFailure> = {}): QueuedReading {
    const { notices } = this.#session;
    const line = error ? failureText(error) : ({ id: 'ask.late' } as const);
    const spoken = notices.spokenLocale(language);
    const words = notices.spokenText(line, spoken);
    return { kind: 'reading', clauses: [openText(words)], language: spoken, when: 'now' };
  }

  #concluded({ id, reply }: RunningReply): { readonly heard: string } {
    const { loop, speech } = this.#session;
    if (reply?.firstSentAtMs !== undefined)
      speech.requests.noteHeard(readingOf(loop.state, id)?.request);
    return { heard: reply?.heardText() ?? '' };
  }

  /**
   * Reads a text out and returns when it has been played, or has failed and was written instead. Nothing is read out where
   * there is no money for it: a text that is too long for what is left is written.
   *
   * Throws only what is a bug. Aborting `signal` falls silent and throws `signal.reason`.
   */
  async #readAloud(
    reading: QueuedReading,
    job: RunningReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<ReplyFinish> {
    const { language, speed: ownSpeed } = reading;
    const { interruptible = true, personId } = reading;
    const { spending, synthesizer } = this.#deps;
    const { loop, notices, place } = this.#session;
    const style = place.style();
    const { channelId, guildId } = place.channel;
    const used = spending.used(guildId);
    const clauses = opened(reading);
    const words = clauses.flatMap((clause) => clause.textIn(channelId) ?? []);
    const request = readingRequestOf(words.join(' '), guildId, reading.payer);
    const budget = used ? { ...used, kind: 'refused' as const } : spending.open(request);
    if (budget.kind === 'refused') {
      if (!reading.isWrittenElsewhere && words.length > 0)
        notices.write(ConfidentialText.joined(clauses, ' '));
      return 'empty';
    }
    using reservation = budget.reservation;
    const voice = {
      synthesizer: synthesizer.paidBy(reservation),
      voice: { ...voiceIn(language, style), ...chosenVoice(reading.voice, this.#session) },
    };
    let finish: ReplyFinish = 'cancelled';
    const read = async (reply: SpokenReply) => {
      job.reply = reply;
      const failure = await attempt(words, reply, voice, signal);
      const writeInstead = () => {
        if (!reading.isWrittenElsewhere)
          writeUnspeakable(ConfidentialText.joined(clauses, ' '), this.#session);
      };
      if (failure) writeInstead();
      finish = await reply.finish;
      const { isStuck } = output;
      if (isStuck && !failure) writeInstead();
      if (isStuck) reportUnsaid(stuck(), this.#session);
      else if (failure?.code === 'speech.no_voice') this.#reportUnread(language);
      else if (failure) reportUnsaid(failure, this.#session);
      else loop.endFailure('speak');
    };
    const answeredIds = personId === undefined ? [] : [personId];
    await output.speak(signal, read, { id: job.id, interruptible, answeredIds, ownSpeed });
    return finish;
  }

  /** Reports once for each language that no voice speaks it. */
  #reportUnread(language = '') {
    const { loop, notices } = this.#session;
    if (loop.isNewFailure(`no voice to read ${language}`))
      notices.post(noVoiceLine(language, notices));
  }
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
  { synthesizer, voice }: ReadingVoice,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const work = async () => {
    const oneVoice = synthesizer.oneVoice?.() ?? synthesizer;
    for (const clause of clauses) {
      if (reply.over) return;
      for await (const pcm of soundOf(clause, { synthesizer: oneVoice, voice }, signal)) {
        await reply.write(pcm, clause, signal);
      }
      reply.endSentence();
    }
  };
  return await deliver(reply, work, signal);
}
