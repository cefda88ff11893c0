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
  yesOrNo,
} from '#src/turn/overlap/interjections.ts';
import type { OverlapKind } from '#src/turn/overlap/interruption-speech.ts';

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
  /** True where a yes or a no of this speaker answers what the bot has asked them aloud. */
  readonly mayConfirm?: boolean;
  /** Language of the speaker, BCP 47, as far as it is known. */
  readonly language?: string;
};

export type EndedUtterance = UtteranceFacts & {
  /** True where its speaker has gone on meanwhile. */
  readonly hasGoneOn: boolean;
  /** The bot was speaking meanwhile. */
  readonly overlapsReply: boolean;
  /** Turn being answered without a sound of it yet: the speaker's own question, or another turn. */
  readonly unheardTurn: 'own' | 'other' | undefined;
};

type NoWordsReason = 'no-voice' | 'empty' | 'hallucination';
type NotMeantReason = (AddressingVerdict & { meant: false })['why'];

/** Reason for not answering. `interjection`: a "stop", an "mhm" and the like; the others depend on the addressee. */
export type IgnoreReason = NoWordsReason | NotMeantReason | 'interjection';

/** Command to the queue, of an utterance that is only a command. */
export type UtteranceCommand =
  /** The speaker's question is over; at `never-mind` also what they wait for in the queue. */
  | { readonly kind: 'stop' | 'never-mind' }
  /** The speaker answered the question that the bot asked aloud. */
  | { readonly kind: 'yes' | 'no' }
  /** No command: a "wait", a "go on" or an "mhm" goes only to `stepInterruption`. */
  | { readonly kind: 'overlap' }
  /** A command to the bot itself, with the rights of its speaker; no name is needed. */
  | { readonly kind: 'spoken'; readonly command: SpokenCommand };

/** An utterance as `stepInterruption` takes it. */
export type OverlapWords = { readonly what: OverlapKind; readonly isMeant: boolean };

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
  const kind = confirmation(utterance, text, rules);
  if (kind) return { decision: confirmed(utterance, { kind }), addressing };
  const { verdict, state } = judge(addressing, { ...utterance, text }, rules);
  const hasWords = verdict.meant || verdict.why !== 'empty';
  const words = hasWords ? classify(text, { isFinal: true, names: rules.names }) : undefined;
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

/** The whole utterance as the yes or no that the bot waits for: of its speaker, and not the rest or beginning of other words. */
function confirmation(
  { goesOn, hasGoneOn, language, mayConfirm, overlapsReply }: EndedUtterance,
  text: string,
  rules: AddressingRules,
): 'yes' | 'no' | undefined {
  if (!mayConfirm || goesOn || overlapsReply || hasGoneOn) return undefined;
  return yesOrNo(text, rules.names, language);
}

function confirmed(utterance: EndedUtterance, command: UtteranceCommand): UtteranceDecision {
  const overlap = overlapOf(utterance, undefined, true);
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

/** True for a speaker who needs no name: then they called another person, or talked about the bot. */
function isForOthers(verdict: AddressingVerdict) {
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
  const answer = mayConfirm && yesOrNo(text, rules.names, language);
  if (answer || spokenCommand(text, rules.names)) return false;
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
    overlap: hasGoneOn ? undefined : { what: 'aside', isMeant: false },
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

/** Whether the utterance held no words. */
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

/** Amount of voice in an utterance: the input of `hasVoice` and `isHallucination`. */
export type Evidence = {
  /** Length of all voiced windows together. */
  readonly voicedMs: number;
  /** Time from the first to the last of them, in ms. */
  readonly spanMs: number;
  /** Means over the voiced windows; the level in dBFS, where it was measured. */
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

/** One more voiced window. */
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

/** Lowest level of understandable speech, in dB; the noise floor of an open microphone is about -55. */
const faintestDb = -58;
/** Longest speech without a breath, in ms. */
const breathlessMs = 10_000;

/**
 * Whether an utterance holds enough voice to be worth a recogniser.
 *
 * Silero v5 over 13 recordings, their first words alone and 5 dB above noise: mean 0.75, peak 0.9 and more. Keyboard,
 * breath, hum, drums: no utterance at all; plucked strings at most 0.43 and 0.53; a gliding lead mostly below
 * (test/turn/noises.test.ts). Sound without a pause for breath is an instrument.
 */
export function hasVoice(heard: Evidence): boolean {
  const { voicedMs, spanMs, meanProbability, peakProbability, meanLevelDb } = heard;
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

/** Repetitions in a row beyond those of people, who do say "no, no, no". */
const loopTimes = 4;
const loopWords = 8;
const longestLoop = 10;
/** Shortest time in ms for a spoken word. */
const quickestWordMs = 120;

/**
 * Whether a recogniser made this text up from noise, judged on the whole text and never on a part of it.
 * Texts that people say as well, such as "you" or "thank you", need weak voice beside them. So do `hints`, the words that
 * the recogniser was told to expect: it echoes them in silence.
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

/** Whether the text repeats only hints: all of them in their order, or some with less voice than they take. */
function isEcho(spoken: string, heard: Evidence, hints: readonly string[]) {
  if (hints.length === 0) return false;
  const plainHints = hints.map(plain).filter((hint) => hint !== '');
  if (plainHints.length > 2 && spoken === plainHints.join(' ')) return true;
  const words = spoken.split(' ');
  const known = new Set(plainHints.flatMap((hint) => hint.split(' ')));
  if (!words.every((word) => known.has(word))) return false;
  return isFaint(heard) || heard.voicedMs < words.length * quickestWordMs;
}

/** Thanks that are a farewell of videos and of people: only the voice decides. */
function isPolite(spoken: string, heard: Evidence) {
  return faint.has(spoken) && !isFaint(heard);
}

/** A breath, a click, a far television: shorter or fainter than any word meant for a listener. */
function isFaint({ voicedMs, meanProbability, meanLevelDb }: Evidence) {
  return voicedMs < 160 || meanProbability < 0.65 || (meanLevelDb ?? 0) < -52;
}

/** Text in brackets. */
const bracketed =
  /\[[^\]]*\]?|\([^)]*\)?|\uff08[^\uff09]*\uff09?|\u3010[^\u3011]*\u3011?|\*[^*]+\*|<[^<>]*>/gu;

/** "[Music]", "(applause)", "*sighs*", notes and their kin are about sound, not words. */
function withoutStageNotes(text: string): string {
  return text
    .replace(bracketed, ' ')
    .replace(
      /[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6][^\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]*[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]/gu,
      ' ',
    );
}

/** Letters and digits only, so spelling, case and punctuation are ignored. */
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

/** One phrase repeated, as recognisers fall into in silence; numbers do repeat. */
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

/** The texts of one kind in all languages, as `plain` writes them. */
function textsFor(kind: keyof HallucinationTexts): string[] {
  return languages.flatMap(({ hallucinations }) => hallucinations?.[kind] ?? []).map(plain);
}
