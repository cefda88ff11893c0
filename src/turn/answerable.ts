import type { AddressingRules, AddressingState } from '#src/turn/addressing/addressing.ts';
import {
  type AddressingVerdict,
  judge,
  presume,
  type SpeakerTurn,
} from '#src/turn/addressing/addressing.ts';
import { endOfTurnOf } from '#src/turn/endpointing/end-of-turn.ts';
import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type { HallucinationTexts } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import {
  classify,
  type Interjection,
  type SpokenCommand,
  spokenCommand,
  type YesOrNo,
  yesOrNo,
} from '#src/turn/overlap/interjections.ts';
import type { OverlapKind } from '#src/turn/overlap/interruption-speech.ts';

export type UtteranceFacts = SpeakerTurn & {
  readonly evidence: Evidence;
  /** Undefined if nothing is recognised yet, or the recogniser failed. */
  readonly text?: string;
  readonly present?: readonly string[];
  /** The utterance continues the same person's last words to the bot. */
  readonly goesOn: boolean;
  readonly hints?: readonly string[];
  /** A yes or no of this speaker answers a question that the bot asked aloud. */
  readonly mayConfirm?: boolean;
  /** BCP 47. */
  readonly language?: string;
};

export type EndedUtterance = UtteranceFacts & {
  readonly hasGoneOn: boolean;
  readonly overlapsReply: boolean;
  /** The turn being answered without a sound yet: the speaker's own, or another. */
  readonly unheardTurn: 'own' | 'other' | undefined;
};

type NoWordsReason = 'no-voice' | 'empty' | 'hallucination';
type NotMeantReason = (AddressingVerdict & { meant: false })['why'];

/** `interjection` is a "stop" or "mhm". The other reasons depend on the addressee. */
export type IgnoreReason = NoWordsReason | NotMeantReason | 'interjection';

/** Command in an utterance that is nothing else. */
export type UtteranceCommand =
  /** `never-mind` also drops what the speaker waits for. */
  | { readonly kind: 'stop' | 'never-mind' }
  /** Answer to a question that the bot asked aloud. */
  | { readonly kind: YesOrNo }
  /** A "wait", a "go on" or an "mhm" goes only to `stepInterruption`. */
  | { readonly kind: 'overlap' }
  /** A command to the bot itself, with the rights of its speaker. It needs no name. */
  | { readonly kind: 'spoken'; readonly command: SpokenCommand };

export type OverlapWords = { readonly what: OverlapKind; readonly isMeant: boolean };

type NoAnswer = {
  /** Drops the turn that is being answered without a sound yet. */
  readonly dropsUnheard: boolean;
  /** Undefined if the speaker has gone on: the later words count. */
  readonly overlap: OverlapWords | undefined;
};

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
      /** The turn that it seemed to continue is answered without it. */
      readonly kind: 'ignore';
      readonly why: Exclude<IgnoreReason, 'interjection'>;
      /** Without words. Speech that begins soon does not continue it. */
      readonly isNothing: boolean;
    });

/** From this logit on a partial is worth a preemptive answer. */
const minCompleteLogit = 0.3;

export function contentOf(
  utterance: Pick<UtteranceFacts, 'evidence' | 'hints' | 'text'>,
): 'words' | 'no-words' | 'not-understood' {
  if (!hasVoice(utterance.evidence)) return 'no-words';
  if (utterance.text === undefined) return 'not-understood';
  return nothingIn(utterance) ? 'no-words' : 'words';
}

/**
 * Decides whether an utterance that has ended is answered.
 *
 * @example
 * import { addressingRules, initialAddressing } from '#src/turn/addressing/addressing.ts';
 * import { decideUtterance } from '#src/turn/answerable.ts';
 *
 * const evidence = { voicedMs: 900, spanMs: 1_200, meanProbability: 0.9, peakProbability: 0.99 };
 * const facts = { hasGoneOn: false, overlapsReply: false, unheardTurn: undefined, goesOn: false };
 * const utterance = { ...facts, evidence, speakerId: '1', fromMs: 0, humans: 1, text: 'What time is it?' };
 * decideUtterance(utterance, initialAddressing, addressingRules).decision.kind; // 'answer'
 */
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
  const kind = confirmation(utterance, text, rules);
  if (kind) return { decision: confirmed(utterance, { kind }), addressing };
  const { verdict, state } = judge(addressing, { ...utterance, text }, rules);
  const hasWords = verdict.meant || verdict.why !== 'empty';
  const words = hasWords ? classify(text, { isFinal: true, names: rules.names }) : undefined;
  if (verdict.meant && command) return { decision: pausedHearing(utterance), addressing: state };
  const isAside = isForOthers(verdict) && presume(addressing, utterance, rules);
  return { decision: decideWords(utterance, words, verdict, isAside), addressing: state };
}

/** Without words it counts whether any words of this speaker would be answered. */
function withoutText(
  utterance: EndedUtterance,
  addressing: AddressingState,
  rules: AddressingRules,
): UtteranceDecision {
  if (presume(addressing, utterance, rules)) return answered(utterance, undefined);
  return ignored(rules.mode === 'off' ? 'off' : 'not-named', utterance, undefined);
}

/** Finds the yes or no that the bot waits for. The rest or beginning of other words does not count. */
function confirmation(
  { goesOn, hasGoneOn, language, mayConfirm, overlapsReply }: EndedUtterance,
  text: string,
  rules: AddressingRules,
): YesOrNo | undefined {
  if (!mayConfirm || goesOn || overlapsReply || hasGoneOn) return undefined;
  return yesOrNo(text, rules.names, language);
}

function confirmed(utterance: EndedUtterance, command: UtteranceCommand): UtteranceDecision {
  const overlap = overlapOf(utterance, undefined, true);
  return { kind: 'command', why: 'interjection', command, dropsUnheard: false, overlap };
}

function pausedHearing(utterance: EndedUtterance): UtteranceDecision {
  const stop = { kind: 'stop', sure: true } as const;
  // Pausing also ends the answer that the bot gives, or is about to give.
  const overlap = overlapOf(utterance, stop, true);
  const dropsUnheard = utterance.unheardTurn !== undefined;
  const command = { kind: 'spoken', command: 'pauseHearing' } as const;
  return { kind: 'command', why: 'interjection', command, dropsUnheard, overlap };
}

function isForOthers(verdict: AddressingVerdict) {
  return !verdict.meant && (verdict.why === 'not-named' || verdict.why === 'mentioned');
}

/**
 * Decides in a pause whether a preemptive answer begins. Without words, any words of this speaker must be answered.
 */
export function isAnsweredEarly(
  facts: UtteranceFacts,
  addressing: AddressingState,
  rules: AddressingRules,
): boolean {
  const { language, mayConfirm, text } = facts;
  if (text === undefined) return presume(addressing, facts, rules);
  if (nothingIn(facts)) return false;
  const answer = mayConfirm && yesOrNo(text, rules.names, language);
  if (answer || spokenCommand(text, rules.names)) return false;
  if (!judge(addressing, { ...facts, text }, rules).verdict.meant) return false;
  const { kind } = classify(text, { isFinal: true, names: rules.names });
  return kind !== 'stop' && kind !== 'never-mind';
}

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

function spoken(command: SpokenCommand, { hasGoneOn }: EndedUtterance): UtteranceDecision {
  return {
    kind: 'command',
    why: 'interjection',
    command: { kind: 'spoken', command },
    dropsUnheard: false,
    // An answer that sounds goes on.
    overlap: hasGoneOn ? undefined : { what: 'aside', isMeant: false },
  };
}

/** "Stop" drops the unheard answer of any asker. "Never mind" drops only one's own, unless said to the bot. */
function isUnheardDropped(
  words: Interjection | undefined,
  { unheardTurn }: EndedUtterance,
  meant: boolean,
) {
  if (unheardTurn === undefined) return false;
  if (words?.kind === 'stop') return true;
  return words?.kind === 'never-mind' && (meant || unheardTurn === 'own');
}

function answered(
  { hasGoneOn }: EndedUtterance,
  words: Interjection | undefined,
): UtteranceDecision {
  if (hasGoneOn) return { kind: 'answer-with-rest' };
  return { kind: 'answer', overlap: { what: words?.kind ?? 'noise', isMeant: true } };
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

function isNothing(why: IgnoreReason) {
  return why === 'no-voice' || why === 'empty' || why === 'hallucination';
}

function overlapOf(
  { hasGoneOn }: EndedUtterance,
  words: Interjection | undefined,
  isMeant: boolean,
): OverlapWords | undefined {
  return hasGoneOn ? undefined : { what: words?.kind ?? 'noise', isMeant };
}

export type Evidence = {
  readonly voicedMs: number;
  /** Time from the first to the last voiced window. */
  readonly spanMs: number;
  /** Means over the voiced windows. The level is in dBFS. */
  readonly meanProbability: number;
  readonly peakProbability: number;
  readonly meanLevelDb?: number;
};

export const nothingHeard: Evidence = {
  voicedMs: 0,
  spanMs: 0,
  meanProbability: 0,
  peakProbability: 0,
};

export function heardWindow(
  heard: Evidence,
  { probability, levelDb }: { readonly probability: number; readonly levelDb?: number },
  windowMs: number,
): Evidence {
  const voicedMs = heard.voicedMs + windowMs;
  const share = windowMs / voicedMs;
  const mean = (former: number, value: number) => former + (value - former) * share;
  const more = {
    voicedMs,
    spanMs: heard.spanMs,
    meanProbability: mean(heard.meanProbability, probability),
    peakProbability: Math.max(heard.peakProbability, probability),
  };
  if (levelDb === undefined || !Number.isFinite(levelDb)) {
    return heard.meanLevelDb === undefined ? more : { ...more, meanLevelDb: heard.meanLevelDb };
  }
  return { ...more, meanLevelDb: mean(heard.meanLevelDb ?? levelDb, levelDb) };
}

const faintestDb = -58;
/** People take a breath sooner. */
const breathlessMs = 10_000;

/**
 * True if an utterance holds enough voice for a recogniser.
 *
 * Silero v5 on our recordings, 5 dB above noise: mean 0.75 and peak 0.9 or more. Keyboard, breath, hum and drums make
 * no utterance, plucked strings reach 0.43 and 0.53 (`npm test -- test/turn/noises`).
 */
export function hasVoice(heard: Evidence): boolean {
  const { voicedMs, spanMs, meanProbability, peakProbability, meanLevelDb } = heard;
  // Sound without a pause for breath is an instrument.
  if (spanMs >= breathlessMs && voicedMs / spanMs > 0.995) return false;
  return (
    voicedMs >= 90 &&
    meanProbability >= 0.7 &&
    peakProbability >= 0.85 &&
    (meanLevelDb ?? 0) >= faintestDb
  );
}

const texts = new Set(textsFor('texts'));
const beginnings = textsFor('beginnings');
const faint = new Set([...textsFor('faint'), ...everywhere.faintHallucinations.map(plain)]);

/** People do say "no, no, no". */
const loopTimes = 4;
const loopWords = 8;
const longestLoop = 10;
const quickestWordMs = 120;

/**
 * True if a recogniser made the whole text up from noise.
 *
 * Texts that people say as well ("thank you") count only with a weak voice. So do `hints`, which recognisers echo in
 * silence.
 *
 * @example
 * import { isHallucination } from '#src/turn/answerable.ts';
 *
 * const breath = { voicedMs: 120, spanMs: 120, meanProbability: 0.5, peakProbability: 0.6 };
 * isHallucination('Thanks for watching!', breath); // true
 */
export function isHallucination(
  text: string,
  heard: Evidence,
  hints: readonly string[] = [],
): boolean {
  const spoken = plain(withoutStageNotes(text));
  if (spoken === '') return true;
  if (texts.has(spoken) && !isPolite(spoken, heard)) return true;
  if (beginnings.some((start) => startsWith(spoken, start))) return true;
  if (isLoop(spoken, heard.voicedMs)) return true;
  if (isEcho(spoken, heard, hints)) return true;
  return faint.has(spoken) && isFaint(heard);
}

/** The text repeats all hints in order, or some of them with less voice than they take. */
function isEcho(spoken: string, heard: Evidence, hints: readonly string[]) {
  if (hints.length === 0) return false;
  const plainHints = hints.map(plain).filter((hint) => hint !== '');
  if (plainHints.length > 2 && spoken === plainHints.join(' ')) return true;
  const words = spoken.split(' ');
  const known = new Set(plainHints.flatMap((hint) => hint.split(' ')));
  if (!words.every((word) => known.has(word))) return false;
  return isFaint(heard) || heard.voicedMs < words.length * quickestWordMs;
}

function isPolite(spoken: string, heard: Evidence) {
  // Farewells of videos are also said by people, so the voice decides.
  return faint.has(spoken) && !isFaint(heard);
}

/** Shorter or fainter than any word for a listener: a breath, a click, a far television. */
function isFaint({ voicedMs, meanProbability, meanLevelDb }: Evidence) {
  return voicedMs < 160 || meanProbability < 0.65 || (meanLevelDb ?? 0) < -52;
}

const bracketed =
  /\[[^\]]*\]?|\([^)]*\)?|\uff08[^\uff09]*\uff09?|\u3010[^\u3011]*\u3011?|\*[^*]+\*|<[^<>]*>/gu;

function withoutStageNotes(text: string): string {
  return text
    .replace(bracketed, ' ')
    .replace(
      /[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6][^\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]*[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]/gu,
      ' ',
    );
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['\u2019`\u02bc]/g, '')
    .replaceAll('i\u0307', 'i')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .replace(/(?<=[\p{Script=Han}\p{Script=Hiragana}]) (?=\p{Script=Han})/gu, '')
    .trim();
}

function startsWith(spoken: string, start: string): boolean {
  if (!spoken.startsWith(start)) return false;
  const next = spoken[start.length];
  return next === undefined || !/[\p{Script=Latin}\p{Script=Cyrillic}]/u.test(next);
}

/** Recognisers repeat one phrase in silence. Numbers do repeat. */
function isLoop(spoken: string, voicedMs: number) {
  const words = spoken.split(' ');
  if (words.length === 1) return /^(\D{1,12}?)\1{5,}$/u.test(spoken);
  const longest = Math.min(longestLoop, Math.floor(words.length / loopTimes));
  for (let length = 1; length <= longest; length++) {
    if (!words.every((word, at) => word === words[at % length])) continue;
    const least = voicedMs < words.length * quickestWordMs ? loopWords : loopWords * 2;
    return (
      words.length >= (length === 1 ? least : loopWords) &&
      /\P{N}/u.test(spoken.replaceAll(' ', ''))
    );
  }
  return false;
}

function textsFor(kind: keyof HallucinationTexts): string[] {
  return languages.flatMap(({ hallucinations }) => hallucinations?.[kind] ?? []).map(plain);
}
