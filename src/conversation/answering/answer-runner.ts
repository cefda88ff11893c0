import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { UtteranceRunner } from '#src/conversation/hearing/utterance-runner.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import {
  findTurn,
  getVoiceEndMs,
  isCalledByName,
} from '#src/conversation/machine/selectors.ts';
import type { Id, TurnState } from '#src/conversation/machine/state.ts';
import {
  addNamePrefix,
  endWithToolQuote,
  getAnswerMedium,
  getNamePrefix,
  type MadeName,
  synthesizeName,
  type VoiceDeps,
  writeAside,
  writeUnspoken,
} from '#src/conversation/output/answer-delivery.ts';
import {
  createRunningReplies,
  createRunningReply,
  fillReply,
  type ReplyEnd,
  type RunningReply,
} from '#src/conversation/output/running-replies.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import {
  getFailureKind,
  reportUnspokenText,
  toFailureLine,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { createEmptyAnswerError } from '#src/ports/failure-event.ts';
import {
  type AnswerProgress,
  type FinishedAnswer,
  PendingAnswer,
  writeAnswer,
} from '#src/voice/output/pending-answer.ts';
import {
  createStuckError,
  type SpeechOutput,
} from '#src/voice/output/speech-output.ts';
import { type AnswerDeps, requestAnswer } from './answer-request.ts';

type AnswerRun = RunningReply & {
  readonly effect: EffectOf<'begin'>;
  readonly pending: PendingAnswer;
  readonly progress: AnswerProgress;
  readonly name: MadeName | undefined;
};

export class AnswerRunner {
  readonly running;
  readonly #session;
  readonly #deps;
  readonly #utterances;
  readonly #playing = new Set<Promise<void>>();
  readonly #unheardProgress = new Map<Id, AnswerProgress>();

  constructor(
    session: Session,
    deps: AnswerDeps & VoiceDeps,
    utterances: UtteranceRunner,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.#utterances = utterances;
    this.running = createRunningReplies<AnswerRun>(session.loop, (job, end) =>
      this.#concludeAnswer(job, end),
    );
  }

  /** Waits until no answer sounds any more. Never rejects. */
  async waitUntilSettled() {
    await Promise.all(this.#playing);
  }

  findPending(answer: Id | undefined): PendingAnswer | undefined {
    return this.running.find(answer)?.pending;
  }

  beginAnswer(effect: EffectOf<'begin'>) {
    this.#unheardProgress.delete(effect.turn);
    const { loop, place, signal } = this.#session;
    const turn = findTurn(loop.state, effect.turn);
    if (!turn) return;
    const reply = createRunningReply(effect.answer, signal);
    const pending = this.#makePending(effect, turn, reply.over.signal);
    if (!pending) return;
    const spoken = pending.isWritten
      ? ''
      : getNamePrefix(this.#findNamedAsker(turn), place);
    const name = synthesizeName(
      spoken,
      pending,
      this.#deps.synthesizer,
      reply.over.signal,
    );
    const progress = { text: '', instants: {} };
    this.running.add({ ...reply, effect, pending, name, progress });
  }

  playAnswer({ answer }: EffectOf<'play'>) {
    const former = this.running.find(answer);
    if (former?.pending.isInWrongLanguage) {
      this.discardAnswer(answer);
      this.beginAnswer(former.effect);
    }
    const job = this.running.find(answer);
    if (!job) return;
    job.pending.markWanted();
    const speaking = this.running.play(job, async (output, signal) => {
      await waitUnlessAborted(job.pending.ready, signal);
      return await this.#speakAnswer(job, output, signal);
    });
    const playing = speaking.catch((error: unknown) => this.#failRun(job, error));
    this.#playing.add(playing);
    void playing.finally(() => this.#playing.delete(playing));
  }

  #failRun(job: AnswerRun, error: unknown) {
    // This is a bug of ours, so nothing of the turn is tried again.
    this.running.discard(job.id);
    const { loop } = this.#session;
    loop.post({ kind: 'taken-out', id: job.effect.turn, why: 'failed' });
    loop.reportBug(error);
  }

  /** Reports a cancelled answer of which nothing was heard, unless it failed or its asker withdrew. */
  reportUnheardAnswer(turn: TurnState, end: string) {
    const progress = this.#unheardProgress.get(turn.id);
    this.#unheardProgress.delete(turn.id);
    if (!progress || end === 'withdrawn' || end === 'left' || end === 'failed') return;
    reportAnswer(turn, { progress, finish: 'cancelled' }, this.#session);
  }

  giveUpAnswer({ afterMs, answer }: EffectOf<'give-up'>) {
    const pending = this.findPending(answer);
    pending?.giveUp(
      new BotError(
        'provider.late',
        true,
        `An answer made no progress for ${afterMs / 1000} s.`,
        undefined,
        pending.stage,
      ),
    );
  }

  discardAnswer(answer: Id) {
    const job = this.running.find(answer);
    if (job?.sounding) this.#unheardProgress.set(job.effect.turn, job.progress);
    job?.pending.discardUnheard();
    this.running.discard(answer);
  }

  #makePending(effect: EffectOf<'begin'>, turn: TurnState, signal: AbortSignal) {
    const { loop, notices, place, speech } = this.#session;
    const question = speech.requests.findQuestion(turn.request);
    const said = question
      ? [...question.earlierUtterances, question.utterance]
      : this.#listUtterances(effect, turn);
    const { answer: id, done, supposed } = effect;
    const addressee = getNamePrefix(this.#findNamedAsker(turn), place);
    const medium = question?.onOutcome && ('aloud' as const);
    const open = turn.openSpeech.at(-1)?.id;
    const begun = requestAnswer(said, this.#session, this.#deps, signal, {
      id,
      done,
      supposed,
      addressee,
      manner: question?.manner,
      medium,
      awaitJudgement: () => this.#utterances.awaitWordsJudgement(open, id),
    });
    if (begun instanceof PendingAnswer) return begun;
    const { isNews, line } = begun;
    const { by: speakerId, name } = turn;
    if (question?.onOutcome) question.onOutcome({ kind: 'failed', line });
    else if (isNews(speakerId)) notices.notifyPerson(speakerId, [line], signal, []);
    notices.reportEvent({ kind: 'dropped', speakerId, name, why: 'budget' });
    loop.post({ kind: 'refused', answer: id });
    return undefined;
  }

  #listUtterances({ words }: EffectOf<'begin'>, turn: TurnState) {
    const last = turn.openSpeech.at(-1);
    const before = turn.parts.map(({ failure, utterance, words: known }) =>
      this.#utterances.toTurnUtterance(utterance, failure ? undefined : known),
    );
    const rest = words
      ?.slice(turn.parts.map((one) => one.words).join(' ').length)
      .trim();
    const now =
      last &&
      this.#utterances.toTurnUtterance(last.id, last.heard.failure ? undefined : rest);
    return [...before, now].filter((one) => one !== undefined);
  }

  #findTurn({ effect }: AnswerRun) {
    return findTurn(this.#session.loop.state, effect.turn);
  }

  #findNamedAsker(turn: TurnState | undefined) {
    return turn && isCalledByName(this.#session.loop.state.presence, turn)
      ? this.#session.place.findPerson(turn.by)
      : undefined;
  }

  async #speakAnswer(job: AnswerRun, output: SpeechOutput, signal: AbortSignal) {
    const { effect, id } = job;
    const own = this.#session.place.getChoices(effect.by);
    const { manner } = this.#session.speech.requests.findQuestion(effect.request) ?? {};
    const ownSpeed = manner?.speed ?? own.speed;
    let end: ReplyEnd = { finish: 'cancelled' };
    await output.speakReply(
      signal,
      async (reply) => {
        job.reply = reply;
        end = await this.#deliverAnswer(job, reply, output, signal);
      },
      { id, by: effect.by, ownSpeed },
    );
    return end;
  }

  async #deliverAnswer(
    job: AnswerRun,
    reply: SpokenReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<ReplyEnd> {
    const session = this.#session;
    const { loop, place, speech } = session;
    const { effect, pending, progress } = job;
    const quoted = endWithToolQuote(
      pending.releaseParts(signal),
      pending,
      place.channel,
      this.#deps,
      signal,
    );
    const named = {
      addressee: () => this.#findNamedAsker(this.#findTurn(job)),
      made: job.name,
      voice: pending.voice,
      reservation: pending.reservation,
    };
    const made = addNamePrefix(quoted, named, place, this.#deps, signal);
    const readerId = this.#findReader(job);
    const written = writeUnspoken(
      made,
      { progress, pending, readerId },
      session,
      signal,
    );
    const failure = await fillReply(
      reply,
      () => writeAnswer(written, reply, progress, signal),
      signal,
    );
    if (!failure)
      loop.post({ kind: 'whole', reply: job.id, text: reply.getWholeText() });
    speech.requests
      .findQuestion(effect.request)
      ?.onOutcome?.(toAskOutcome(job, failure));
    const finish = await reply.finish;
    if (output.isStuck) {
      writeUnspeakableWords(pending.toConfidentialText(progress.text), session);
      progress.isWritten = true;
      return { finish: 'failed', failure: createStuckError() };
    }
    if (finish === 'completed' && !progress.isWritten) pending.quote?.onHeard?.();
    if (failure) return { finish: 'failed', failure };
    // Where no voice speaks its language, all of it was written.
    const end = finish === 'empty' && progress.isWritten ? 'completed' : finish;
    if (end === 'empty' && this.#findTurn(job)?.changes.length === 0)
      this.#reportFailure(createEmptyAnswerError());
    if (readerId === undefined && effect.request === undefined) {
      const finished = { reply, progress, finish: end, owner: pending.owner };
      writeAside(effect.by, finished, session);
    }
    return { finish: end };
  }

  #tellFailure(job: AnswerRun, failure: BotError) {
    const { notices } = this.#session;
    const writtenTo = this.#findReader(job);
    const stage = this.#reportFailure(failure);
    if (stage === 'speak' || writtenTo === undefined) return stage;
    notices.writeWords(
      toOpenText(notices.formatWrittenText(toFailureLine(failure))),
      writtenTo,
    );
    return 'speak';
  }

  #reportFailure(error: BotError) {
    const { stage = 'think' } = error;
    if (stage === 'speak') {
      reportUnspokenText(error, this.#session);
      return stage;
    }
    this.#session.notices.reportFailure(error, stage);
    return getFailureKind(error);
  }

  #concludeAnswer(job: AnswerRun, { failure: error, finish }: ReplyEnd) {
    const { effect, id, pending, progress, reply } = job;
    const turn = this.#findTurn(job);
    if (turn?.answer?.id === id)
      reportAnswer(turn, { reply, progress, finish }, this.#session);
    const isRead = progress.isWritten && pending.onlyFor === undefined;
    const heard = isRead ? progress.text : (reply?.getHeardText() ?? '');
    const words = this.#session.speech.requests.findQuestion(effect.request)?.transcript
      ?.text;
    const language = this.#session.place.languages.find(effect.by);
    const failure = error && { error, language };
    return { heard, words, stage: error && this.#tellFailure(job, error), failure };
  }

  #findReader({ effect: { by, request }, pending }: AnswerRun) {
    if (request !== undefined) return undefined;
    return pending.isWritten || getAnswerMedium(by, this.#session.place) !== 'aloud'
      ? by
      : undefined;
  }
}

function toAskOutcome(
  { pending, progress: { text } }: AnswerRun,
  failure: BotError | undefined,
): AskOutcome {
  // An answer that could not be spoken was written.
  if (failure && failure.stage !== 'speak')
    return { kind: 'failed', line: toFailureLine(failure) };
  if (text.trim() !== '')
    return { kind: 'answered', text: pending.toConfidentialText(text) };
  return { kind: 'failed', line: { id: 'fail.llm' } };
}

function reportAnswer(
  turn: TurnState,
  {
    finish,
    progress,
    reply,
  }: Pick<FinishedAnswer, 'finish' | 'progress'> & {
    readonly reply?: SpokenReply;
  },
  { consent, notices, place }: Owners<'consent' | 'notices' | 'place'>,
) {
  const { by: speakerId, endedMs, name, parts, request } = turn;
  const { failure, pausedMs, recognisedMs } = parts.at(-1) ?? {};
  const firstSentAtMs = reply?.firstSentAtMs;
  if (failure) {
    if (firstSentAtMs === undefined) return;
    notices.reportFailure(failure.error, 'recognise');
  }
  notices.reportEvent({
    kind: 'answered',
    channelId: place.channel.channelId,
    speakerId,
    name,
    text: progress.text,
    heardText: reply?.getHeardText() ?? '',
    isLeftOut: !consent.canWrite(speakerId),
    finish,
    typed: request === undefined ? undefined : true,
    instants: {
      ...progress.instants,
      heardAtMs: getVoiceEndMs(turn),
      endedAtMs: endedMs,
      pausedAtMs: pausedMs,
      recognisedAtMs: recognisedMs,
      firstSentAtMs,
    },
  });
}
