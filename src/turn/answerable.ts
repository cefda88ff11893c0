import {
  type AddressingVerdict,
  judge,
  presume,
  type SpeakerTurn,
} from '#src/turn/addressing/addressing.ts';
import type { AddressingRules, AddressingState } from '#src/turn/addressing/addressing-windows.ts';
import { endOfTurnOf } from '#src/turn/endpointing/end-of-turn.ts';
import { classify, type Interjection } from '#src/turn/overlap/interjections.ts';
import { type Evidence, hasVoice, isHallucination } from './hallucinations.ts';
import type { OverlapKind } from './overlap/interruption-speech.ts';
import { isYes, type SpokenCommand, spokenCommand } from './spoken-command.ts';

/** Facts about one utterance, in a pause of it or at its end. */
export type UtteranceFacts = SpeakerTurn & {
  readonly evidence: Evidence;
  /** Missing where nothing is recognised yet, or the recogniser failed. */
  readonly text?: string;
  /** Display names of the other people in the channel. */
  readonly present?: readonly string[];
  /** True when it continues the same person's latest words to the bot. */
  readonly goesOn: boolean;
  /** Hints that the recogniser got. */
  readonly hints?: readonly string[];
  /** True where a yes of this speaker would confirm what the bot has asked them aloud. */
  readonly mayConfirm?: boolean;
  /** Language of the speaker, BCP 47, as far as it is known. */
  readonly language?: string;
};

export type EndedUtterance = UtteranceFacts & {
  /** True where its speaker has gone on meanwhile. */
  readonly hasGoneOn: boolean;
  /** The bot was speaking meanwhile. */
  readonly overlapsReply: boolean;
  /**
   * Its voice is far quieter than in the same person's answered utterances: another person near the microphone, or a
   * television.
   */
  readonly isFarField: boolean;
  /** Turn being answered without a sound of it yet: the speaker's own question, or another turn. */
  readonly unheardTurn: 'own' | 'other' | undefined;
};

type NoWordsReason = 'no-voice' | 'empty' | 'hallucination';
type NotMeantReason = (AddressingVerdict & { meant: false })['why'];

/** Reason for not answering. `interjection`: a "stop", an "mhm" and the like; the others depend on the addressee. */
export type IgnoreReason = NoWordsReason | NotMeantReason | 'interjection';

/** Command to the queue, of an utterance that is only a command. */
export type UtteranceCommand =
  /** Waiting answers in the queue are dropped: those for all people, or the speaker's own. */
  | { readonly kind: 'stop' | 'never-mind' }
  /** The speaker agreed to the question that the bot asked aloud. */
  | { readonly kind: 'confirm' }
  /** No command: a "wait", a "go on" or an "mhm" goes only to `stepInterruption`. */
  | { readonly kind: 'overlap' }
  /** A command to the bot itself, with the rights of its speaker; no name is needed. */
  | { readonly kind: 'spoken'; readonly command: SpokenCommand };

/** An utterance as `stepInterruption` takes it. */
type OverlapWords = { readonly what: OverlapKind; readonly meant: boolean };

type NoAnswer = {
  /** The turn being answered without a sound yet is dropped. */
  readonly dropsUnheard: boolean;
  /** Undefined where the speaker has gone on: the later words count instead. */
  readonly overlap: OverlapWords | undefined;
};

/** Decision on an utterance that has ended. */
export type UtteranceDecision =
  /** `with-rest`: the answer to its speaker's next words answers this too. */
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
      /** The question it seemed to continue is answered without it. */
      readonly kind: 'ignore';
      readonly why: Exclude<IgnoreReason, 'interjection'>;
      /** It held no words: speech that begins soon does not continue it. */
      readonly isNothing: boolean;
    });

const notNamed: AddressingVerdict = { meant: false, why: 'not-named' };

/** Smallest logit of a complete sentence at which a partial text is worth an answer that may be thrown away. */
const minCompleteLogit = 0.3;

/** Content of an utterance, for any addressee; `text` is undefined where the recogniser failed. */
export function contentOf(
  utterance: Pick<UtteranceFacts, 'evidence' | 'hints' | 'text'>,
): 'words' | 'no-words' | 'not-understood' {
  if (!hasVoice(utterance.evidence)) return 'no-words';
  if (utterance.text === undefined) return 'not-understood';
  return nothingIn(utterance) ? 'no-words' : 'words';
}

/** Whether an utterance that has ended is answered, by its own words, and the state of addressing after it. */
export function decideUtterance(
  utterance: EndedUtterance,
  addressing: AddressingState,
  rules: AddressingRules,
): { readonly decision: UtteranceDecision; readonly addressing: AddressingState } {
  const nothing = hasVoice(utterance.evidence) ? nothingIn(utterance) : 'no-voice';
  if (nothing) return { decision: ignored(nothing, utterance, undefined), addressing };
  const { text } = utterance;
  if (text === undefined)
    return { decision: withoutText(utterance, addressing, rules), addressing };
  const command = spokenCommand(text, rules.names);
  if (command === 'doNotHear') return { decision: spoken(command, utterance), addressing };
  if (confirms(utterance, text, rules)) return { decision: confirmed(utterance), addressing };
  const { verdict, state } = judge(addressing, { ...utterance, text }, rules);
  const hasWords = verdict.meant || verdict.why !== 'empty';
  const words = hasWords ? classify(text, { isFinal: true, names: rules.names }) : undefined;
  if (isNotTheirs(utterance, verdict)) {
    return { decision: decideWords(utterance, words, notNamed, true), addressing };
  }
  if (verdict.meant && command) return { decision: pausedHearing(utterance), addressing: state };
  const isAside = isForOthers(verdict) && presume(addressing, utterance, rules);
  return { decision: decideWords(utterance, words, verdict, isAside), addressing: state };
}

/** Decision on a voice whose words are not known: by whether any words of this speaker are for the bot. */
function withoutText(
  utterance: EndedUtterance,
  addressing: AddressingState,
  rules: AddressingRules,
): UtteranceDecision {
  if (presume(addressing, utterance, rules)) return answered(utterance, undefined);
  return ignored(rules.mode === 'off' ? 'off' : 'not-named', utterance, undefined);
}

/** Whether the whole utterance is the yes that the bot waits for: of its speaker, and not the rest or beginning of other words. */
function confirms(
  { goesOn, hasGoneOn, isFarField, language, mayConfirm, overlapsReply }: EndedUtterance,
  text: string,
  rules: AddressingRules,
): boolean {
  if (!mayConfirm || goesOn || isFarField || overlapsReply || hasGoneOn) return false;
  return isYes(text, rules.names, language);
}

function confirmed(utterance: EndedUtterance): UtteranceDecision {
  const overlap = overlapOf(utterance, undefined, true);
  const command = { kind: 'confirm' } as const;
  return { kind: 'command', why: 'interjection', command, dropsUnheard: false, overlap };
}

/** It also ends what the bot is saying, or about to say. */
function pausedHearing(utterance: EndedUtterance): UtteranceDecision {
  const stop = { kind: 'stop', sure: true } as const;
  const overlap = overlapOf(utterance, stop, true);
  const dropsUnheard = utterance.unheardTurn !== undefined;
  const command = { kind: 'spoken', command: 'pauseHearing' } as const;
  return { kind: 'command', why: 'interjection', command, dropsUnheard, overlap };
}

/**
 * True for words over the bot's speech that are too quiet for the usual speaker, and without its name. The end of a
 * question that the bot took for complete too soon is quiet as well: sentences fade.
 */
function isNotTheirs(
  { goesOn, overlapsReply, isFarField }: EndedUtterance,
  verdict: AddressingVerdict,
) {
  return overlapsReply && isFarField && !goesOn && verdict.meant && verdict.why !== 'name';
}

/** True for a speaker who needs no name: then they called another person, or talked about the bot. */
function isForOthers(verdict: AddressingVerdict): boolean {
  return !verdict.meant && (verdict.why === 'not-named' || verdict.why === 'mentioned');
}

/**
 * Whether the answer to an utterance is begun in a pause of it, by the rules of `decideUtterance`; without words, where this person is
 * answered for any words.
 */
export function isAnsweredEarly(
  facts: UtteranceFacts,
  addressing: AddressingState,
  rules: AddressingRules,
): boolean {
  const { language, mayConfirm, text } = facts;
  if (text === undefined) return presume(addressing, facts, rules);
  if (nothingIn(facts)) return false;
  const isConfirming = mayConfirm === true && isYes(text, rules.names, language);
  if (isConfirming || spokenCommand(text, rules.names)) return false;
  if (!judge(addressing, { ...facts, text }, rules).verdict.meant) return false;
  const { kind } = classify(text, { isFinal: true, names: rules.names });
  return kind !== 'stop' && kind !== 'never-mind';
}

/** Whether a partial text sounds so complete that it is worth an answer which may be thrown away. */
export function isLikelyWhole(text: string): boolean {
  return endOfTurnOf(text).completeLogit >= minCompleteLogit;
}

function nothingIn({
  text,
  evidence,
  hints,
}: Pick<UtteranceFacts, 'evidence' | 'hints' | 'text'>): 'empty' | 'hallucination' | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === '') return 'empty';
  return isHallucination(text, evidence, hints) ? 'hallucination' : undefined;
}

function decideWords(
  utterance: EndedUtterance,
  words: Interjection | undefined,
  verdict: AddressingVerdict,
  isAside: boolean,
): UtteranceDecision {
  const { meant } = verdict;
  const command = words && commandOf(words, utterance, meant);
  if (command) {
    const dropsUnheard = isUnheardDropped(words, utterance, meant);
    const overlap = overlapOf(utterance, words, meant);
    return { kind: 'command', why: 'interjection', command, dropsUnheard, overlap };
  }
  return verdict.meant
    ? answered(utterance, words)
    : ignored(verdict.why, utterance, words, isAside);
}

/** Command in an utterance that is only a command. */
function commandOf(
  words: Interjection,
  { overlapsReply, unheardTurn, goesOn }: EndedUtterance,
  meant: boolean,
): UtteranceCommand | undefined {
  switch (words.kind) {
    case 'stop':
      return { kind: 'stop' };
    case 'never-mind':
      return meant ? { kind: 'never-mind' } : undefined;
    case 'backchannel': {
      const isWaiting = unheardTurn === 'own' && !goesOn; // "mhm" does not replace a question that is being answered
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

/** A command in an utterance that is only that; to an answer that sounds, it is an aside. */
function spoken(command: SpokenCommand, { hasGoneOn }: EndedUtterance): UtteranceDecision {
  return {
    kind: 'command',
    why: 'interjection',
    command: { kind: 'spoken', command },
    dropsUnheard: false,
    overlap: hasGoneOn ? undefined : { what: 'aside', meant: false },
  };
}

/**
 * True when "stop" drops this unheard answer: it does, for every asker; "never mind" only for one's own, unless said to
 * the bot.
 */
function isUnheardDropped(
  words: Interjection | undefined,
  { unheardTurn }: EndedUtterance,
  meant: boolean,
): boolean {
  if (unheardTurn === undefined) return false;
  if (words?.kind === 'stop') return true;
  return words?.kind === 'never-mind' && (meant || unheardTurn === 'own');
}

function answered(
  { hasGoneOn }: EndedUtterance,
  words: Interjection | undefined,
): UtteranceDecision {
  if (hasGoneOn) return { kind: 'answer-with-rest' };
  return { kind: 'answer', overlap: { what: words?.kind ?? 'noise', meant: true } };
}

function ignored(
  why: Exclude<IgnoreReason, 'interjection'>,
  utterance: EndedUtterance,
  words: Interjection | undefined,
  isAside = false,
): UtteranceDecision {
  const overlap = overlapOf(utterance, words, false);
  return {
    kind: 'ignore',
    why,
    isNothing: isNothing(why),
    dropsUnheard: isUnheardDropped(words, utterance, false),
    overlap: overlap?.what === 'other' && isAside ? { ...overlap, what: 'aside' } : overlap,
  };
}

/** Whether the utterance held no words. */
function isNothing(why: IgnoreReason): boolean {
  return why === 'no-voice' || why === 'empty' || why === 'hallucination';
}

function overlapOf(
  { hasGoneOn }: EndedUtterance,
  words: Interjection | undefined,
  meant: boolean,
): OverlapWords | undefined {
  return hasGoneOn ? undefined : { what: words?.kind ?? 'noise', meant };
}
