import { listenRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { reportUnrecognised } from '#src/conversation/alerts/report-failure.ts';
import type { Answering } from '#src/conversation/engines/paid-engines.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import { HeldListening } from '#src/speech/held-listening.ts';
import { InterimBudget, type InterimMoment } from '#src/speech/interim-budget.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { HearingBudget } from '#src/spending/budget-authority.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { hasVoice } from '#src/turn/evidence.ts';
import { EndedUtteranceHandler } from './ended-utterance-handler.ts';
import type { Interruptions } from './interruptions.ts';
import { type LiveAudio, OpenUtterance } from './open-utterance.ts';
import { audience, isSentEarly, needsWords } from './open-utterance-decisions.ts';
import { PreemptiveAnswers, type PreemptiveAnswersOptions } from './preemptive-answers.ts';
import { type OpenQuestion, QuestionContinuations, questionOf } from './question-continuations.ts';
import { chooseRecogniser, freeRecogniserFor } from './recogniser-choice.ts';
import type { UtteranceStart } from './session-addressing.ts';
import type { SpeakerInputEvent, UtteranceEnd, UtteranceSoFar } from './speaker-input.ts';

type UtteranceBegin = Extract<SpeakerInputEvent, { kind: 'began' }>;
type PauseEvent = UtteranceSoFar & { readonly kind: InterimMoment };

export type OpenUtterancesOptions = Omit<PreemptiveAnswersOptions, 'isOpen'> & {
  readonly context: SpeakingContext;
  readonly interruptions: Interruptions;
};

/** Unfinished utterances of one channel, up to the questions they become. */
export class OpenUtterances {
  readonly #options: OpenUtterancesOptions;
  readonly #utterances = new Map<string, OpenUtterance>();
  readonly #continuations: QuestionContinuations;
  /** Said to the end, and not understood yet. */
  readonly #pending = new Set<QueuedQuestion>();
  readonly #endedUtterances: EndedUtteranceHandler;
  readonly #preemptive: PreemptiveAnswers;
  /** Account of requests to a recogniser of whole utterances. */
  readonly #interimBudget = new InterimBudget();
  readonly #broken = Promise.withResolvers<never>();

  constructor(options: OpenUtterancesOptions) {
    this.#options = options;
    this.#continuations = new QuestionContinuations(options.context, options.hearing, (work) =>
      this.#run(work),
    );
    this.#endedUtterances = new EndedUtteranceHandler({
      ...options,
      continuations: this.#continuations,
    });
    this.#preemptive = new PreemptiveAnswers({
      ...options,
      isOpen: (utterance) => this.#utterances.get(utterance.speakerId) === utterance,
    });
    this.#broken.promise.catch(() => undefined); // `watch` throws it
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#broken.reject(error));
  }

  /** Ended, and still being recognised. */
  get pending(): QueuedQuestion | undefined {
    const [first] = this.#pending;
    return first;
  }

  /** Never resolves. Errors: bugs of the work that no caller waits for. Aborting `signal` throws its reason. */
  async watch(signal: AbortSignal): Promise<never> {
    const leave = () => this.#broken.reject(signal.reason);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    try {
      return await this.#broken.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** To be given everything that was noticed of this person, in order. */
  handle(speakerId: string, noticed: SpeakerInputEvent): void {
    if (noticed.kind === 'began') this.#mayBegin(speakerId, noticed);
    const utterance = this.#utterances.get(speakerId);
    if (!utterance) return;
    if (this.#options.context.output.sounds) utterance.overlaps = true;
    if (this.#isAmongSounds(speakerId)) utterance.isAmongSounds = true;
    if (!utterance.isRecognised && needsWords(utterance, this.#options.context))
      utterance.recognise();
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        utterance.hear(noticed.sound);
        return;
      case 'paused':
      case 'long-pause':
        this.#pause(utterance, noticed);
        return;
      case 'resumed':
        utterance.goOn();
        return;
      case 'likely-over':
        this.#preemptive.think(utterance, utterance.words?.text, noticed);
        return;
      case 'ended':
        this.#utterances.delete(speakerId);
        this.#end(utterance, noticed);
        return;
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  /** Whether something sounds beside this person; not looked at where no yes is waited for. */
  #isAmongSounds(speakerId: string): boolean {
    const { mix, output, tools } = this.#options.context;
    if (!tools.spoken.isOpen) return false;
    const isAlone = [...this.#utterances.keys()].every((id) => id === speakerId);
    return !isAlone || output.sounds || mix.sounds;
  }

  /** All words so far of what this person is saying. */
  overhear(speakerId: string, text: string): void {
    const utterance = this.#utterances.get(speakerId);
    if (utterance?.overlaps) this.#options.interruptions.overhear(speakerId, text);
  }

  /** Whatever others are saying, or have just said, is gone. To be called now and then. */
  keep(mayHear: (speakerId: string) => boolean): void {
    for (const speakerId of this.#utterances.keys()) {
      if (!mayHear(speakerId)) this.#forget(speakerId);
    }
    this.#continuations.keep(mayHear);
  }

  /** Closes all utterances; finished ones are still answered. */
  close(): void {
    for (const [speakerId, utterance] of this.#utterances) {
      const { before } = utterance;
      if (before) this.#run(this.#continuations.giveBack(before));
      if (!utterance.isFollowed) continue;
      this.#utterances.delete(speakerId);
      this.#run(this.#breakOff(utterance));
    }
    this.keep(() => false);
  }

  /** An answer is made of it no more, but captions are. */
  async #breakOff(utterance: OpenUtterance): Promise<void> {
    using over = utterance;
    over.live?.forget();
    over.forgetAnswer();
    const withdrawn = this.#options.context.gate.withdrawals.of(over.speakerId);
    const words = await over.text().catch(() => undefined);
    if (withdrawn.aborted) over.ended({ kind: 'withdrawn' }, over.spokenSoFar, false);
    else if (words) over.ended(over.content(over.evidence), over.spokenSoFar, false);
  }

  /** Recognises the utterance so far, once a pause, unless its words are not needed, or it would be too expensive. */
  #pause(utterance: OpenUtterance, noticed: PauseEvent): void {
    utterance.evidence = noticed.heard;
    if (!hasVoice(noticed.heard) || utterance.isAsked) return;
    if (isSentEarly(utterance, noticed.kind, this.#interimBudget, this.#options.context))
      this.#run(this.#preemptive.pause(utterance, noticed));
    else if (!utterance.isRecognised || noticed.kind === 'long-pause')
      this.#run(this.#passOver(utterance));
  }

  /** Gives the speaker input an empty text for this pause, so that it does not wait for words. */
  async #passOver(utterance: OpenUtterance): Promise<void> {
    await Promise.resolve(); // what else was noticed goes first
    const { speakerId: id } = utterance;
    if (this.#utterances.get(id) === utterance) this.#options.read(id, { text: '' });
  }

  /** Skips recognition when the budget is used up. */
  #mayBegin(speakerId: string, began: UtteranceBegin): void {
    const { context, hearing } = this.#options;
    const { channel, features, languages, notice, parts } = context;
    const isWanted = features.wants(speakerId);
    const language = languages.hintFor(speakerId) ?? languages.latest;
    const hasFree = freeRecogniserFor(language, context, hearing) !== undefined;
    const budget = parts.spending.listen(channel.guildId, speakerId, isWanted, hasFree);
    if ('reservation' in budget) this.#begin(speakerId, began, isWanted, budget);
    else if (budget.isNews()) notice(budget.line);
    else this.#reportUnpaid({ speakerId, fromMs: began.fromMs });
  }

  /** Shows that a person is not heard for lack of budget, if they would be answered whatever they say. */
  #reportUnpaid(start: UtteranceStart): void {
    const { addressing, panel, people } = this.#options.context;
    const here = people();
    const name = here.find(({ id }) => id === start.speakerId)?.name;
    if (name !== undefined && addressing.presumes(start, here)) panel.lost(name, 'budget');
  }

  #begin(
    speakerId: string,
    { fromMs, spokenFromMs, leadMs }: UtteranceBegin,
    isWanted: boolean,
    budget: HearingBudget,
  ): void {
    const { context, hearing } = this.#options;
    const { features, languages, people, queue, output, parts } = context;
    const here = people();
    const name = here.find(({ id }) => id === speakerId)?.name ?? 'Someone';
    const isAlone = here.every(({ id, isBot }) => isBot || id === speakerId);
    context.tools.spoken.began(speakerId);
    this.#forget(speakerId);
    const before = this.#continuations.before(speakerId, fromMs);
    const start = { speakerId, fromMs, isAlone };
    languages.meet(speakerId);
    const hint = languages.hintFor(speakerId);
    const need = { isWanted, hint, people: here };
    const { transcriber, isCaptioned, hints } = chooseRecogniser(need, budget, context, hearing);
    const listening = this.#hold(speakerId, transcriber, () => utterance);
    const utterance = new OpenUtterance({
      ...start,
      name,
      hints,
      listening,
      clock: parts.clock,
      before,
      spokenFromMs,
      leadMs,
      follower: isCaptioned ? features.began({ speakerId, name, fromMs: spokenFromMs }) : undefined,
      onDecided: (meant) => budget.decided(meant),
    });
    if (before) this.#continuations.follow(before, utterance);
    utterance.live = liveAudioOf(utterance, context);
    this.#utterances.set(speakerId, utterance);
    const sounds = queue.current === before && output.sounds;
    if (before && !sounds) queue.giveUp(before, 'continued');
    if (needsWords(utterance, this.#options.context)) this.#options.hearing.warm();
  }

  /** A recogniser for an utterance, which begins when its words are needed. */
  #hold(
    speakerId: string,
    transcriber: Transcriber,
    utterance: () => OpenUtterance,
  ): HeldListening {
    const { context, hearing, read } = this.#options;
    const { channel, gate, parts, signal } = context;
    const { guildId } = channel;
    const onPartial = (text: string) => {
      if (transcriber.listen) utterance().partial = text;
      utterance().heardPartly(text);
      parts.onEvent(guildId, { kind: 'words', name: utterance().name, text, isWhole: false });
      if (transcriber.listen) this.#preemptive.heardPartly(utterance(), text);
      read(speakerId, { text });
    };
    const onSent = (ms: number) => this.#interimBudget.sent(ms);
    const onWait = () => parts.onEvent(guildId, { kind: 'recogniser-full' });
    const until = AbortSignal.any([signal, gate.withdrawals.of(speakerId)]);
    const open = (inner: AbortSignal) =>
      hearing.listeningSlots.listen({ guildId, onWait, onSent }, transcriber, onPartial, inner);
    return new HeldListening(open, until);
  }

  /** Drops the utterance of a person who may not be heard any more. */
  #forget(speakerId: string): void {
    const utterance = this.#utterances.get(speakerId);
    this.#utterances.delete(speakerId);
    utterance?.live?.forget();
    utterance?.ended({ kind: 'withdrawn' }, utterance.spokenSoFar, false);
    utterance?.[Symbol.dispose]();
  }

  #end(utterance: OpenUtterance, ended: UtteranceEnd): void {
    const question = questionOf(utterance, ended);
    const meant = this.#finish(utterance, question, ended);
    this.#run(meant.then((isMeant) => (isMeant ? undefined : utterance.live?.forget())));
    this.#continuations.add(question, meant);
    if (hasVoice(ended.heard)) this.#continuations.mayGoOn(question);
  }

  /** Decided in the order in which it was said, unless what came before takes too long. */
  async #finish(
    utterance: OpenUtterance,
    question: OpenQuestion,
    ended: UtteranceEnd,
  ): Promise<boolean> {
    using over = utterance;
    const withdrawn = this.#options.context.gate.withdrawals.of(over.speakerId);
    over.evidence = ended.heard;
    const failure = await this.#understand(over, question, ended);
    await this.#continuations.decided(utterance);
    if (withdrawn.aborted) {
      question.handle.drop('withdrawn');
      question.isMeant = false; // also where it was dropped already, for its speaker had gone on
      over.ended({ kind: 'withdrawn' }, ended.spoken, false);
      return false;
    }
    const decision = this.#endedUtterances.perform(utterance, question, ended);
    const isMeant = question.isMeant === true;
    const content = withdrawn.aborted
      ? ({ kind: 'withdrawn' } as const)
      : over.content(ended.heard);
    over.ended(content, ended.spoken, isMeant);
    const isUnmeant = decision.kind === 'ignore' || decision.kind === 'command';
    if (isUnmeant && failure instanceof BotError) {
      reportUnrecognised(failure, this.#options.context);
    }
    return isMeant;
  }

  /** Why it was not understood, if it was to be and was not. Never throws. */
  async #understand(
    utterance: OpenUtterance,
    question: OpenQuestion,
    { heard, whole }: UtteranceEnd,
  ): Promise<unknown> {
    if (!hasVoice(heard)) return undefined;
    const spokenMs = whole.toMs - whole.fromMs;
    this.#options.context.addressing.talked(utterance.speakerId, spokenMs);
    if (!utterance.isRecognised) return undefined;
    this.#pending.add(question);
    try {
      await this.#options.context.languages.said(utterance.speakerId, await utterance.text());
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.#pending.delete(question);
      this.#interimBudget.spoke(spokenMs);
    }
  }
}

/** Sound for which money is set aside at a time, in ms. */
const reservedMs = 30_000;

/**
 * Sound for a model that hears itself: only of a person who is going to be answered whatever they say, as long as there is money
 * for an answer to all of it. For all others the words decide first.
 */
function liveAudioOf(
  utterance: Pick<OpenUtterance, 'fromMs' | 'isAlone' | 'name' | 'speakerId'>,
  context: SessionContext,
): LiveAudio | undefined {
  const { fromMs, name, speakerId } = utterance;
  const { addressing, channel, parts, pipeline } = context;
  if (!pipeline.hears || !addressing.presumes(utterance, audience(utterance, context)))
    return undefined;
  const messages = [{ content: context.style().instructions }];
  let [heardMs, paidMs] = [0, 0];
  let paid: { readonly reservation: Reservation; readonly answering: Answering } | undefined;
  const reserve = () => {
    paid?.reservation.close();
    paidMs += reservedMs;
    const opened = parts.spending.open({
      kind: 'sound ahead of an answer',
      guildId: channel.guildId,
      personId: speakerId,
      name,
      first: { messages, heardMs: paidMs },
    });
    if (opened.kind === 'refused') return undefined;
    const { reservation } = opened;
    return { reservation, answering: pipeline.paidBy(reservation) };
  };
  paid = reserve();
  if (!paid) return undefined;
  const forget = () => pipeline.forgetHeard(speakerId, fromMs);
  return {
    hear(sound) {
      if (!paid) return;
      heardMs += (sound.length / listenRateHz) * 1_000;
      if (heardMs > paidMs) paid = reserve();
      if (paid) paid.answering.hear(sound, speakerId, fromMs);
      else forget();
    },
    forget,
    close: () => paid?.reservation.close(),
  };
}
