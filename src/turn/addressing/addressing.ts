import { namingIn } from './addressing-call.ts';
import { isDismissal } from './dismissals.ts';
import { exactly, type Name, readNames, type Sentence, sentencesOf } from './names.ts';

export type SpeakerTurn = {
  readonly speakerId: PersonId;
  /** Windows without a name count from here, even if the words are recognised much later. */
  readonly fromMs: number;
  /** People in the channel without bots. */
  readonly humans: number;
  readonly isBot?: boolean;
};

export type SpokenTurn = SpeakerTurn & {
  readonly text: string;
  readonly present?: readonly string[];
  /** The words continue the same person's last words to the bot. */
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

/**
 * Decides whether final words were meant for the bot. In doubt they were not.
 *
 * @example
 * import { addressingRules, initialAddressing, judge } from '#src/turn/addressing/addressing.ts';
 *
 * const spoken = { speakerId: '1', fromMs: 0, humans: 3, text: 'Nova, what time is it?' };
 * const rules = { ...addressingRules, names: ['Nova'] };
 * judge(initialAddressing, spoken, rules).verdict; // { meant: true, why: 'name' }
 */
export function judge(
  attention: AddressingState,
  spoken: SpokenTurn,
  rules: AddressingRules,
): { readonly verdict: AddressingVerdict; readonly state: AddressingState } {
  const { speakerId, fromMs } = spoken;
  if (spoken.isBot) return { verdict: unmeant('bot'), state: attention };
  if (rules.mode === 'off') return { verdict: unmeant('off'), state: attention };
  const heard = read(spoken, rules);
  if (heard === 'empty') return { verdict: unmeant('empty'), state: attention };
  if (heard === 'dismissed') {
    const state = closed(attention, speakerId, fromMs, allWindows);
    return { verdict: unmeant('dismissed'), state };
  }
  const verdict = verdictOn(heard, attention, spoken, rules);
  if (verdict.meant || heard !== 'other') return { verdict, state: attention };
  return { verdict, state: closed(attention, speakerId, fromMs, ['follow-up', 'reply']) };
}

/**
 * True if any words of this speaker would be answered, so that a preemptive answer pays. Only a dismissal could undo
 * that.
 */
export function presume(
  attention: AddressingState,
  speaking: SpeakerTurn,
  rules: AddressingRules,
): boolean {
  if (speaking.isBot || rules.mode === 'off') return false;
  if (rules.mode === 'always' || isAlone(speaking, rules)) return true;
  return windowFor(attention, speaking, rules) !== undefined;
}

export type BotActivity = {
  readonly speaks: boolean;
  readonly isTheirs: boolean;
};

/**
 * True if the bot needs a person's words: to answer, or for a "stop" while the bot speaks or is about to.
 *
 * Mode `off` never needs them. Mode `window` needs them within a window, while the bot speaks, and from the person it
 * answers.
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

/** `other` calls another person in the channel. */
type NameMention = 'called' | 'told-of' | 'open' | 'other' | 'dismissed' | 'empty';

function read(spoken: SpokenTurn, rules: AddressingRules): NameMention {
  const sentences = sentencesOf(spoken.text);
  if (sentences.length === 0) return 'empty';
  const { present = [] } = spoken;
  const names = readNames(rules.names);
  const callsOther = callsAny(sentences, present);
  if (!callsOther && isDismissal(sentences, names)) return 'dismissed';
  const tolerance = { alike: true, taken: wordsOf(present) };
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

function isAlone({ humans }: SpeakerTurn, { mode }: AddressingRules) {
  return mode === 'auto' && humans <= 1;
}

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

/**
 * Addressing modes. `auto` needs no name from a person alone with the bot, and a name, Ask, follow-up or reply
 * otherwise. `name` needs the name or Ask, `window` needs Ask. `always` answers everybody, `off` nobody.
 */
export const addressingModes = ['auto', 'name', 'window', 'always', 'off'] as const;
export type AddressingMode = (typeof addressingModes)[number];

export type AddressingRules = {
  readonly mode: AddressingMode;
  /** Names of the bot in every script people may write, at most twenty. */
  readonly names: readonly string[];
  /** Time after Ask in which that person needs no name. */
  readonly askWindowMs: number;
  readonly followUpMs: number;
  /** The same time after an answer that ended in a question. */
  readonly replyMs: number;
  /** An answer that never reports its end counts as over after this time. */
  readonly answeringMs: number;
  /** Talk of others that closes a follow-up window. */
  readonly strangerMs: number;
  /** Longest utterance plus its recognition. */
  readonly judgedWithinMs: number;
};

export const addressingRules: AddressingRules = {
  mode: 'auto',
  names: [],
  askWindowMs: 15_000,
  followUpMs: 8_000,
  replyMs: 15_000,
  answeringMs: 120_000,
  strangerMs: 2_000,
  judgedWithinMs: 90_000,
};

type Window = {
  readonly kind: (typeof allWindows)[number];
  readonly personId: PersonId;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly othersMs: number;
};

/** People who need no name now. */
export type AddressingState = { readonly windows: readonly Window[] };

export const initialAddressing: AddressingState = { windows: [] };

export function endsInQuestion(text: string): boolean {
  return /[?\uff1f\u061f]["\u201d\u00bb\s]*$/u.test(text);
}

export type AddressEvent =
  /** The Ask button, or `/ask`. */
  | { readonly kind: 'asked'; readonly personId: PersonId; readonly atMs: number }
  /** Work on an answer began. Until its end the asker may go on without a name. */
  | { readonly kind: 'answering'; readonly personId: PersonId; readonly atMs: number }
  | {
      readonly kind: 'answered';
      readonly personId: PersonId;
      readonly atMs: number;
      readonly endsInQuestion: boolean;
    }
  /** More speech of a person. Several events add up. */
  | {
      readonly kind: 'talked';
      readonly personId: PersonId;
      readonly ms: number;
      readonly atMs: number;
    }
  | { readonly kind: 'left'; readonly personId: PersonId };

const mostWindows = 100;

/**
 * One step of addressing: who needs no name. A window is kept until the last words spoken in it must have been
 * judged.
 */
export function stepAddressing(
  attention: AddressingState,
  event: AddressEvent,
  rules: AddressingRules,
): AddressingState {
  const { personId } = event;
  switch (event.kind) {
    case 'asked':
      return opened(attention, event.kind, event, rules);
    case 'answering':
      return opened(attention, event.kind, event, rules);
    case 'answered': {
      const ended = closed(attention, personId, event.atMs, ['answering']);
      const kind = event.endsInQuestion ? 'reply' : 'follow-up';
      return opened(ended, kind, event, rules);
    }
    case 'talked': {
      const windows = attention.windows.map((window) =>
        window.personId === personId ? window : talkedOver(window, event, rules),
      );
      return { ...attention, windows };
    }
    case 'left': {
      const windows = attention.windows.filter((window) => window.personId !== personId);
      return { ...attention, windows };
    }
  }
}

/** Finds the window in which the speech began. In the modes `name` and `window` only Ask counts. */
function windowFor(
  { windows }: AddressingState,
  { speakerId, fromMs }: { readonly speakerId: PersonId; readonly fromMs: number },
  { mode }: AddressingRules,
): 'window' | 'reply' | 'follow-up' | undefined {
  const kinds = windows
    .filter((window) => window.personId === speakerId)
    .filter((window) => fromMs >= window.fromMs && fromMs < window.untilMs)
    .map(({ kind }) => kind);
  if (kinds.includes('asked')) return 'window';
  if (mode !== 'auto' || kinds.length === 0) return undefined;
  return kinds.includes('reply') ? 'reply' : 'follow-up';
}

function opened(
  attention: AddressingState,
  kind: Window['kind'],
  { personId, atMs }: { readonly personId: PersonId; readonly atMs: number },
  rules: AddressingRules,
): AddressingState {
  const lengths = {
    asked: rules.askWindowMs,
    answering: rules.answeringMs,
    'follow-up': rules.followUpMs,
    reply: rules.replyMs,
  };
  const untilMs = atMs + lengths[kind];
  const window = { kind, personId, fromMs: atMs, untilMs, othersMs: 0 };
  const kept = attention.windows.filter(({ untilMs }) => atMs < untilMs + rules.judgedWithinMs);
  return { ...attention, windows: [...kept, window].slice(-mostWindows) };
}

const allWindows = ['asked', 'answering', 'follow-up', 'reply'] as const;

function closed(
  attention: AddressingState,
  personId: PersonId,
  atMs: number,
  kinds: readonly Window['kind'][],
): AddressingState {
  const windows = attention.windows.map((window) =>
    window.personId === personId && kinds.includes(window.kind)
      ? // Words from before `atMs` still count.
        { ...window, untilMs: Math.min(window.untilMs, atMs) }
      : window,
  );
  return { ...attention, windows };
}

function talkedOver(
  window: Window,
  { ms, atMs }: { readonly ms: number; readonly atMs: number },
  { strangerMs }: AddressingRules,
): Window {
  if (window.kind !== 'follow-up' || atMs <= window.fromMs) return window;
  const othersMs = window.othersMs + Math.min(ms, atMs - window.fromMs);
  const untilMs = othersMs >= strangerMs ? Math.min(window.untilMs, atMs) : window.untilMs;
  return { ...window, othersMs, untilMs };
}
