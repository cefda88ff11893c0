import type {
  AddressingRules,
  AddressingState,
} from '#src/turn/addressing/addressing.ts';
import {
  type AddressingVerdict,
  decideAddressing,
  isAnsweredForAnyWords,
  type SpeakerTurn,
} from '#src/turn/addressing/addressing.ts';
import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import {
  classifyInterjection,
  findWish,
  findYesOrNo,
  type Interjection,
  type Wish,
  type WishKind,
  type YesOrNo,
} from '#src/turn/overlap/interjections.ts';
import {
  findProgressQuestion,
  type ProgressQuestion,
} from '#src/turn/overlap/progress-questions.ts';
import type { OverlapKind } from './overlap/overlap-speech.ts';
import {
  hasVoice,
  isHallucination,
  isWordlessSound,
  type VoiceEvidence,
} from './voice-evidence.ts';

/** The state of the conversation, by which an utterance is judged. */
export type TalkContext = {
  readonly goesOn: boolean;
  /** A yes or no of this speaker answers a question that the bot asked aloud. */
  readonly canConfirm?: boolean;
  readonly hasGoneOn: boolean;
  readonly overlapsReply: boolean;
  /** The bot speaks, or spoke, asked or wrote less than 10 s before the utterance. */
  readonly followsBot?: boolean;
  /** The turn being answered without a sound yet: the speaker's own, or another. */
  readonly unheardTurn: 'own' | 'other' | undefined;
  /** A tool runs, so that a question may be about its work. */
  readonly isWorking?: boolean;
};

/** An ended utterance with its words and sound. */
export type UtteranceFacts = SpeakerTurn & {
  readonly evidence: VoiceEvidence;
  /** Undefined if nothing is recognised yet, or the recogniser failed. */
  readonly text?: string;
  readonly present?: readonly string[];
  readonly hints?: readonly string[];
  /** BCP 47. */
  readonly language?: string;
  readonly context: TalkContext;
};

/**
 * `interjection` is a "stop" or "mhm". `same-voice`: the microphone of another person brought the words already. The
 * other reasons depend on the addressee.
 */
export type IgnoreReason =
  | WordlessReason
  | 'same-voice'
  | (AddressingVerdict & { meant: false })['why']
  | 'interjection';

type WordlessReason = 'no-voice' | 'empty' | 'hallucination';

/** Command in an utterance that is nothing else. */
export type UtteranceCommand =
  /** `never-mind` also drops what the speaker waits for. */
  | { readonly kind: 'stop' | 'never-mind' }
  | { readonly kind: YesOrNo }
  /** A "wait", a "go on" or an "mhm" goes only to `stepBargeIn`. */
  | { readonly kind: 'overlap' }
  /** A question about the work of a tool that runs. */
  | { readonly kind: 'progress'; readonly question: ProgressQuestion }
  /** A wish about the bot itself, with the rights of its speaker. */
  | { readonly kind: 'wish'; readonly wish: Exclude<WishKind, 'stop'> };

/** Meaning of words that were said over the bot, and whether they were meant for it. */
export type OverlapWords = { readonly what: OverlapKind; readonly isMeant: boolean };

type NoAnswer = {
  /** Drops the turn that is being answered without a sound yet. */
  readonly dropsUnheard: boolean;
  /** Undefined if the speaker has gone on: the later words count. */
  readonly overlap: OverlapWords | undefined;
};

/** What becomes of an utterance: an answer, a command, or nothing. */
export type UtteranceDecision =
  /** The answer to the speaker's next words answers this utterance too. */
  | { readonly kind: 'answer-with-rest' }
  | {
      readonly kind: 'answer';
      readonly overlap: OverlapWords;
    }
  | (NoAnswer & {
      readonly kind: 'command';
      readonly why: 'interjection';
      readonly command: UtteranceCommand;
    })
  | (NoAnswer & {
      /** The utterance gets no answer. A turn that it seemed to continue is answered without it. */
      readonly kind: 'ignore';
      readonly why: Exclude<IgnoreReason, 'interjection'>;
      /** True if the utterance brings no words of its own. Speech that begins soon does not continue such an utterance. */
      readonly isNothing: boolean;
    });

/** From this logit on a partial is worth a preemptive answer. */
const minCompleteLogit = 0.3;

export function classifyContent(
  utterance: Pick<UtteranceFacts, 'evidence' | 'hints' | 'text'>,
): 'words' | 'no-words' | 'not-understood' {
  if (!hasVoice(utterance.evidence)) return 'no-words';
  if (utterance.text === undefined) return 'not-understood';
  return findNoWordsReason(utterance) ? 'no-words' : 'words';
}

/**
 * Decides whether an utterance that has ended is answered.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { addressingRules, initialAddressing } from '#src/turn/addressing/addressing.ts';
 * import { decideUtterance } from '#src/turn/decide-utterance.ts';
 *
 * const evidence = { voicedMs: 900, spanMs: 1_200, meanProbability: 0.9, peakProbability: 0.99 };
 * const context = { hasGoneOn: false, overlapsReply: false, unheardTurn: undefined, goesOn: false };
 * const turn = { speakerId: toPersonId('1'), fromMs: 0, humans: 1, text: 'What time is it?' };
 * const utterance = { context, evidence, ...turn };
 * decideUtterance(utterance, initialAddressing, addressingRules).decision.kind; // 'answer'
 */
export function decideUtterance(
  utterance: UtteranceFacts,
  addressing: AddressingState,
  rules: AddressingRules,
): { readonly decision: UtteranceDecision; readonly addressing: AddressingState } {
  const { context, language, text } = utterance;
  const nothing = decideNothing(utterance);
  if (nothing) return { decision: nothing, addressing };
  if (text === undefined)
    return { decision: decideWithoutText(utterance, addressing, rules), addressing };
  const wish = findWish(text, rules.names);
  if (wish && isWishForBot(wish, utterance))
    return { decision: decideWish(wish.kind, context), addressing };
  const answer = canConfirmNow(context) && findYesOrNo(text, rules.names, language);
  if (answer)
    return {
      decision: decideCommand({ kind: answer }, context, undefined, true),
      addressing,
    };
  const spoken = { ...utterance, text, goesOn: context.goesOn };
  const { verdict, state } = decideAddressing(addressing, spoken, rules);
  const hasWords = verdict.meant || verdict.why !== 'empty';
  const interjection = hasWords
    ? classifyInterjection(text, { isFinal: true, names: rules.names })
    : undefined;
  const command = decideMeantCommand(utterance, text, wish?.kind, verdict, rules);
  if (command) return { decision: command, addressing: state };
  const isAside =
    isForOthers(verdict) && isAnsweredForAnyWords(addressing, utterance, rules);
  return {
    decision: decideWords(context, interjection, verdict, isAside),
    addressing: state,
  };
}

/** Decides about a sound in which the speaker says nothing to anybody. */
function decideNothing(utterance: UtteranceFacts): UtteranceDecision | undefined {
  const { context, evidence, text } = utterance;
  if (evidence.isOfOther) return ignoreSameVoice(context);
  if (!hasVoice(evidence)) return decideIgnore('no-voice', context, undefined);
  // A laugh or a sneeze asks nothing, as "[laughter]" does not.
  const isWordless = text !== undefined && isWordlessSound(text);
  const reason = isWordless ? 'empty' : findNoWordsReason(utterance);
  return reason && decideIgnore(reason, context, undefined);
}

/** Decides about words that are a command only if they are meant for the bot. */
function decideMeantCommand(
  { context }: UtteranceFacts,
  text: string,
  wish: WishKind | undefined,
  verdict: AddressingVerdict,
  { names }: AddressingRules,
) {
  const wished = wish && decideAddressedWish(wish, verdict, context);
  if (wished || !verdict.meant) return wished;
  const question = findProgress(text, context, names);
  if (!question) return undefined;
  return decideCommand({ kind: 'progress', question }, context, undefined, true);
}

function findProgress(
  text: string,
  { goesOn, hasGoneOn, isWorking }: TalkContext,
  names: readonly string[],
) {
  // A part of longer speech is part of a question to the model.
  const isWhole = !goesOn && !hasGoneOn;
  return isWorking && isWhole ? findProgressQuestion(text, names) : undefined;
}

function decideWithoutText(
  utterance: UtteranceFacts,
  addressing: AddressingState,
  rules: AddressingRules,
): UtteranceDecision {
  const { context } = utterance;
  // Without words it counts whether any words of this speaker would be answered.
  if (isAnsweredForAnyWords(addressing, utterance, rules))
    return decideAnswer(context, undefined);
  return decideIgnore(rules.mode === 'off' ? 'off' : 'not-named', context, undefined);
}

/** A no and a request to leave need no addressing where nobody else can be meant, in every mode. */
function isWishForBot(
  wish: Wish,
  { context, humans, isBot }: UtteranceFacts,
): wish is Wish & { readonly kind: 'no' | 'leave' } {
  if (isBot || (wish.kind !== 'no' && wish.kind !== 'leave')) return false;
  const isOnlyListener = humans <= 1 || context.followsBot === true;
  return wish.isForListener || wish.isByName || isOnlyListener;
}

/** Decides about a wish that is none between people, but may be one in the words of a person who addresses the bot. */
function decideAddressedWish(
  wish: WishKind,
  verdict: AddressingVerdict,
  context: TalkContext,
): UtteranceDecision | undefined {
  if (!verdict.meant || wish === 'stop') return undefined;
  if (wish === 'pause') return decidePauseHearing(context);
  // In the mode `always` and in the middle of a turn the words may be for other people.
  const isPersonal = verdict.why !== 'always' && verdict.why !== 'follow-up';
  return isPersonal ? decideWish(wish, context) : undefined;
}

function canConfirmNow({ canConfirm, goesOn, hasGoneOn, overlapsReply }: TalkContext) {
  // A part of longer speech does not count.
  return canConfirm && !goesOn && !overlapsReply && !hasGoneOn;
}

function decidePauseHearing(context: TalkContext) {
  // Pausing also ends the answer that the bot gives, or is about to give.
  const stop = { kind: 'stop', sure: true } as const;
  const command = { kind: 'wish', wish: 'pause' } as const;
  return decideCommand(command, context, stop, true);
}

function decideCommand(
  command: UtteranceCommand,
  context: TalkContext,
  interjection: Interjection | undefined,
  isMeant: boolean,
): UtteranceDecision {
  const dropsUnheard = shouldDropUnheard(interjection, context, isMeant);
  const overlap = toOverlapWords(context, interjection, isMeant);
  return { kind: 'command', why: 'interjection', command, dropsUnheard, overlap };
}

function isForOthers(verdict: AddressingVerdict) {
  return !verdict.meant && (verdict.why === 'not-named' || verdict.why === 'mentioned');
}

/** Decides in a pause whether a preemptive answer begins, without a text only if any words would be answered. */
export function shouldAnswerEarly(
  facts: UtteranceFacts,
  addressing: AddressingState,
  rules: AddressingRules,
): boolean {
  const { context, language, text } = facts;
  if (text === undefined) return isAnsweredForAnyWords(addressing, facts, rules);
  if (findNoWordsReason(facts) || isWordlessSound(text)) return false;
  const answer = context.canConfirm && findYesOrNo(text, rules.names, language);
  if (answer || findWish(text, rules.names)) return false;
  if (findProgress(text, context, rules.names)) return false;
  const spoken = { ...facts, text, goesOn: context.goesOn };
  if (!decideAddressing(addressing, spoken, rules).verdict.meant) return false;
  const interjection = classifyInterjection(text, {
    isFinal: true,
    names: rules.names,
  });
  return findCommand(interjection, context, true) === undefined;
}

export function isLikelyComplete(text: string): boolean {
  return predictEndOfTurn(text).completeLogit >= minCompleteLogit;
}

function findNoWordsReason({
  text,
  evidence,
  hints,
}: Pick<UtteranceFacts, 'evidence' | 'hints' | 'text'>) {
  if (text === undefined) return undefined;
  if (text.trim() === '') return 'empty';
  return isHallucination(text, evidence, hints) ? 'hallucination' : undefined;
}

function decideWords(
  context: TalkContext,
  interjection: Interjection | undefined,
  verdict: AddressingVerdict,
  isAside: boolean,
): UtteranceDecision {
  const { meant } = verdict;
  const command = interjection && findCommand(interjection, context, meant);
  if (command) return decideCommand(command, context, interjection, meant);
  return verdict.meant
    ? decideAnswer(context, interjection)
    : decideIgnore(verdict.why, context, interjection, isAside);
}

function findCommand(
  interjection: Interjection,
  { overlapsReply, unheardTurn, goesOn }: TalkContext,
  meant: boolean,
): UtteranceCommand | undefined {
  switch (interjection.kind) {
    case 'stop':
      return { kind: 'stop' };
    case 'never-mind':
      return meant ? { kind: 'never-mind' } : undefined;
    case 'backchannel': {
      const isWaiting = unheardTurn === 'own' && !goesOn; // "Mhm" does not replace a question that is being answered.
      return overlapsReply || isWaiting ? { kind: 'overlap' } : undefined;
    }
    case 'wait':
    case 'go-on':
      return overlapsReply ? { kind: 'overlap' } : undefined;
    case 'empty':
    case 'other':
      return undefined;
  }
}

function decideWish(
  wish: 'no' | 'leave',
  { hasGoneOn }: TalkContext,
): UtteranceDecision {
  return {
    kind: 'command',
    why: 'interjection',
    command: { kind: 'wish', wish },
    dropsUnheard: false,
    // An answer that sounds goes on.
    overlap: hasGoneOn ? undefined : { what: 'aside', isMeant: false },
  };
}

function shouldDropUnheard(
  interjection: Interjection | undefined,
  { unheardTurn }: TalkContext,
  meant: boolean,
) {
  if (unheardTurn === undefined) return false;
  // "Stop" drops the answer of any asker. "Never mind" drops only one's own, unless said to the
  // bot.
  if (interjection?.kind === 'stop') return true;
  return interjection?.kind === 'never-mind' && (meant || unheardTurn === 'own');
}

function decideAnswer(
  { hasGoneOn }: TalkContext,
  interjection: Interjection | undefined,
): UtteranceDecision {
  if (hasGoneOn) return { kind: 'answer-with-rest' };
  return {
    kind: 'answer',
    overlap: { what: interjection?.kind ?? 'noise', isMeant: true },
  };
}

/** Decides about words that the microphone of another person brought already. Only a command counts once more. */
export function decideSameVoice(
  decision: UtteranceDecision,
  context: TalkContext,
): UtteranceDecision {
  if (decision.kind === 'command' && decision.command.kind !== 'progress')
    return decision;
  return ignoreSameVoice(context);
}

function ignoreSameVoice(context: TalkContext): UtteranceDecision {
  const overlap = toOverlapWords(context, undefined, false);
  const reason = { why: 'same-voice', isNothing: true } as const;
  return { kind: 'ignore', ...reason, dropsUnheard: false, overlap };
}

function decideIgnore(
  reason: Exclude<IgnoreReason, 'interjection'>,
  context: TalkContext,
  interjection: Interjection | undefined,
  isAside = false,
): UtteranceDecision {
  const overlap = toOverlapWords(context, interjection, false);
  return {
    kind: 'ignore',
    why: reason,
    isNothing: isWordless(reason),
    dropsUnheard: shouldDropUnheard(interjection, context, false),
    overlap:
      overlap?.what === 'other' && isAside ? { ...overlap, what: 'aside' } : overlap,
  };
}

/** Tests whether an utterance was ignored because it had no words: nothing was said, or only noise was recognised. */
export function isWordless(reason: IgnoreReason): reason is WordlessReason {
  return reason === 'no-voice' || reason === 'empty' || reason === 'hallucination';
}

function toOverlapWords(
  { hasGoneOn }: TalkContext,
  interjection: Interjection | undefined,
  isMeant: boolean,
): OverlapWords | undefined {
  return hasGoneOn ? undefined : { what: interjection?.kind ?? 'noise', isMeant };
}
