import { namingIn } from './addressing-call.ts';
import {
  type AddressingRules,
  type AddressingState,
  closed,
  dismissed,
  windowFor,
} from './addressing-windows.ts';
import { isDismissal } from './dismissal.ts';
import { exactly, type Name, readNames } from './names.ts';
import { type Sentence, sentencesOf } from './names-sentences.ts';

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
