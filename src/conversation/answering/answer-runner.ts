import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError, createEmptyAnswerError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { Ear } from '#src/conversation/ear/ear.ts';
import {
  findTurn,
  getVoiceEndMs,
  isCalledByName,
  isMuted,
} from '#src/conversation/machine/draft.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { InnerEvent } from '#src/conversation/machine/events.ts';
import type { Id, TurnEnd, TurnState } from '#src/conversation/machine/state.ts';
import {
  type AnswerMedium,
  addNamePrefix,
  endWithToolQuote,
  getAnswerMedium,
  getNamePrefix,
  noteUnspoken,
  synthesizeName,
  tellToolFailures,
  type VoiceDeps,
  writeAnswerOnce,
  writeAside,
} from '#src/conversation/mouth/answer-delivery.ts';
import {
  type FinishedAnswer,
  type PendingAnswer,
  writeAnswer,
} from '#src/conversation/mouth/pending-answer.ts';
import {
  createRunningReply,
  createStuckError,
  fillReply,
  type ReplyEnd,
  type RunningAnswer,
  type SpeechOutput,
} from '#src/conversation/mouth/speech-output.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import {
  type ChannelNotices,
  getFailureKind,
  reportUnspokenText,
  toFailureLine,
} from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/owned.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import type { AnswerUsage } from '#src/ports/session-events.ts';
import { type AnswerDeps, requestAnswer } from './answer-request.ts';

/** Performs the conversation's effects on answers: begins, plays, discards and reports them. */
export class AnswerRunner {
  readonly #session: Session;
  readonly #deps: AnswerDeps & VoiceDeps;
  readonly #ear: Ear;
  readonly #playing = new Set<Promise<void>>();
  readonly #unheard = new Map<Id, Pick<RunningAnswer, 'id' | 'progress'>>();

  constructor(session: Session, deps: AnswerDeps & VoiceDeps, ear: Ear) {
    this.#session = session;
    this.#deps = deps;
    this.#ear = ear;
  }

  /** Waits until no answer sounds any more. Never rejects. */
  async waitUntilSettled(): Promise<void> {
    await Promise.all(this.#playing);
  }

  /** Finds an answer that is not over yet. */
  findPending(answer: Id | undefined): PendingAnswer | undefined {
    return this.#replies.findAnswer(answer)?.pending;
  }

  /**
   * Begins to make an answer, and returns what is known of it: `prompted`, or `refused` by a budget. Nothing of it sounds,
   * and no tool of it runs, before `playAnswer`.
   */
  beginAnswer(effect: EffectOf<'begin'>): InnerEvent | undefined {
    this.#unheard.delete(effect.turn);
    const { loop, voiceChannel, signal } = this.#session;
    const turn = findTurn(loop.state, effect.turn);
    if (!turn) return undefined;
    const reply = createRunningReply(effect.answer, signal);
    const begun = this.#requestAnswer(effect, turn, reply.over.signal);
    if (begun.kind === 'refused') {
      // Else each refusal would leave a listener on the session.
      reply.over.abort(new Error('the answer was refused'));
      return begun;
    }
    const { pending, prompted } = begun;
    const spoken = pending.isWritten
      ? ''
      : getNamePrefix(this.#findNamedAsker(turn), voiceChannel);
    const name = synthesizeName(
      spoken,
      pending,
      this.#deps.synthesizer,
      reply.over.signal,
    );
    const progress = { text: '', instants: {} };
    this.#replies.add({ ...reply, effect, pending, name, progress });
    return prompted;
  }

  /** Plays an answer, which is begun again first if the words turned out to be in another language. */
  playAnswer({ answer }: EffectOf<'play'>): InnerEvent | undefined {
    const begun = this.#replies.findAnswer(answer);
    let fact: InnerEvent | undefined;
    if (begun?.pending.isInWrongLanguage) {
      this.discardReply(answer);
      fact = this.beginAnswer(begun.effect);
    }
    const job = this.#replies.findAnswer(answer);
    if (!job) return fact;
    job.pending.markWanted();
    this.#reportBeginning(job);
    const speaking = this.#replies.play(job, {
      speak: async (output, signal) => {
        await waitUnlessAborted(job.pending.ready, signal);
        const { languageOrder } = job.pending;
        this.#session.loop.post({ kind: 'ordered', answer, languageOrder });
        return await this.#speakAnswer(job, output, signal);
      },
      conclude: (end) => this.#concludeAnswer(job, end),
    });
    const playing = speaking.catch((error: unknown) => this.#failRun(job, error));
    this.#playing.add(playing);
    void playing.finally(() => this.#playing.delete(playing));
    return fact;
  }

  #reportBeginning(job: RunningAnswer) {
    const turn = this.#findTurn(job);
    if (!turn) return;
    const { by: speakerId, name, request } = turn;
    const typed = request === undefined ? undefined : true;
    const answerId = job.id;
    const { notices } = this.#session;
    notices.reportEvent({ kind: 'answering', answerId, speakerId, name, typed });
  }

  #failRun(job: RunningAnswer, error: unknown) {
    // This is a bug of ours, so nothing of the turn is tried again.
    this.#replies.discard(job.id);
    const { loop } = this.#session;
    loop.post({ kind: 'taken-out', id: job.effect.turn, why: 'failed' });
    loop.reportBug(error);
  }

  /** Reports a cancelled answer of which nothing was heard, unless it failed or its asker withdrew. */
  reportUnheardAnswer(turn: TurnState, end: TurnEnd): void {
    const unheard = this.#unheard.get(turn.id);
    this.#unheard.delete(turn.id);
    if (!unheard || end === 'withdrawn' || end === 'left' || end === 'failed') return;
    const { id, progress } = unheard;
    reportAnswer(turn, { id, progress, finish: 'cancelled' }, this.#session);
  }

  /** Fails an answer that has made no progress for too long. */
  giveUpAnswer({ afterMs, answer }: EffectOf<'give-up'>): void {
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

  /** Drops an answer or an announcement that is not wanted any more. */
  discardReply(reply: Id): void {
    const job = this.#replies.findAnswer(reply);
    if (job?.sounding) this.#unheard.set(job.effect.turn, job);
    job?.pending.discardUnheard();
    this.#replies.discard(reply);
  }

  get #replies() {
    return this.#session.mouth.replies;
  }

  #requestAnswer(effect: EffectOf<'begin'>, turn: TurnState, signal: AbortSignal) {
    const { notices, voiceChannel } = this.#session;
    const question = this.#findQuestion(turn.request);
    const utterances = question
      ? [...question.earlierUtterances, question.utterance]
      : this.#listUtterances(effect, turn);
    const { answer: id, done, supposed } = effect;
    const addressee = getNamePrefix(this.#findNamedAsker(turn), voiceChannel);
    const medium = this.#chooseMedium(turn.by, question?.onOutcome !== undefined);
    const open = turn.openSpeech.at(-1);
    const openUtterance = open && this.#ear.find(open.id);
    const begun = requestAnswer(utterances, this.#session, this.#deps, signal, {
      id,
      askerId: turn.by,
      done,
      supposed,
      addressee,
      manner: question?.manner,
      medium,
      awaitJudgement: () => openUtterance?.awaitWordsJudgement(id),
    });
    if (begun.kind === 'begun') return begun;
    const { isNews, line: refusal } = begun;
    const { by: speakerId, name } = turn;
    question?.onOutcome?.({ kind: 'failed', line: refusal });
    notices.reportEvent({ kind: 'dropped', speakerId, name, why: 'budget' });
    const isTold = question?.onOutcome !== undefined || !isNews(speakerId);
    return {
      kind: 'refused',
      answer: id,
      line: isTold ? undefined : refusal,
    } as const;
  }

  /** Finds a question that did not come by voice. Undefined for all others. */
  #findQuestion(request: Id | undefined) {
    const { requests } = this.#session.mouth;
    return request === undefined ? undefined : requests.findQuestion(request);
  }

  /** Chooses how a turn is answered. Undefined leaves it to the asker. */
  #chooseMedium(askerId: PersonId, hasReply: boolean): AnswerMedium | undefined {
    const { loop, voiceChannel } = this.#session;
    const isPrivate = getAnswerMedium(askerId, voiceChannel) === 'private';
    if (isMuted(loop.state.session) && (hasReply || !isPrivate)) return 'written';
    return hasReply ? 'aloud' : undefined;
  }

  #listUtterances({ words: text }: EffectOf<'begin'>, turn: TurnState) {
    const ended = turn.parts.map(({ failure, utterance, words: partText }) =>
      this.#ear.find(utterance)?.toTurnUtterance(failure ? undefined : partText),
    );
    const open = turn.openSpeech.at(-1);
    const endedText = turn.parts.map((part) => part.words).join(' ');
    const openText = text?.slice(endedText.length).trim();
    const current =
      open &&
      this.#ear
        .find(open.id)
        ?.toTurnUtterance(open.heard.failure ? undefined : openText);
    return [...ended, current].filter((utterance) => utterance !== undefined);
  }

  #findTurn({ effect }: RunningAnswer) {
    return findTurn(this.#session.loop.state, effect.turn);
  }

  #findNamedAsker(turn: TurnState | undefined) {
    return turn && isCalledByName(this.#session.loop.state.presence, turn)
      ? this.#session.voiceChannel.findPerson(turn.by)
      : undefined;
  }

  async #speakAnswer(job: RunningAnswer, output: SpeechOutput, signal: AbortSignal) {
    const { effect, id } = job;
    const choices = this.#session.voiceChannel.getChoices(effect.by);
    const { manner } = this.#findQuestion(effect.request) ?? {};
    const ownSpeed = manner?.speed ?? choices.speed;
    let end: ReplyEnd = { finish: 'cancelled' };
    await output.speakReply(
      signal,
      async (reply) => {
        job.reply = reply;
        end = await this.#deliverAnswer(job, reply, output, signal);
      },
      {
        id,
        by: effect.by,
        ownSpeed,
        listQuotedIds: () => job.pending.quote?.authorIds ?? [],
      },
    );
    return end;
  }

  async #deliverAnswer(
    job: RunningAnswer,
    reply: SpokenReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<ReplyEnd> {
    const { effect, pending, progress } = job;
    const replyParts = noteUnspoken(
      this.#nameAndQuote(job, signal),
      progress,
      this.#session,
    );
    const failure = await fillReply(
      reply,
      () => writeAnswer(replyParts, reply, progress, signal),
      signal,
    );
    const { loop } = this.#session;
    if (!failure)
      loop.post({ kind: 'whole', reply: job.id, text: reply.getWholeText() });
    const isReplied = this.#replyToQuestion(job, failure);
    const readerId = this.#findReader(job);
    const written = { askerId: effect.by, isReplied, pending, progress, readerId };
    writeAnswerOnce(written, this.#session);
    const finish = await reply.finish;
    if (output.isStuck) {
      progress.unspoken = 'failed';
      writeAnswerOnce(written, this.#session);
      return { finish: 'failed', failure: createStuckError() };
    }
    if (finish === 'completed' && !progress.isWritten) pending.quote?.onHeard?.();
    if (failure) return { finish: 'failed', failure };
    // Where no voice speaks its language, all of it was written.
    const end = finish === 'empty' && progress.isWritten ? 'completed' : finish;
    if (end === 'empty' && this.#findTurn(job)?.changes.length === 0)
      this.#reportFailure(createEmptyAnswerError());
    if (readerId === undefined && effect.request === undefined) {
      const finished = { reply, progress, finish: end, pending };
      writeAside(effect.by, finished, this.#session);
    }
    return { finish: end };
  }

  /** Adds the asker's name and failures of tools before the parts of an answer, and a tool's quote after them. */
  #nameAndQuote(job: RunningAnswer, signal: AbortSignal) {
    const { name, pending } = job;
    const { voiceChannel } = this.#session;
    const told = tellToolFailures(
      pending.releaseParts(signal),
      pending,
      this.#session,
      this.#deps,
      signal,
    );
    const quoted = endWithToolQuote(
      told,
      pending,
      voiceChannel.channel,
      this.#deps,
      signal,
    );
    const named = {
      findAsker: () => this.#findNamedAsker(this.#findTurn(job)),
      made: name,
      voice: pending.voice,
      reservation: pending.reservation,
    };
    return addNamePrefix(quoted, named, voiceChannel, this.#deps, signal);
  }

  /** Returns whether the answer stands in the reply to a typed question now. */
  #replyToQuestion(job: RunningAnswer, failure: BotError | undefined) {
    const question = this.#findQuestion(job.effect.request);
    return question?.onOutcome?.(toAskOutcome(job, failure)) ?? false;
  }

  #tellFailure(job: RunningAnswer, failure: BotError) {
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

  #concludeAnswer(job: RunningAnswer, { failure: error, finish }: ReplyEnd) {
    const { effect, id, pending, progress, reply } = job;
    const turn = this.#findTurn(job);
    if (turn?.answer?.id === id)
      reportAnswer(
        turn,
        { id, reply, progress, finish, usage: pending.usage },
        this.#session,
      );
    const isRead = progress.isWritten && pending.onlyFor === undefined;
    const heardText = isRead ? progress.text : (reply?.getHeardText() ?? '');
    const { voiceChannel } = this.#session;
    const question = this.#findQuestion(effect.request);
    const failure = error && {
      error,
      language: voiceChannel.languages.find(effect.by),
    };
    return {
      heard: heardText,
      words: question?.transcript?.text,
      stage: error && this.#tellFailure(job, error),
      failure,
    };
  }

  #findReader({ effect: { by, request }, pending }: RunningAnswer) {
    if (request !== undefined) return undefined;
    return pending.isWritten ||
      getAnswerMedium(by, this.#session.voiceChannel) !== 'aloud'
      ? by
      : undefined;
  }
}

function toAskOutcome(
  { pending, progress: { text } }: RunningAnswer,
  failure: BotError | undefined,
): AskOutcome {
  // An answer that could not be spoken was written.
  if (failure && failure.stage !== 'speak')
    return { kind: 'failed', line: toFailureLine(failure) };
  if (text.trim() !== '')
    return {
      kind: 'answered',
      text: pending.toOwnedText(text),
      isTold: pending.isTold(text) || undefined,
    };
  return { kind: 'failed', line: { id: 'fail.llm' } };
}

function reportAnswer(
  turn: TurnState,
  {
    finish,
    id: answerId,
    progress,
    reply,
    usage,
  }: Pick<FinishedAnswer, 'finish' | 'progress'> & {
    readonly id: Id;
    readonly reply?: SpokenReply;
    readonly usage?: AnswerUsage | undefined;
  },
  {
    consent,
    notices,
    voiceChannel,
  }: {
    readonly consent: SessionConsent;
    readonly notices: ChannelNotices;
    readonly voiceChannel: SessionChannel;
  },
) {
  const { by: speakerId, endedMs, name, request } = turn;
  const { failure, pausedMs, recognisedMs } = turn.parts.at(-1) ?? {};
  const firstSentAtMs = reply?.firstSentAtMs;
  if (failure) {
    if (firstSentAtMs === undefined) return;
    notices.reportFailure(failure.error, 'recognise');
  }
  notices.reportEvent({
    kind: 'answered',
    answerId,
    channelId: voiceChannel.channel.channelId,
    speakerId,
    name,
    text: progress.text,
    heardText: reply?.getHeardText() ?? '',
    isLeftOut: !consent.canWrite(speakerId),
    finish,
    typed: request === undefined ? undefined : true,
    isMessage: progress.isMessage,
    usage,
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
