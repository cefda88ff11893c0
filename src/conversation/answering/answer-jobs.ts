import { BotError } from '#src/base/errors.ts';
import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import type { Utterances } from '#src/conversation/hearing/utterances.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import { askersOf, namesFor, turnOf } from '#src/conversation/machine/questions.ts';
import type { Id, PersonId, TurnState } from '#src/conversation/machine/state.ts';
import {
  endWithToolQuote,
  type NamedPerson,
  namePrefix,
  withNamePrefix,
  writeLinksCodeTables,
  writeUnspoken,
} from '#src/conversation/output/answer-parts.ts';
import { deliver } from '#src/conversation/output/read-aloud.ts';
import { answerMediumFor } from '#src/conversation/output/say-to-person.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import { failureText } from '#src/notices/failure-text.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import { failureKindOf, reportUnsaid, writeUnspeakable } from '#src/notices/report-failure.ts';
import { writeToPeople } from '#src/notices/say-or-write.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { AnswerFinish } from '#src/ports/session-events.ts';
import { PendingAnswer } from '#src/voice/output/pending-answer.ts';
import {
  type AnswerProgress,
  type FinishedAnswer,
  playAnswer,
  unanswered,
} from '#src/voice/output/play-answer.ts';
import { type SpeechOutput, stuck } from '#src/voice/output/speech-output.ts';
import { beginAnswer } from './begin-answer.ts';

/** End of an answer that was to be heard. */
type AnswerEnd = {
  readonly finish: AnswerFinish;
  readonly heard: string;
  readonly stage?: string | undefined;
  /** True where listeners know of it. */
  readonly isReported?: boolean;
};

/** One attempt at an answer, from its first request to its end. */
type AnswerJob = {
  readonly id: Id;
  /** Question as it was when the answer began. */
  readonly turn: TurnState;
  readonly effect: EffectOf<'begin'>;
  /** Ends all that is made for it. */
  readonly over: AbortController;
  pending: PendingAnswer;
  playing: AbortController | undefined;
  reply: SpokenReply | undefined;
  progress: AnswerProgress;
  /** End of an answer whose connection closed before the conversation knew. */
  ended: AnswerEnd | undefined;
};

/** Answers of one session that are made or heard. */
export class AnswerJobs {
  readonly #context: SessionContext;
  readonly #tools: SessionTools;
  readonly #utterances: Utterances;
  readonly #jobs = new Map<Id, AnswerJob>();
  readonly #playing = new Set<Promise<void>>();
  /** Answers that were awaited and discarded, by their turn. */
  readonly #unheard = new Map<Id, AnswerJob>();

  constructor(context: SessionContext, tools: SessionTools, utterances: Utterances) {
    this.#context = context;
    this.#tools = tools;
    this.#utterances = utterances;
  }

  /** Resolves when nothing is heard any more. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#playing);
  }

  pendingOf(answer: Id | undefined): PendingAnswer | undefined {
    return answer === undefined ? undefined : this.#jobs.get(answer)?.pending;
  }

  // Effects.

  begin(effect: EffectOf<'begin'>): void {
    this.#unheard.delete(effect.turn);
    const { signal, gate, talk } = this.#context;
    const turn = turnOf(talk.state, effect.turn);
    if (!turn) return;
    const over = controllerUnder(AbortSignal.any([signal, gate.withdrawals.of(turn.by)]));
    const begun = this.#make(effect, turn, over.signal);
    if (!begun) return;
    const { answer: id } = effect;
    const progress = unanswered(turn.voiceMs, turn.endedMs);
    const rest = { playing: undefined, reply: undefined, ended: undefined };
    const job: AnswerJob = { id, turn, effect, over, pending: begun, progress, ...rest };
    this.#jobs.set(id, job);
    void begun.ready.then(() => this.#noteReady(job, begun));
  }

  play({ answer }: EffectOf<'play'>): void {
    const job = this.#jobs.get(answer);
    if (!job) return;
    const isVoid = job.pending.isSpent || job.pending.isInWrongLanguage;
    if (isVoid && !this.#makeAnew(job)) return;
    job.pending.want();
    const playing = this.#play(job).catch((error: unknown) => this.#broken(job, error));
    this.#playing.add(playing);
    void playing.finally(() => this.#playing.delete(playing));
  }

  /** A bug: nothing of the question is tried again. */
  #broken(job: AnswerJob, error: unknown): void {
    this.#jobs.delete(job.id);
    const { talk } = this.#context;
    talk.post({ kind: 'taken-out', id: job.turn.id, why: 'failed' });
    talk.broken(error);
  }

  /** A turn is over: an answer that was awaited and not heard is reported, unless its asker took it back. */
  turnOver(turn: Id, end: string): void {
    const job = this.#unheard.get(turn);
    this.#unheard.delete(turn);
    if (!job || end === 'withdrawn' || end === 'left' || end === 'failed') return;
    const report = { progress: job.progress, finish: 'cancelled' } as const;
    reportAnswer(job.turn, report, this.#context, this.#utterances);
  }

  hold(answer: Id): void {
    const job = this.#jobs.get(answer);
    if (job) this.#stopPlaying(job);
  }

  giveUp({ afterMs, answer }: EffectOf<'give-up'>): void {
    const pending = this.pendingOf(answer);
    const message = `An answer made no progress for ${afterMs / 1000} s.`;
    pending?.giveUp(new BotError('provider.late', true, message, undefined, pending.stage));
  }

  discard(answer: Id): void {
    const job = this.#jobs.get(answer);
    if (!job) return;
    this.#jobs.delete(answer);
    if (job.playing) this.#unheard.set(job.turn.id, job);
    this.#stopPlaying(job);
    job.pending.discard();
    job.over.abort(new Error('the answer is not wanted'));
  }

  /** Falls silent; `over` follows. False: there is no such answer. */
  cut(answer: Id): boolean {
    const job = this.#jobs.get(answer);
    if (!job) return false;
    if (job.ended) this.#tellOver(job, job.ended);
    else if (job.playing) job.playing.abort(new Error('the answer was cut'));
    else this.#tellOver(job, { finish: 'cancelled', heard: '' });
    return true;
  }

  finishClause(answer: Id): boolean {
    const job = this.#jobs.get(answer);
    const { playing, reply } = job ?? {};
    if (!playing || reply?.firstSentAtMs === undefined) return this.cut(answer);
    reply.endAfterSentence();
    void reply.finish.then((finish) => {
      if (finish === 'cancelled') playing.abort(new Error('the clause was over'));
    });
    return true;
  }

  #stopPlaying(job: AnswerJob): void {
    const { playing } = job;
    job.playing = undefined;
    playing?.abort(new Error('the answer is not heard now'));
  }

  #make(
    effect: EffectOf<'begin'>,
    turn: TurnState,
    signal: AbortSignal,
  ): PendingAnswer | undefined {
    const { languages, queue, talk } = this.#context;
    const question = queue.questionOf(turn.request);
    const said = this.#saidFor(effect, turn);
    const { answer: id, done } = effect;
    const people = namesFor(talk.state, turn).map((one) => this.#named(one));
    const addressee = namePrefix(people, this.#context, languages.of(turn.by));
    const medium = question?.report && ('aloud' as const);
    const wanted = { id, done, addressee, manner: question?.manner, medium };
    const begun = beginAnswer(said, this.#context, this.#tools, signal, wanted);
    if (begun instanceof PendingAnswer) return begun;
    const { isNews, line } = begun;
    const { channel, notice, parts } = this.#context;
    const [speakerId, name] = [turn.by, turn.name];
    const isFirst = isNews();
    if (isFirst) notice(line);
    question?.report?.({ kind: 'failed', line });
    parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why: 'budget' });
    talk.post({ kind: 'refused', answer: id, isNews: isFirst });
    return undefined;
  }

  /** The question as utterances, oldest first; those of a preemptive answer may go on. */
  #saidFor({ words }: EffectOf<'begin'>, turn: TurnState): readonly TurnUtterance[] {
    const { queue } = this.#context;
    const question = queue.questionOf(turn.request);
    if (question) return [...question.earlier, question.said];
    const last = turn.open.at(-1);
    const before = turn.parts.map((one) => this.#utterances.said(one.utterance, one.words));
    const rest = words?.slice(turn.parts.map((one) => one.words).join(' ').length).trim();
    const now = last && this.#utterances.said(last.id, rest);
    return [...before, now].filter((one) => one !== undefined);
  }

  /** Question as it is now; once it is over, as it was. */
  #turnNow({ turn }: AnswerJob): TurnState {
    return turnOf(this.#context.talk.state, turn.id) ?? turn;
  }

  #makeAnew(job: AnswerJob): boolean {
    job.pending.discard();
    const turn = this.#turnNow(job);
    const made = this.#make(job.effect, turn, job.over.signal);
    if (!made) {
      this.#jobs.delete(job.id);
      return false;
    }
    job.pending = made;
    job.progress = unanswered(turn.voiceMs, turn.endedMs);
    void made.ready.then(() => this.#noteReady(job, made));
    return true;
  }

  #noteReady(job: AnswerJob, pending: PendingAnswer): void {
    if (this.#jobs.get(job.id) !== job || job.pending !== pending) return;
    this.#context.talk.post({ kind: 'ready', answer: job.id });
  }

  #named(id: PersonId): NamedPerson {
    return { id, name: this.#context.people().find((one) => one.id === id)?.name ?? '' };
  }

  async #play(job: AnswerJob): Promise<void> {
    const playing = controllerUnder(job.over.signal);
    job.playing = playing;
    const { signal } = playing;
    const { talk } = this.#context;
    const { output } = talk;
    let end: AnswerEnd;
    try {
      await unlessAborted(job.pending.ready, signal);
      end = output ? await this.#speak(job, output, signal) : { finish: 'cancelled', heard: '' };
    } catch (error) {
      if (!signal.aborted) throw error;
      end = { finish: 'cancelled', heard: job.reply ? reached(job) : '' };
    }
    if (job.playing !== playing || this.#jobs.get(job.id) !== job) return;
    if (!end.isReported) this.#report(job, end.finish);
    if (talk.output === output || signal.aborted) this.#tellOver(job, end);
    else job.ended = end;
  }

  #tellOver(job: AnswerJob, end: AnswerEnd): void {
    this.#jobs.delete(job.id);
    const { id: reply, turn } = job;
    const { queue, talk } = this.#context;
    const words = queue.questionOf(turn.request)?.words?.text;
    const { finish, heard, stage } = end;
    talk.post({
      kind: 'over',
      reply,
      finish,
      heard,
      ...(words && { words }),
      ...(stage && { stage }),
    });
    job.over.abort(new Error('the answer is over'));
  }

  async #speak(job: AnswerJob, output: SpeechOutput, signal: AbortSignal): Promise<AnswerEnd> {
    const { channel, parts, queue, talk } = this.#context;
    const { id, turn } = job;
    const own = parts.peopleSettings.known(channel.guildId, turn.by);
    const { manner } = queue.questionOf(turn.request) ?? {};
    const ownSpeed = manner?.speed ?? own.speed;
    let end: AnswerEnd = { finish: 'cancelled', heard: '' };
    const speak = async (reply: SpokenReply) => {
      job.reply = reply;
      talk.sounding = { id, by: turn.by };
      end = await this.#perform(job, reply, output, signal);
    };
    const answeredIds = askersOf(this.#turnNow(job));
    await output.speak(signal, speak, { ownSpeed, answeredIds });
    return end;
  }

  async #perform(
    job: AnswerJob,
    reply: SpokenReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<AnswerEnd> {
    const context = this.#context;
    const { pending, progress, turn } = job;
    const { reservation, voice } = pending;
    const quoted = endWithToolQuote(pending.release(signal), pending, context, signal);
    const people = () =>
      namesFor(context.talk.state, this.#turnNow(job)).map((one) => this.#named(one));
    const named = { people, speakerId: turn.by, voice, reservation };
    const made = withNamePrefix(quoted, named, context, signal);
    const writtenTo = this.#writtenTo(job);
    const written = writeUnspoken(made, { progress, pending, writtenTo }, context, signal);
    const work = () => playAnswer(written, reply, progress, signal);
    const failure = await deliver(reply, work, signal);
    for (const request of requestsOf(this.#turnNow(job)))
      context.queue.questionOf(request)?.report?.(reportedOf(job, failure, context));
    const finish = await reply.finish;
    if (output.isStuck) {
      writeUnspeakable(pending.written(progress.text), context);
      progress.isWritten = true;
      return this.#failed(job, stuck(), writtenTo);
    }
    if (finish === 'completed' && !progress.isWritten) pending.quote?.onHeard?.();
    if (failure) return this.#failed(job, failure, writtenTo);
    // For want of a voice for its language, all of it was written.
    const end = finish === 'empty' && progress.isWritten ? 'completed' : finish;
    this.#conclude(job, reply, end, writtenTo);
    return { finish: end, heard: reached(job) };
  }

  #failed(job: AnswerJob, failure: BotError, writtenTo: readonly string[]): AnswerEnd {
    const { channel, parts } = this.#context;
    this.#report(job, 'failed');
    const stage = this.#noteFailure(failure, job.turn.by);
    const heard = reached(job);
    const end = { finish: 'failed', heard, isReported: true } as const;
    if (stage === 'speak' || writtenTo.length === 0) return { ...end, stage };
    const text = writtenText(failureText(failure, parts), channel.guildId, parts);
    writeToPeople(writtenTo, openText(text), this.#context);
    return { ...end, stage: 'speak' };
  }

  /** Reports a failure to the operator, and returns its kind for the channel. */
  #noteFailure(error: BotError, by: PersonId): string {
    const { channel, languages, parts, talk } = this.#context;
    const { stage = 'think' } = error;
    if (stage === 'speak') {
      reportUnsaid(error, this.#context);
      return stage;
    }
    parts.onEvent(channel.guildId, failureEventOf(error, stage));
    talk.lastFailure = { error, language: languages.of(by) };
    return failureKindOf(error, parts);
  }

  #conclude(
    job: AnswerJob,
    reply: SpokenReply,
    finish: AnswerFinish,
    writtenTo: readonly string[],
  ): void {
    const { owner } = job.pending;
    const { progress, turn } = job;
    if (writtenTo.length === 0 && turn.request === undefined)
      writeLinksCodeTables(turn.by, { reply, progress, finish, owner }, this.#context);
  }

  #report({ id, progress, reply, turn }: AnswerJob, finish: AnswerFinish): void {
    const now = turnOf(this.#context.talk.state, turn.id);
    if (now?.answer?.id === id)
      reportAnswer(now, { reply, progress, finish }, this.#context, this.#utterances);
  }

  /** People for whom the answer is written, beside what is heard of it. */
  #writtenTo(job: AnswerJob): readonly string[] {
    if (job.turn.request !== undefined) return [];
    return askersOf(this.#turnNow(job)).filter(
      (id) => job.pending.isWritten || answerMediumFor(id, this.#context) !== 'aloud',
    );
  }
}

function requestsOf({ duplicates, request }: TurnState): readonly (Id | undefined)[] {
  return [request, ...duplicates.map((one) => one.request)];
}

/** Text of the answer that people have. */
function reached({ progress: { isWritten, text }, reply }: AnswerJob): string {
  return isWritten ? text : (reply?.heardText() ?? '');
}

/** An answer that could not be spoken was written all the same; one without a word is none. */
function reportedOf(
  { pending, progress: { text } }: AnswerJob,
  failure: BotError | undefined,
  { parts }: SessionContext,
): AskOutcome {
  if (failure && failure.stage !== 'speak')
    return { kind: 'failed', line: failureText(failure, parts) };
  if (text.trim() !== '') return { kind: 'answered', text: pending.written(text) };
  return { kind: 'failed', line: { id: 'fail.llm', with: { provider: parts.chatName } } };
}

/** Content and end of an answer. */
type AnswerReport = Pick<FinishedAnswer, 'finish' | 'progress'> & {
  readonly reply?: SpokenReply | undefined;
};

/** Reports an answer that is over to listeners, once for each person who asked. */
function reportAnswer(
  turn: TurnState,
  report: AnswerReport,
  context: SessionContext,
  utterances: Pick<Utterances, 'find'>,
): void {
  for (const by of askersOf(turn)) reportTo(by, turn, report, context, utterances);
}

function reportTo(
  speakerId: PersonId,
  turn: TurnState,
  { finish, progress, reply }: AnswerReport,
  { channel, parts, preemptiveBudget }: SessionContext,
  utterances: Pick<Utterances, 'find'>,
): void {
  const asked = [turn, ...turn.duplicates].find(({ by }) => by === speakerId) ?? turn;
  const { end, failure, words } = utterances.find(asked.parts.at(-1)?.utterance ?? 0) ?? {};
  const firstSentAtMs = reply?.firstSentAtMs;
  if (words === undefined && failure !== undefined) {
    if (firstSentAtMs === undefined) return;
    parts.onEvent(channel.guildId, failureEventOf(failure, 'recognise'));
  }
  parts.onEvent(channel.guildId, {
    kind: 'answered',
    speakerId,
    name: asked.name,
    text: progress.text,
    heardText: reply?.heardText() ?? '',
    finish,
    typed: asked.request === undefined ? undefined : true,
    vainShare: preemptiveBudget.share,
    instants: {
      ...progress.instants,
      heardAtMs: end?.whole.toMs ?? turn.voiceMs,
      endedAtMs: end?.endedAtMs ?? turn.endedMs,
      recognisedAtMs: words?.atMs,
      firstSentAtMs,
    },
  });
}
