import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { DropReason } from '#src/conversation/queue/turn-handle.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';
import type { EndedUtterance, UtteranceCommand, UtteranceDecision } from '#src/turn/answerable.ts';
import type { Interruptions } from './interruptions.ts';
import type { OpenUtterance } from './open-utterance.ts';
import { audience, decisionFactsOf } from './open-utterance-decisions.ts';
import type { OpenQuestion, QuestionContinuations } from './question-continuations.ts';
import type { UtteranceEnd } from './speaker-input.ts';

export type EndedUtteranceHandlerOptions = {
  readonly context: SpeakingContext;
  readonly interruptions: Interruptions;
  readonly continuations: QuestionContinuations;
};

type AnswerDecision = Extract<UtteranceDecision, { kind: 'answer' }>;
type NoAnswerDecision = Extract<UtteranceDecision, { kind: 'command' | 'ignore' }>;

/** Has decided in `turn` what is done with utterances that have ended, and does it. */
export class EndedUtteranceHandler {
  readonly #options: EndedUtteranceHandlerOptions;

  constructor(options: EndedUtteranceHandlerOptions) {
    this.#options = options;
  }

  /** Sets whether the question is meant. */
  perform(
    utterance: OpenUtterance,
    question: OpenQuestion,
    ended: UtteranceEnd,
  ): UtteranceDecision {
    if (utterance.isGuessWrong) dropAnswer(question);
    const decision = this.#decide(utterance, question, ended);
    question.isMeant = decision.kind === 'answer' || decision.kind === 'answer-with-rest';
    if (decision.kind === 'drop') return decision;
    const { before, earlier, words } = utterance;
    const isUnanswered = decision.kind === 'command' || decision.kind === 'ignore';
    const withdrawn = this.#options.context.gate.withdrawals.of(utterance.speakerId);
    if (isUnanswered) this.#obey(decision, utterance.speakerId, ended);
    if (!isNothing(decision) && !isYes(decision))
      this.#options.context.tools.spoken.said(utterance.speakerId, utterance.fromMs);
    this.#report(utterance, ended, decision, withdrawn.aborted);
    question.earlier = earlier;
    if (words && !withdrawn.aborted) this.#options.continuations.understood(question, words);
    if (decision.kind === 'answer') this.#ask(question, utterance, decision);
    if (isUnanswered) this.#leave(question, before, decision);
    return decision;
  }

  #decide(
    utterance: OpenUtterance,
    { handle }: QueuedQuestion,
    { heard }: UtteranceEnd,
  ): UtteranceDecision {
    const { context, interruptions } = this.#options;
    const { queue, output, addressing } = context;
    const { current } = queue;
    const isOwn = current?.kind === 'question' && current.said.speakerId === utterance.speakerId;
    const owner = isOwn ? ('own' as const) : ('other' as const);
    const facts = {
      ...decisionFactsOf(utterance, utterance.words?.text, heard, context),
      status: statusOf(handle.dropped),
      overlapsReply: utterance.overlaps,
      isFarField: interruptions.isFarField(utterance.speakerId),
      unheardTurn: current && !output.sounds ? owner : undefined,
    };
    return addressing.decide(facts, audience(utterance, context));
  }

  #obey(decision: NoAnswerDecision, speakerId: string, { spoken }: UtteranceEnd): void {
    const { queue } = this.#options.context;
    if (decision.dropsUnheard && queue.current) queue.drop(queue.current, 'stopped');
    if (decision.kind === 'command') this.#command(decision.command, speakerId, spoken);
  }

  #command(command: UtteranceCommand, speakerId: string, spoken: UtteranceEnd['spoken']): void {
    const { queue, tools } = this.#options.context;
    switch (command.kind) {
      case 'stop':
        queue.forgetAside();
        return;
      case 'never-mind':
        queue.forgetAside(speakerId);
        return;
      case 'confirm':
        void tools.confirmAloud(speakerId, spoken); // never throws
        return;
      case 'spoken':
        this.#options.context.obey(command.command, speakerId);
        return;
      case 'overlap':
        return;
    }
  }

  #ask(
    question: OpenQuestion,
    { before }: OpenUtterance,
    { withEarlier, replacesUnheard, overlap }: AnswerDecision,
  ): void {
    const { context, interruptions } = this.#options;
    const { queue } = context;
    const { current } = queue;
    if (withEarlier && before) queue.giveUp(before, 'continued');
    if (replacesUnheard && current?.kind === 'question') queue.giveUp(current, 'interrupted');
    const meant = queue.ask(question) !== 'joined'; // else the answer that is given is theirs too
    const personId = question.said.speakerId;
    interruptions.hear({ ...overlap, personId, isFinal: true, meant });
  }

  #leave(
    question: QueuedQuestion,
    before: QueuedQuestion | undefined,
    decision: NoAnswerDecision,
  ): void {
    const { continuations, interruptions } = this.#options;
    const hasNoWords = isNothing(decision);
    if (decision.kind === 'ignore' && before) continuations.leave(before, question, hasNoWords);
    const { name, speakerId: personId } = question.said;
    if (decision.kind === 'ignore' && decision.why === 'not-named' && question.words)
      this.#options.context.panel.unnamed(personId, name);
    if (!decision.overlap) return;
    interruptions.hear({ ...decision.overlap, personId, isFinal: true });
    question.handle.drop('unmeant');
    if (hasNoWords) continuations.wasNothing(question);
  }

  #report(
    { speakerId, name, words }: OpenUtterance,
    ended: UtteranceEnd,
    decision: UtteranceDecision,
    isWithdrawn: boolean,
  ): void {
    const { channel, parts } = this.#options.context;
    const { guildId } = channel;
    if (words && !isWithdrawn && !isNothing(decision)) {
      const cut = ended.why === 'too-long' ? ended.why : undefined;
      const recognised = { kind: 'recognised', speakerId, name, text: words.text } as const;
      parts.onEvent(guildId, { ...recognised, cut });
    }
    if ('why' in decision) {
      parts.onEvent(guildId, { kind: 'ignored', speakerId, name, why: decision.why });
    }
  }
}

function isNothing(decision: UtteranceDecision): boolean {
  return decision.kind === 'ignore' && decision.isNothing;
}

function isYes(decision: UtteranceDecision): boolean {
  return decision.kind === 'command' && decision.command.kind === 'confirm';
}

/** It was begun on words that turned out to be others. */
function dropAnswer(question: OpenQuestion): void {
  question.pending?.discard();
  question.pending = undefined;
}

function statusOf(dropped: DropReason | undefined): EndedUtterance['status'] {
  if (dropped === undefined) return 'open';
  return dropped === 'continued' ? dropped : 'dropped';
}
