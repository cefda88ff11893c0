import { languages } from '#src/turn/languages/languages.ts';
import { namingIn, skipLead } from './addressing-call.ts';
import {
  type AddressingRules,
  type AddressingState,
  closed,
  dismissed,
  windowFor,
} from './addressing-windows.ts';
import {
  exactly,
  fillerPhrases,
  isDense,
  type Name,
  nameAt,
  phrasesOf,
  readNames,
  type Sentence,
  type SentenceWord,
  sentencesOf,
} from './names.ts';

const wholes = phrasesOf(languages.flatMap(({ dismissals }) => dismissals?.wholes ?? []));
/** Words before it: "no, not you". */
const leads = new Set([
  ...fillerPhrases,
  ...phrasesOf(
    languages.flatMap(({ overlap }) => [...overlap.fillers, ...(overlap.refusals ?? [])]),
  ),
]);
/** Longest dismissal, in words, the bot's name at the end counted. */
const longestWhole = 10;
const parts = [...phrasesOf(languages.flatMap(({ dismissals }) => dismissals?.parts ?? []))];
const spacedParts = parts.filter((phrase) => !isDense(phrase));
const denseParts = parts.filter(isDense);

/** Whether a speaker says the bot was not meant: "not you", "I wasn't talking to you", in the languages of the data. */
function isDismissal(sentences: readonly Sentence[], names: readonly Name[]): boolean {
  return sentences.some((sentence) => !sentence.asks && dismisses(sentence, names));
}

function dismisses(sentence: Sentence, names: readonly Name[]): boolean {
  const { words } = sentence;
  const texts = words.map(({ text }) => text);
  const spaced = ` ${texts.join(' ')} `;
  if (spacedParts.some((phrase) => spaced.includes(` ${phrase} `))) return true;
  if (texts.some(isDense)) {
    const compact = texts.join('');
    if (denseParts.some((phrase) => compact.includes(phrase))) return true;
  }
  return saysNotYou(sentence, names);
}

/** The first stretch between pauses that is more than greetings, fillers and our name is a dismissal. */
function saysNotYou(sentence: Sentence, names: readonly Name[]): boolean {
  for (const { from, to } of stretchesOf(sentence.words)) {
    const start = afterLead(sentence, from, to, names);
    for (let at = Math.max(from, to - longestWhole); at <= Math.min(start, to - 1); at++) {
      const texts = sentence.words.slice(at, to).map(({ text }) => text);
      const lengths = [texts.length, ...ownNameEnds(sentence, at, to, names)];
      if (lengths.some((length) => isWhole(texts.slice(0, length)))) return true;
    }
    if (start < to) return false;
  }
  return false;
}

function isWhole(texts: readonly string[]): boolean {
  return wholes.has(texts.join(' ')) || (isDense(texts[0] ?? '') && wholes.has(texts.join('')));
}

/** Number of words before the bot's name at the end: "not you Nova". */
function ownNameEnds(
  sentence: Sentence,
  start: number,
  to: number,
  names: readonly Name[],
): number[] {
  const lengths: number[] = [];
  for (let at = Math.max(start + 1, to - 4); at < to; at++) {
    if (nameAt(sentence, at, names, exactly)?.to === to) lengths.push(at - start);
  }
  return lengths;
}

function afterLead(sentence: Sentence, from: number, to: number, names: readonly Name[]): number {
  const { to: start } = skipLead(sentence.words, from, to, leads);
  const hit = start < to ? nameAt(sentence, start, names, exactly) : undefined;
  return hit ? skipLead(sentence.words, hit.to, to, leads).to : start;
}

function stretchesOf(
  words: readonly SentenceWord[],
): { readonly from: number; readonly to: number }[] {
  const starts = words.flatMap(({ before }, at) => (at === 0 || before === 'pause' ? [at] : []));
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? words.length }));
}

/** A person's turn to speak, as far as it is known before its words are. */
export type SpeakerTurn = {
  readonly speakerId: string;
  /** Start of the voice: windows count by it, for words recognised at any later time. */
  readonly fromMs: number;
  /** People in the channel, bots not counted. */
  readonly humans: number;
  readonly isBot?: boolean;
};

export type SpokenTurn = SpeakerTurn & {
  readonly text: string;
  /** Display names of the other people in the channel. */
  readonly present?: readonly string[];
  /** True when the same person continues their latest words to the bot. */
  readonly goesOn?: boolean;
};

export type AddressingVerdict =
  | {
      readonly meant: true;
      readonly why: 'alone' | 'name' | 'window' | 'follow-up' | 'reply' | 'always';
    }
  | {
      readonly meant: false;
      readonly why: 'not-named' | 'dismissed' | 'off' | 'mentioned' | 'bot' | 'empty';
    };

/** Whether final words were meant for the bot. In doubt they were not. */
export function judge(
  attention: AddressingState,
  spoken: SpokenTurn,
  rules: AddressingRules,
): { readonly verdict: AddressingVerdict; readonly state: AddressingState } {
  const { speakerId, fromMs } = spoken;
  if (spoken.isBot) return { verdict: unmeant('bot'), state: attention };
  if (rules.mode === 'off') return { verdict: unmeant('off'), state: attention };
  const heard = read(attention, spoken, rules);
  if (heard === 'empty') return { verdict: unmeant('empty'), state: attention };
  if (heard === 'dismissed') {
    const state = dismissed(attention, speakerId, fromMs, rules);
    return { verdict: unmeant('dismissed'), state };
  }
  const verdict = verdictOn(heard, attention, spoken, rules);
  if (verdict.meant) {
    const lastMeantAtMs = Math.max(attention.lastMeantAtMs, fromMs);
    return { verdict, state: { ...attention, lastMeantAtMs } };
  }
  if (heard !== 'other') return { verdict, state: attention };
  return { verdict, state: closed(attention, speakerId, fromMs, ['follow-up', 'reply']) };
}

/** Whether a person would be answered for any words, so thinking ahead pays. Only a dismissal could undo it. */
export function presume(
  attention: AddressingState,
  speaking: SpeakerTurn,
  rules: AddressingRules,
): boolean {
  if (speaking.isBot || rules.mode === 'off') return false;
  if (rules.mode === 'always' || isAlone(speaking, rules)) return true;
  return windowFor(attention, speaking, rules) !== undefined;
}

/** Activity of the bot while a person speaks. */
export type BotActivity = {
  /** Its speech is heard. */
  readonly speaks: boolean;
  /** It works on an answer to this speaker, who may also be continuing their question. */
  readonly isTheirs: boolean;
};

/**
 * Whether the bot needs a person's words: to answer them, or for a "stop" while it speaks or is about to. In the mode
 * `off` it never does, in `window` only within a window, while it speaks, and for the person it answers.
 */
export function needsWords(
  attention: AddressingState,
  speaking: SpeakerTurn,
  bot: BotActivity,
  rules: AddressingRules,
): boolean {
  if (rules.mode === 'off') return false;
  if (rules.mode !== 'window') return true;
  return bot.speaks || bot.isTheirs || presume(attention, speaking, rules);
}

/** Addressee of the words; `other` calls another person present. */
type NameMention = 'called' | 'told-of' | 'open' | 'other' | 'dismissed' | 'empty';

function read(attention: AddressingState, spoken: SpokenTurn, rules: AddressingRules): NameMention {
  const sentences = sentencesOf(spoken.text);
  if (sentences.length === 0) return 'empty';
  const { present = [] } = spoken;
  const names = readNames(rules.names);
  const callsOther = callsAny(sentences, present);
  if (!callsOther && isDismissal(sentences, names)) return 'dismissed';
  const tolerance = { alike: spoken.fromMs >= attention.exactUntilMs, taken: wordsOf(present) };
  const naming = namingIn(sentences, names, tolerance);
  if (naming === 'called') return 'called';
  if (callsOther) return 'other';
  return naming === 'told-of' ? 'told-of' : 'open';
}

function verdictOn(
  heard: NameMention,
  attention: AddressingState,
  spoken: SpokenTurn,
  rules: AddressingRules,
): AddressingVerdict {
  if (rules.mode === 'always') return { meant: true, why: 'always' };
  if (isAlone(spoken, rules)) return { meant: true, why: 'alone' };
  const isByName = rules.mode === 'auto' || rules.mode === 'name';
  if (heard === 'called' && isByName) return { meant: true, why: 'name' };
  if (heard === 'other') return unmeant('not-named');
  if (spoken.goesOn) return { meant: true, why: 'follow-up' };
  const why = windowFor(attention, spoken, rules);
  if (heard === 'told-of' && (!why || why === 'follow-up')) return unmeant('mentioned');
  return why ? { meant: true, why } : unmeant('not-named');
}

function unmeant(why: (AddressingVerdict & { meant: false })['why']): AddressingVerdict {
  return { meant: false, why };
}

function isAlone({ humans }: SpeakerTurn, { mode }: AddressingRules): boolean {
  return mode === 'auto' && humans <= 1;
}

/** People are called by their display names, or by its first word. */
function callsAny(sentences: readonly Sentence[], present: readonly string[]): boolean {
  return present.some((person) => namingIn(sentences, calledOf(person), exactly) === 'called');
}

function calledOf(person: string): Name[] {
  const [first = ''] = person.trim().split(/\s+/);
  return readNames([person, first]);
}

function wordsOf(present: readonly string[]): ReadonlySet<string> {
  const sentences = present.flatMap((person) => sentencesOf(person));
  return new Set(sentences.flatMap(({ words }) => words.map(({ text }) => text)));
}
