import { isWithin, latinOf, slackOf, soundOf } from '#src/turn/addressing/names-sound.ts';
import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import {
  beginsAny,
  isPhrase,
  type PhraseRole,
  type PhraseTable,
  phrasesIn,
  tables,
} from './interjections-tables.ts';
import { isHum, isNote, pause, tokensOf } from './interjections-text.ts';

/**
 * Intent of a sentence said into a person's or the bot's speech, as a whole: `other` for any text that only contains such
 * words.
 * `sure` when no further word can change it: always in a final text, and in a partial one only for `other`.
 */
export type Interjection =
  | { readonly kind: 'empty' }
  | { readonly kind: Plain; readonly sure: boolean };

export type InterjectionOptions = {
  readonly isFinal: boolean;
  /** Names of the bot, in every spelling that recognisers give. */
  readonly names?: readonly string[];
};

type Plain = 'stop' | 'wait' | 'go-on' | 'backchannel' | 'never-mind' | 'other';
type ParsedInterjection = Plain | 'nothing';
type Address = { readonly words: readonly string[]; readonly sound?: string };
type HeardTokens = {
  readonly tokens: readonly string[];
  readonly isFinal: boolean;
  /** Names of the bot that begin at each token. */
  readonly named: readonly (readonly PhraseStep[])[];
};

const most = { names: 45, nameLetters: 60 };
const notStops = new Set(phrasesIn(everywhere.notStops));

/** Order of precedence where languages disagree. */
const order: readonly ParsedInterjection[] = [
  'never-mind',
  'wait',
  'go-on',
  'backchannel',
  'other',
  'nothing',
  'stop',
];

/**
 * Looks a sentence up in all languages at once: nothing in it may be left over but politeness, fillers and our names.
 *
 * A word that stops in a widespread language stops; a stop word of another gives way to any other meaning.
 */
export function classify(text: string, options: InterjectionOptions): Interjection {
  const { isFinal } = options;
  const tokens = tokensOf(text);
  if (isNote(text)) return { kind: 'backchannel', sure: isFinal };
  if (tokens.length === 0) return { kind: 'empty' };
  const named = namesIn(tokens, options.names ?? [], isFinal);
  const readings = tables.map((table) => readIn(table, { tokens, isFinal, named }));
  const parsed = agreed(readings, tokens.filter((token) => token !== pause).join(' '));
  const kind = parsed === 'nothing' ? 'other' : parsed;
  return { kind, sure: isFinal || !readings.some(({ open }) => open) };
}

/** Places at which a name of the bot ends, by the token at which it begins; none that is misspelt. */
export function nameEndsIn(
  tokens: readonly string[],
  names: readonly string[],
): readonly (readonly number[])[] {
  return namesIn(tokens, names, false).map((steps) => steps.map(({ to }) => to));
}

function namesIn(
  tokens: readonly string[],
  names: readonly string[],
  isFinal: boolean,
): PhraseStep[][] {
  const called = names.slice(0, most.names).flatMap(calledOf);
  return tokens.map((_, at) => namesFrom(tokens, at, called, isFinal));
}

function calledOf(name: string): Address[] {
  const words = tokensOf(name.slice(0, most.nameLetters)).filter((token) => token !== pause);
  const latin = words.length === 1 ? latinOf(words[0] ?? '') : undefined;
  const isSounded = latin !== undefined && latin.length > 3;
  return words.length === 0 ? [] : [{ words, ...(isSounded && { sound: soundOf(latin) }) }];
}

type Reading = {
  readonly isWidespread: boolean;
  /** Missing where the sentence has no such meaning in the language. */
  readonly parsed: ParsedInterjection | undefined;
  /** Whether more words could make it one. */
  readonly open: boolean;
};

function agreed(readings: readonly Reading[], said: string): ParsedInterjection {
  const found = readings.flatMap(({ isWidespread, parsed }) =>
    parsed ? [{ isWidespread, parsed }] : [],
  );
  const widespread = found.filter((one) => one.isWidespread).map(({ parsed }) => parsed);
  if (widespread.includes('stop')) return notStops.has(said) ? 'nothing' : 'stop';
  const allParsed = widespread.length > 0 ? widespread : found.map(({ parsed }) => parsed);
  const parsed = order.find((wanted) => allParsed.includes(wanted)) ?? 'nothing';
  return parsed === 'stop' && notStops.has(said) ? 'nothing' : parsed;
}

/** Covers the sentence with phrases of one language, the longest first. */
function readIn(table: PhraseTable, heard: HeardTokens): Reading {
  const { tokens, isFinal } = heard;
  const allParsed: (ParsedInterjection | undefined)[] = ['nothing'];
  let open = false;
  for (const [at, token] of tokens.entries()) {
    const parsed = allParsed[at];
    if (!parsed) continue;
    if (token === pause) allParsed[at + 1] ??= parsed;
    open ||= !isFinal && mayGrow(table, tokens, at);
    for (const { role, to } of stepsFrom(table, heard, at)) allParsed[to] ??= step(parsed, role);
  }
  const parsed = allParsed[tokens.length];
  return { isWidespread: table.isWidespread, parsed, open: open || parsed !== undefined };
}

function mayGrow(table: PhraseTable, tokens: readonly string[], at: number): boolean {
  return tokens.length - at <= table.longest && beginsAny(table, tokens.slice(at).join(' '));
}

type PhraseStep = { readonly role: PhraseRole; readonly to: number };

function stepsFrom(
  { roles, refusals, longest }: PhraseTable,
  heard: HeardTokens,
  at: number,
): PhraseStep[] {
  const { tokens, named } = heard;
  const steps: PhraseStep[] = [];
  let phrase = '';
  for (let to = at + 1; to <= Math.min(tokens.length, at + longest); to++) {
    phrase += to === at + 1 ? tokens[at] : ` ${tokens[to - 1]}`;
    const role = roles.get(phrase);
    if (role && !(role === 'fillers' && isHum(phrase))) steps.push({ role, to });
  }
  const token = tokens[at] ?? '';
  if (isHum(token)) steps.push({ role: 'backchannel', to: at + 1 });
  if (refusals.has(token) && tokens[at + 1] === pause) steps.push({ role: 'fillers', to: at + 1 });
  return [...steps, ...(named[at] ?? [])];
}

/** Our names, on a final text also as recognisers misspell them. */
function namesFrom(
  tokens: readonly string[],
  at: number,
  names: readonly Address[],
  isFinal: boolean,
): PhraseStep[] {
  return names.flatMap(({ words, sound }): PhraseStep[] => {
    const isExact = words.every((word, place) => word === tokens[at + place]);
    if (isExact) return [{ role: 'fillers', to: at + words.length }];
    const isAlike = isFinal && soundsLike(tokens[at] ?? '', sound);
    return isAlike ? [{ role: 'fillers', to: at + 1 }] : [];
  });
}

function soundsLike(token: string, sound: string | undefined): boolean {
  if (sound === undefined || token.length < 3 || token.length > most.nameLetters) return false;
  const latin = latinOf(token);
  if (latin === undefined) return false;
  const heard = soundOf(latin);
  return heard[0] === sound[0] && isWithin(heard, sound, slackOf(sound)) && !isPhrase(token);
}

/** Intent after one more phrase: the last wish counts, but "stop" outlasts "wait" and "never mind". */
function step(parsed: ParsedInterjection, role: PhraseRole): ParsedInterjection {
  switch (role) {
    case 'stop':
      return 'stop';
    case 'wait':
      return parsed === 'stop' ? parsed : 'wait';
    case 'neverMind':
      return parsed === 'stop' ? parsed : 'never-mind';
    case 'goOn':
      return 'go-on';
    case 'backchannel':
      return parsed === 'nothing' ? 'backchannel' : parsed;
    case 'fillers':
      return parsed === 'nothing' || parsed === 'backchannel' ? 'other' : parsed;
  }
}
