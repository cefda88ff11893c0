import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { Utterances } from '#src/conversation/hearing/utterances.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import { isNamed, turnOf } from '#src/conversation/machine/questions.ts';
import type { Id, TurnState } from '#src/conversation/machine/state.ts';
import {
  answerMediumFor,
  endWithToolQuote,
  type MadeName,
  makeName,
  type NamedPerson,
  namePrefix,
  type VoiceDeps,
  withNamePrefix,
  writeLinksCodeTables,
  writeUnspoken,
} from '#src/conversation/output/answer-parts.ts';
import {
  deliver,
  newReply,
  type ReplyEnd,
  RunningReplies,
  type RunningReply,
} from '#src/conversation/output/running-replies.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import { failureKindOf, failureText, reportUnsaid, writeUnspeakable } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { saidNothing } from '#src/ports/failure-event.ts';
import {
  type AnswerProgress,
  type FinishedAnswer,
  PendingAnswer,
  playAnswer,
} from '#src/voice/output/pending-answer.ts';
import { type SpeechOutput, stuck } from '#src/voice/output/speech-output.ts';
import { type AnswerDeps, beginAnswer } from './begin-answer.ts';

/** One attempt at an answer, from its first request to its end. */
type AnswerJob = RunningReply & {
  /** Turn that it answers, its asker and its request. */
  readonly effect: EffectOf<'begin'>;
  readonly pending: PendingAnswer;
  readonly progress: AnswerProgress;
  /** Name with which it begins. */
  readonly name: MadeName | undefined;
};

/** Answers of one session that are made or heard. */
export class AnswerJobs {
  readonly running: RunningReplies<AnswerJob>;
  readonly #session;
  readonly #deps;
  readonly #utterances;
  readonly #playing = new Set<Promise<void>>();
  /** Progress of answers that were awaited and discarded, by their turn. */
  readonly #unheard = new Map<Id, AnswerProgress>();

  constructor(session: Session, deps: AnswerDeps & VoiceDeps, utterances: Utterances) {
    this.#session = session;
    this.#deps = deps;
    this.#utterances = utterances;
    this.running = new RunningReplies(session.loop, (job, end) => this.#concluded(job, end));
  }

  /** Resolves when nothing is heard any more. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#playing);
  }

  pendingOf(answer: Id | undefined): PendingAnswer | undefined {
    return this.running.of(answer)?.pending;
  }

  // Effects.

  begin(effect: EffectOf<'begin'>): void {
    this.#unheard.delete(effect.turn);
    const { loop, place, signal } = this.#session;
    const turn = turnOf(loop.state, effect.turn);
    if (!turn) return;
    const reply = newReply(effect.answer, signal);
    const pending = this.#make(effect, turn, reply.over.signal);
    if (!pending) return;
    const instants = { heardAtMs: turn.voiceMs, endedAtMs: turn.endedMs };
    const spoken = pending.isWritten ? '' : namePrefix(this.#addresseeOf(turn), place);
    const name = makeName(spoken, pending, this.#deps.synthesizer, reply.over.signal);
    const job: AnswerJob = { ...reply, effect, pending, name, progress: { text: '', instants } };
    this.running.add(job);
  }

  play({ answer }: EffectOf<'play'>): void {
    const former = this.running.of(answer);
    if (former?.pending.isInWrongLanguage) {
      this.discard(answer);
      this.begin(former.effect);
    }
    const job = this.running.of(answer);
    if (!job) return;
    job.pending.want();
    const speaking = this.running.play(job, async (output, signal) => {
      await unlessAborted(job.pending.ready, signal);
      return await this.#speak(job, output, signal);
    });
    const playing = speaking.catch((error: unknown) => this.#broken(job, error));
    this.#playing.add(playing);
    void playing.finally(() => this.#playing.delete(playing));
  }

  /** A bug: nothing of the question is tried again. */
  #broken(job: AnswerJob, error: unknown) {
    this.running.discard(job.id);
    const { loop } = this.#session;
    loop.post({ kind: 'taken-out', id: job.effect.turn, why: 'failed' });
    loop.broken(error);
  }

  /** A turn is over: an answer that was awaited and not heard is reported, unless its asker took it back. */
  turnOver(turn: TurnState, end: string): void {
    const progress = this.#unheard.get(turn.id);
    this.#unheard.delete(turn.id);
    if (!progress || end === 'withdrawn' || end === 'left' || end === 'failed') return;
    const report = { progress, finish: 'cancelled' } as const;
    reportAnswer(turn, report, this.#session);
  }

  giveUp({ afterMs, answer }: EffectOf<'give-up'>): void {
    const pending = this.pendingOf(answer);
    const message = `An answer made no progress for ${afterMs / 1000} s.`;
    pending?.giveUp(new BotError('provider.late', true, message, undefined, pending.stage));
  }

  discard(answer: Id): void {
    const job = this.running.of(answer);
    if (job?.playing) this.#unheard.set(job.effect.turn, job.progress);
    job?.pending.discard();
    this.running.discard(answer);
  }

  #make(
    effect: EffectOf<'begin'>,
    turn: TurnState,
    signal: AbortSignal,
  ): PendingAnswer | undefined {
    const { loop, notices, place, speech } = this.#session;
    const question = speech.requests.questionOf(turn.request);
    const said = this.#saidFor(effect, turn);
    const { answer: id, done, supposed } = effect;
    const addressee = namePrefix(this.#addresseeOf(turn), place);
    const medium = question?.report && ('aloud' as const);
    const wanted = { id, done, supposed, addressee, manner: question?.manner, medium };
    const begun = beginAnswer(said, this.#session, this.#deps, signal, wanted);
    if (begun instanceof PendingAnswer) return begun;
    const { isNews, line } = begun;
    const [speakerId, name] = [turn.by, turn.name];
    if (question?.report) question.report({ kind: 'failed', line });
    else if (isNews(speakerId)) notices.notifyPerson(speakerId, [line], signal, []);
    notices.report({ kind: 'dropped', speakerId, name, why: 'budget' });
    loop.post({ kind: 'refused', answer: id });
    return undefined;
  }

  /** The question as utterances, oldest first; those of a preemptive answer may go on. */
  #saidFor({ words }: EffectOf<'begin'>, turn: TurnState): readonly TurnUtterance[] {
    const question = this.#session.speech.requests.questionOf(turn.request);
    if (question) return [...question.earlier, question.said];
    const last = turn.open.at(-1);
    const before = turn.parts.map(({ failure, utterance, words: known }) =>
      this.#utterances.said(utterance, failure ? undefined : known),
    );
    const rest = words?.slice(turn.parts.map((one) => one.words).join(' ').length).trim();
    const now = last && this.#utterances.said(last.id, last.failure ? undefined : rest);
    return [...before, now].filter((one) => one !== undefined);
  }

  /** Question as it is now; undefined once it is over. */
  #turnNow({ effect }: AnswerJob): TurnState | undefined {
    return turnOf(this.#session.loop.state, effect.turn);
  }

  /** Person whom an answer calls by name. */
  #addresseeOf(turn: TurnState | undefined): NamedPerson | undefined {
    const { loop, place } = this.#session;
    return turn && isNamed(loop.state, turn) ? place.findPerson(turn.by) : undefined;
  }

  async #speak(job: AnswerJob, output: SpeechOutput, signal: AbortSignal): Promise<ReplyEnd> {
    const { place, speech } = this.#session;
    const { effect, id } = job;
    const own = place.choicesOf(effect.by);
    const { manner } = speech.requests.questionOf(effect.request) ?? {};
    const ownSpeed = manner?.speed ?? own.speed;
    let end: ReplyEnd = { finish: 'cancelled' };
    const speak = async (reply: SpokenReply) => {
      job.reply = reply;
      end = await this.#perform(job, reply, output, signal);
    };
    await output.speak(signal, speak, { id, by: effect.by, ownSpeed });
    return end;
  }

  async #perform(
    job: AnswerJob,
    reply: SpokenReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<ReplyEnd> {
    const session = this.#session;
    const { loop, place, speech } = session;
    const { effect, pending, progress } = job;
    const { reservation, voice } = pending;
    const quoted = endWithToolQuote(
      pending.release(signal),
      pending,
      place.channel,
      this.#deps,
      signal,
    );
    const addressee = () => this.#addresseeOf(this.#turnNow(job));
    const named = { addressee, made: job.name, voice, reservation };
    const made = withNamePrefix(quoted, named, place, this.#deps, signal);
    const writtenTo = this.#writtenTo(job);
    const written = writeUnspoken(made, { progress, pending, writtenTo }, session, signal);
    const work = () => playAnswer(written, reply, progress, signal);
    const failure = await deliver(reply, work, signal);
    if (!failure) loop.post({ kind: 'whole', reply: job.id, text: reply.wholeText() });
    speech.requests.questionOf(effect.request)?.report?.(reportedOf(job, failure));
    const finish = await reply.finish;
    if (output.isStuck) {
      writeUnspeakable(pending.written(progress.text), session);
      progress.isWritten = true;
      return { finish: 'failed', failure: stuck() };
    }
    if (finish === 'completed' && !progress.isWritten) pending.quote?.onHeard?.();
    if (failure) return { finish: 'failed', failure };
    // For want of a voice for its language, all of it was written.
    const end = finish === 'empty' && progress.isWritten ? 'completed' : finish;
    if (end === 'empty' && this.#turnNow(job)?.changes.length === 0)
      this.#noteFailure(saidNothing());
    if (writtenTo === undefined && effect.request === undefined) {
      const finished = { reply, progress, finish: end, owner: pending.owner };
      writeLinksCodeTables(effect.by, finished, session);
    }
    return { finish: end };
  }

  /** Tells people of a failure, and returns its stage for the channel. */
  #failed(job: AnswerJob, failure: BotError): string {
    const { notices } = this.#session;
    const writtenTo = this.#writtenTo(job);
    const stage = this.#noteFailure(failure);
    if (stage === 'speak' || writtenTo === undefined) return stage;
    notices.write(openText(notices.writtenText(failureText(failure))), writtenTo);
    return 'speak';
  }

  /** Reports a failure to the operator, and returns its kind for the channel. */
  #noteFailure(error: BotError): string {
    const { notices } = this.#session;
    const { stage = 'think' } = error;
    if (stage === 'speak') {
      reportUnsaid(error, this.#session);
      return stage;
    }
    notices.reportFailure(error, stage);
    return failureKindOf(error);
  }

  /** Reports an answer that was to be heard. */
  #concluded(job: AnswerJob, { failure: error, finish }: ReplyEnd) {
    const { effect, id, pending, progress, reply } = job;
    const turn = this.#turnNow(job);
    if (turn?.answer?.id === id) reportAnswer(turn, { reply, progress, finish }, this.#session);
    const isRead = progress.isWritten && pending.onlyFor === undefined;
    const heard = isRead ? progress.text : (reply?.heardText() ?? '');
    const words = this.#session.speech.requests.questionOf(effect.request)?.words?.text;
    const language = this.#session.place.languages.of(effect.by);
    const failure = error && { error, language };
    return { heard, words, stage: error && this.#failed(job, error), failure };
  }

  /** Person for whom the answer is written, beside what is heard of it. */
  #writtenTo({ effect: { by, request }, pending }: AnswerJob): string | undefined {
    if (request !== undefined) return undefined;
    return pending.isWritten || answerMediumFor(by, this.#session.place) !== 'aloud'
      ? by
      : undefined;
  }
}

/** An answer that could not be spoken was written all the same; one without a word is none. */
function reportedOf(
  { pending, progress: { text } }: AnswerJob,
  failure: BotError | undefined,
): AskOutcome {
  if (failure && failure.stage !== 'speak') return { kind: 'failed', line: failureText(failure) };
  if (text.trim() !== '') return { kind: 'answered', text: pending.written(text) };
  return { kind: 'failed', line: { id: 'fail.llm' } };
}

/** Content and end of an answer. */
type AnswerReport = Pick<FinishedAnswer, 'finish' | 'progress'> & {
  readonly reply?: SpokenReply | undefined;
};

/** Reports an answer that is over to listeners. */
function reportAnswer(
  turn: TurnState,
  { finish, progress, reply }: AnswerReport,
  { consent, notices, place }: Owners<'consent' | 'notices' | 'place'>,
) {
  const { by: speakerId, endedMs, name, parts, request, voiceMs } = turn;
  const { failure, recognisedMs } = parts.at(-1) ?? {};
  const firstSentAtMs = reply?.firstSentAtMs;
  if (failure) {
    if (firstSentAtMs === undefined) return;
    notices.reportFailure(failure.error, 'recognise');
  }
  notices.report({
    kind: 'answered',
    channelId: place.channel.channelId,
    speakerId,
    name,
    text: progress.text,
    heardText: reply?.heardText() ?? '',
    isLeftOut: !consent.mayWrite(speakerId),
    finish,
    typed: request === undefined ? undefined : true,
    instants: {
      ...progress.instants,
      heardAtMs: voiceMs,
      endedAtMs: endedMs,
      recognisedAtMs: recognisedMs,
      firstSentAtMs,
    },
  });
}
