import type { PersonId } from '#src/base/ids.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { findStrongestNameUse, skipGreetings } from './name-use.ts';
import {
  exactSpelling,
  fillerPhrases,
  findName,
  isDense,
  type Name,
  parseNames,
  type Sentence,
  type SentenceWord,
  splitSentences,
  toPhraseSet,
} from './names.ts';

/** A speaker, the beginning of the words, and the number of people in the channel (`humans`), the speaker included. */
export type SpeakerTurn = {
  readonly speakerId: PersonId;
  /** Windows without a name count from here, even if the words are recognised much later. */
  readonly fromMs: number;
  readonly humans: number;
  readonly isBot?: boolean;
};

/** Final words of a speaker, to be judged. */
export type SpokenTurn = SpeakerTurn & {
  readonly text: string;
  readonly present?: readonly string[];
  /** The words continue the same person's last words to the bot. */
  readonly goesOn?: boolean;
};

/** Whether words were meant for the bot, and by what sign. */
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
 * import { toPersonId } from '#src/base/ids.ts';
 * import { addressingRules, decideAddressing, initialAddressing } from '#src/turn/addressing/addressing.ts';
 *
 * const spoken = { speakerId: toPersonId('1'), fromMs: 0, humans: 3, text: 'Nova, what time is it?' };
 * const rules = { ...addressingRules, names: ['Nova'] };
 * decideAddressing(initialAddressing, spoken, rules).verdict; // { meant: true, why: 'name' }
 */
export function decideAddressing(
  attention: AddressingState,
  spoken: SpokenTurn,
  rules: AddressingRules,
): { readonly verdict: AddressingVerdict; readonly state: AddressingState } {
  const { speakerId, fromMs } = spoken;
  if (spoken.isBot) return { verdict: createUnmeantVerdict('bot'), state: attention };
  if (rules.mode === 'off')
    return { verdict: createUnmeantVerdict('off'), state: attention };
  const mention = classifyMention(spoken, rules);
  if (mention === 'empty')
    return { verdict: createUnmeantVerdict('empty'), state: attention };
  if (mention === 'dismissed') {
    const state = closeWindows(attention, speakerId, fromMs, allWindowKinds);
    return { verdict: createUnmeantVerdict('dismissed'), state };
  }
  const verdict = decideVerdict(mention, attention, spoken, rules);
  if (verdict.meant || mention !== 'other') return { verdict, state: attention };
  return {
    verdict,
    state: closeWindows(attention, speakerId, fromMs, ['follow-up', 'reply']),
  };
}

/**
 * Returns whether any words of this speaker, except a dismissal, would be answered, so that a preemptive answer
 * pays.
 */
export function isAnsweredForAnyWords(
  attention: AddressingState,
  speaking: SpeakerTurn,
  rules: AddressingRules,
): boolean {
  if (speaking.isBot || rules.mode === 'off') return false;
  if (rules.mode === 'always' || isAlone(speaking, rules)) return true;
  return findOpenWindow(attention, speaking, rules) !== undefined;
}

/** The need for a person's words: for all of them, for none, or first for the knowledge whether the bot is named in them. */
export type WordsNeed = 'words' | 'name' | 'nothing';

/**
 * Decides whether the bot needs a person's words: to answer, or for a "stop" while the bot speaks or is about to.
 *
 * Mode `off` never needs them. Mode `window` needs them in a window, while the bot speaks, and from the person it
 * answers. Mode `name` needs them then, too, and of other words in company first whether its name is among them.
 */
export function findWordsNeed(
  attention: AddressingState,
  speaking: SpeakerTurn,
  bot: {
    readonly isSpeaking: boolean;
    readonly isAnsweringSpeaker: boolean;
  },
  rules: AddressingRules,
): WordsNeed {
  if (rules.mode === 'off') return 'nothing';
  if (rules.mode !== 'window' && rules.mode !== 'name') return 'words';
  const isSure =
    bot.isSpeaking ||
    bot.isAnsweringSpeaker ||
    isAnsweredForAnyWords(attention, speaking, rules);
  if (isSure) return 'words';
  if (rules.mode === 'window') return 'nothing';
  return speaking.humans > 1 ? 'name' : 'words';
}

/**
 * Tests whether a text holds a name of the bot, in any place and role, or a word that sounds like one and is no word of a
 * name in `present`. In doubt it does: who asks has the words recognised, and `decideAddressing` judges those.
 *
 * @example
 * import { holdsName } from '#src/turn/addressing/addressing.ts';
 *
 * holdsName('What time is it, Nova?', ['Nova']); // true
 */
export function holdsName(
  text: string,
  names: readonly string[],
  present: readonly string[] = [],
): boolean {
  const tolerance = { alike: true, taken: listNameWords(present) };
  const ownNames = parseNames(names);
  return splitSentences(text).some((sentence) =>
    sentence.words.some((_, at) => findName(sentence, at, ownNames, tolerance)),
  );
}

/** `other` calls another person in the channel. */
type NameMention = 'called' | 'told-of' | 'open' | 'other' | 'dismissed' | 'empty';

function classifyMention(spoken: SpokenTurn, rules: AddressingRules): NameMention {
  const sentences = splitSentences(spoken.text);
  if (sentences.length === 0) return 'empty';
  const { present = [] } = spoken;
  const names = parseNames(rules.names);
  const isOtherCalled = isAnyoneCalled(sentences, present);
  if (!isOtherCalled && isDismissal(sentences, names)) return 'dismissed';
  const tolerance = { alike: true, taken: listNameWords(present) };
  const nameUse = findStrongestNameUse(sentences, names, tolerance);
  if (nameUse === 'called') return 'called';
  if (isOtherCalled) return 'other';
  return nameUse === 'told-of' ? 'told-of' : 'open';
}

function decideVerdict(
  mention: NameMention,
  attention: AddressingState,
  spoken: SpokenTurn,
  rules: AddressingRules,
): AddressingVerdict {
  if (rules.mode === 'always') return { meant: true, why: 'always' };
  if (isAlone(spoken, rules)) return { meant: true, why: 'alone' };
  const isByName = rules.mode === 'auto' || rules.mode === 'name';
  if (mention === 'called' && isByName) return { meant: true, why: 'name' };
  if (mention === 'other') return createUnmeantVerdict('not-named');
  if (spoken.goesOn) return { meant: true, why: 'follow-up' };
  const windowKind = findOpenWindow(attention, spoken, rules);
  if (mention === 'told-of' && (!windowKind || windowKind === 'follow-up'))
    return createUnmeantVerdict('mentioned');
  return windowKind
    ? { meant: true, why: windowKind }
    : createUnmeantVerdict('not-named');
}

function createUnmeantVerdict(
  reason: (AddressingVerdict & { meant: false })['why'],
): AddressingVerdict {
  return { meant: false, why: reason };
}

function isAlone({ humans }: SpeakerTurn, { mode }: AddressingRules) {
  return mode === 'auto' && humans <= 1;
}

function isAnyoneCalled(sentences: readonly Sentence[], present: readonly string[]) {
  return present.some(
    (person) =>
      findStrongestNameUse(sentences, toCallNames(person), exactSpelling) === 'called',
  );
}

function toCallNames(person: string) {
  const [firstName = ''] = person.trim().split(/\s+/);
  return parseNames([person, firstName]);
}

function listNameWords(present: readonly string[]) {
  const sentences = present.flatMap(splitSentences);
  return new Set(
    sentences.flatMap(({ words: sentenceWords }) =>
      sentenceWords.map(({ text }) => text),
    ),
  );
}

/**
 * Addressing modes. `auto` needs no name from a person alone with the bot, and a name, Ask, follow-up or reply
 * otherwise. `name` needs the name or Ask, `window` needs Ask. `always` answers everybody, `off` nobody.
 */
export const addressingModes = ['auto', 'name', 'window', 'always', 'off'] as const;
export type AddressingMode = (typeof addressingModes)[number];

/**
 * Gets the mode in a channel whose people are interpreted to each other: only the name or Ask shows that words are for the
 * bot.
 */
export function toInterpretedMode(mode: AddressingMode): AddressingMode {
  return mode === 'auto' || mode === 'always' ? 'name' : mode;
}

/** The usual times and names by which words are judged. */
export const addressingRules = {
  mode: 'auto' as AddressingMode,
  /** Names of the bot in every script people may write, at most twenty. */
  names: [] as readonly string[],
  /** Time after Ask in which that person needs no name. */
  askWindowMs: 15_000,
  followUpMs: 8_000,
  /** The same time after an answer that ended in a question. */
  replyMs: 15_000,
  /** An answer that never reports its end counts as over after this time. */
  maxAnsweringMs: 120_000,
  /** Talk of others that closes a follow-up window. */
  maxOtherTalkMs: 2_000,
  /** Longest utterance plus its recognition. */
  maxJudgementMs: 90_000,
};

export type AddressingRules = Readonly<typeof addressingRules>;

type Window = {
  readonly kind: (typeof allWindowKinds)[number];
  readonly personId: PersonId;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly othersMs: number;
};

/** Windows of time in which people need no name. */
export type AddressingState = { readonly windows: readonly Window[] };

/** No window is open. */
export const initialAddressing: AddressingState = { windows: [] };

/** Returns whether a text ends in a question mark, also before a closing quote. */
export function endsInQuestion(text: string): boolean {
  return /[?\uff1f\u061f]["\u201d\u00bb\s]*$/u.test(text);
}

/** Events that open or close a window in which a person needs no name. */
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

const maxWindows = 100;

/**
 * Opens and closes the windows in which people need no name. A window is kept until the last words spoken in its
 * time must have been judged.
 */
export function stepAddressing(
  attention: AddressingState,
  event: AddressEvent,
  rules: AddressingRules,
): AddressingState {
  const { personId } = event;
  switch (event.kind) {
    case 'asked':
    case 'answering':
      return openWindow(attention, event.kind, event, rules);
    case 'answered': {
      // What the bot asked before is out of date: this answer came after it.
      const ended = closeWindows(attention, personId, event.atMs, answerWindowKinds);
      const kind = event.endsInQuestion ? 'reply' : 'follow-up';
      return openWindow(ended, kind, event, rules);
    }
    case 'talked': {
      const windows = attention.windows.map((window) =>
        window.personId === personId ? window : countOtherTalk(window, event, rules),
      );
      return { ...attention, windows };
    }
    case 'left': {
      const windows = attention.windows.filter(
        (window) => window.personId !== personId,
      );
      return { ...attention, windows };
    }
  }
}

/** Finds a window that is open at `fromMs`. In the modes `name` and `window` only Ask opens a window. */
function findOpenWindow(
  { windows }: AddressingState,
  { speakerId, fromMs }: SpeakerTurn,
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

function openWindow(
  attention: AddressingState,
  kind: Window['kind'],
  { personId, atMs }: { readonly personId: PersonId; readonly atMs: number },
  rules: AddressingRules,
) {
  const lengths = {
    asked: rules.askWindowMs,
    answering: rules.maxAnsweringMs,
    'follow-up': rules.followUpMs,
    reply: rules.replyMs,
  };
  const untilMs = atMs + lengths[kind];
  const window = { kind, personId, fromMs: atMs, untilMs, othersMs: 0 };
  const unjudgedWindows = attention.windows.filter(
    ({ untilMs }) => atMs < untilMs + rules.maxJudgementMs,
  );
  return { ...attention, windows: [...unjudgedWindows, window].slice(-maxWindows) };
}

const allWindowKinds = ['asked', 'answering', 'follow-up', 'reply'] as const;
/** Kinds of windows that an answer opens. */
const answerWindowKinds = ['answering', 'follow-up', 'reply'] as const;

function closeWindows(
  attention: AddressingState,
  personId: PersonId,
  atMs: number,
  kinds: readonly Window['kind'][],
) {
  const windows = attention.windows.map((window) =>
    window.personId === personId && kinds.includes(window.kind)
      ? // Words from before `atMs` still count.
        { ...window, untilMs: Math.min(window.untilMs, atMs) }
      : window,
  );
  return { ...attention, windows };
}

function countOtherTalk(
  window: Window,
  { ms, atMs }: { readonly ms: number; readonly atMs: number },
  { maxOtherTalkMs }: AddressingRules,
) {
  if (window.kind !== 'follow-up' || atMs <= window.fromMs) return window;
  const othersMs = window.othersMs + Math.min(ms, atMs - window.fromMs);
  const untilMs =
    othersMs >= maxOtherTalkMs ? Math.min(window.untilMs, atMs) : window.untilMs;
  return { ...window, othersMs, untilMs };
}

const wholeDismissals = toPhraseSet(
  languages.flatMap(({ dismissals }) => dismissals?.wholes ?? []),
);
/** Words before a dismissal: "no, not you". */
const dismissalLeads = new Set([
  ...fillerPhrases,
  ...toPhraseSet(
    languages.flatMap(({ overlap }) => [
      ...overlap.fillers,
      ...(overlap.refusals ?? []),
    ]),
  ),
]);
/** With the bot's name at the end. */
const maxDismissalWords = 10;
const dismissalParts = [
  ...toPhraseSet(languages.flatMap(({ dismissals }) => dismissals?.parts ?? [])),
];
const spacedDismissalParts = dismissalParts.filter((phrase) => !isDense(phrase));
const denseDismissalParts = dismissalParts.filter(isDense);

/** Recognises that the speaker did not mean the bot: "not you", "I wasn't talking to you". */
function isDismissal(sentences: readonly Sentence[], names: readonly Name[]) {
  return sentences.some(
    (sentence) => !sentence.isQuestion && isDismissingSentence(sentence, names),
  );
}

function isDismissingSentence(sentence: Sentence, names: readonly Name[]) {
  const texts = sentence.words.map(({ text }) => text);
  const spaced = ` ${texts.join(' ')} `;
  if (spacedDismissalParts.some((phrase) => spaced.includes(` ${phrase} `)))
    return true;
  if (texts.some(isDense)) {
    const compact = texts.join('');
    if (denseDismissalParts.some((phrase) => compact.includes(phrase))) return true;
  }
  return saysNotYou(sentence, names);
}

/** Recognises a dismissal in the first words between pauses, after greetings, fillers and the bot's name. */
function saysNotYou(sentence: Sentence, names: readonly Name[]) {
  for (const { from, to } of splitByPauses(sentence.words)) {
    const start = skipLeadAndName(sentence, from, to, names);
    for (
      let at = Math.max(from, to - maxDismissalWords);
      at <= Math.min(start, to - 1);
      at++
    ) {
      const texts = sentence.words.slice(at, to).map(({ text }) => text);
      const lengths = [texts.length, ...findOwnNameEnds(sentence, at, to, names)];
      if (lengths.some((length) => isWholeDismissal(texts.slice(0, length))))
        return true;
    }
    if (start < to) return false;
  }
  return false;
}

function isWholeDismissal(texts: readonly string[]) {
  return (
    wholeDismissals.has(texts.join(' ')) ||
    (isDense(texts[0] ?? '') && wholeDismissals.has(texts.join('')))
  );
}

/** Lists how many words precede a name that ends at `to`, as in "not you Nova". */
function findOwnNameEnds(
  sentence: Sentence,
  start: number,
  to: number,
  names: readonly Name[],
) {
  const lengths: number[] = [];
  for (let at = Math.max(start + 1, to - 4); at < to; at++) {
    if (findName(sentence, at, names, exactSpelling)?.to === to)
      lengths.push(at - start);
  }
  return lengths;
}

function skipLeadAndName(
  sentence: Sentence,
  from: number,
  to: number,
  names: readonly Name[],
) {
  const { to: start } = skipGreetings(sentence.words, from, to, dismissalLeads);
  const hit = start < to ? findName(sentence, start, names, exactSpelling) : undefined;
  return hit ? skipGreetings(sentence.words, hit.to, to, dismissalLeads).to : start;
}

function splitByPauses(sentenceWords: readonly SentenceWord[]) {
  const starts = sentenceWords.flatMap(({ gap }, at) =>
    at === 0 || gap === 'pause' ? [at] : [],
  );
  return starts.map((from, index) => ({
    from,
    to: starts[index + 1] ?? sentenceWords.length,
  }));
}
