import { controllerUnder } from '#src/base/waiting.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import { readingOf } from '#src/conversation/machine/questions.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { failureText } from '#src/notices/failure-text.ts';
import { spokenLocale, spokenText } from '#src/notices/localized-text.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { ReplyFinish, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
import { readAloud } from './read-aloud.ts';

/** A text or a sentence of the bot that is said. */
type ReadingJob = {
  readonly id: Id;
  readonly over: AbortController;
  reply: SpokenReply | undefined;
  /** Its end, where the connection closed before the conversation knew. */
  ended?: ReplyFinish;
};

/** Texts and sentences of the bot, as they are said in one session. */
export class ReadingJobs {
  readonly #context: SessionContext;
  readonly #jobs = new Map<Id, ReadingJob>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  speak({ reading: id, text }: EffectOf<'speak'>): void {
    const over = controllerUnder(this.#context.signal);
    const job: ReadingJob = { id, over, reply: undefined };
    this.#jobs.set(id, job);
    void this.#speak(job, text).catch((error: unknown) => this.#context.talk.broken(error));
  }

  /** Ends a reading that was not heard. */
  discard(id: Id): void {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    job?.over.abort(new Error('the text is not said now'));
  }

  /** Falls silent; `over` follows. False: there is no such reading. */
  cut(id: Id): boolean {
    const job = this.#jobs.get(id);
    if (!job) return false;
    if (job.ended) this.#tellOver(job, job.ended);
    else job.over.abort(new Error('the text was cut'));
    return true;
  }

  finishClause(id: Id): boolean {
    const job = this.#jobs.get(id);
    if (job?.reply?.firstSentAtMs === undefined) return this.cut(id);
    job.reply.endAfterSentence();
    void job.reply.finish.then((finish) => {
      if (finish === 'cancelled') job.over.abort(new Error('the clause was over'));
    });
    return true;
  }

  async #speak(job: ReadingJob, text: string): Promise<void> {
    const { signal } = job.over;
    const { talk } = this.#context;
    const { output } = talk;
    let finish: ReplyFinish = 'cancelled';
    try {
      if (output) finish = await this.#say(job, text, output, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (this.#jobs.get(job.id) !== job) return;
    if (talk.output === output || signal.aborted) this.#tellOver(job, finish);
    else job.ended = finish;
  }

  async #say(
    job: ReadingJob,
    text: string,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<ReplyFinish> {
    const context = this.#context;
    const { talk } = context;
    const request = readingOf(talk.state, job.id)?.request;
    const onReply = (reply: SpokenReply) => {
      job.reply = reply;
      talk.sounding = { id: job.id, by: undefined };
    };
    const reading = this.#context.queue.readingOf(request) ?? this.#sentence(text);
    return await readAloud(reading, context, output, onReply, signal);
  }

  /** Sentence of the bot about an answer, in the language of its asker. */
  #sentence(text: string): QueuedReading {
    const { channel, parts, talk } = this.#context;
    const { error, language } = (text !== 'later' && talk.lastFailure) || {};
    const line = error ? failureText(error, parts) : ({ id: 'ask.late' } as const);
    const spoken = spokenLocale(channel.guildId, parts, language);
    const words = spokenText(line, channel.guildId, parts, spoken);
    return { kind: 'reading', clauses: [openText(words)], language: spoken, when: 'now' };
  }

  #tellOver(job: ReadingJob, finish: ReplyFinish): void {
    this.#jobs.delete(job.id);
    const heard = job.reply?.heardText() ?? '';
    const { queue, talk } = this.#context;
    const wasHeard = job.reply?.firstSentAtMs !== undefined;
    if (wasHeard) queue.noteHeard(readingOf(talk.state, job.id)?.request);
    talk.post({ kind: 'over', reply: job.id, finish, heard });
  }
}
