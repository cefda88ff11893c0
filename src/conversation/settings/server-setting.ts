import type { OperatorDefaults, SessionDependencies } from '#src/conversation/dependencies.ts';
import type { Pipelines } from '#src/conversation/ports/pipelines.ts';
import type { Setting } from '#src/conversation/ports/settings.ts';
import type { Caps } from '#src/spending/caps.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** What the operator lets servers choose from, and what applies where a server has set nothing. */
export type Choices = {
  readonly pipelines: Pick<Pipelines, 'names' | 'needs'>;
  /** Names of voices that the bot may have; empty: not known, so any name is accepted. */
  readonly voices: readonly string[];
  /** Names of the voices that read texts, as far as they are known. */
  readonly knownVoices: readonly string[];
  /** Caps of the operator. */
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
};

/** Outcome of reading a value: `bad` where it is not readable, others where it is and may not be set. */
type ReadSetting<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'bad' }
  | Extract<Setting, { kind: 'above' | 'missing' | 'no-role' }>;

/** One setting of servers: `/settings` and the store know it from this record alone. */
export type ServerSetting<Value = unknown> = {
  /** Name in `/settings` and in the store. */
  readonly key: string;
  /** Value where a server has set none. */
  standard(choices: Choices): Value;
  /** Value as long as the settings of a server could not be read; absent: the standard one. */
  readonly unread?: Value;
  /** Meaning of typed or stored words; one that cannot be used any more counts as not set. */
  read(words: string, choices: Choices): ReadSetting<Value>;
  /** As it may be typed again; empty: the engine's own. */
  shown(value: Value): string;
  /** Suggested values. */
  values(choices: Choices): readonly string[];
  /** Line about words that are not readable; absent: it lists `values`. */
  unreadableLine?(choices: Choices): TextLine | undefined;
  /** Line about a new value; absent: it names key and value. */
  savedLine?(value: Value): TextLine;
  /** Loads what `read` and `values` know it by. Never throws. */
  load?(parts: SessionDependencies): Promise<unknown>;
  /** Whether a value that is typed now exists in this server. */
  exists?(value: Value, guildId: string, parts: SessionDependencies): boolean;
};

/** Word for an empty role, channel list or list of people. */
export const none = 'none';

export const bad = { kind: 'bad' } as const;

export function ok<Value>(value: Value): ReadSetting<Value> {
  return { kind: 'ok', value };
}

/** Meaning of words, as typed or as stored. */
export function readSetting<Value>(
  setting: ServerSetting<Value>,
  words: string,
  choices: Choices,
): ReadSetting<Value> {
  return setting.read(words.trim(), choices);
}

/** A setting with a few words as values. */
export function wordSetting<Word extends string>(
  key: string,
  words: readonly Word[],
  standard: (choices: Choices) => Word,
): ServerSetting<Word> {
  return {
    key,
    standard,
    read(typed) {
      const found = words.find((one) => one === typed.toLowerCase());
      return found === undefined ? bad : ok(found);
    },
    shown: (value) => value,
    values: () => words,
  };
}

const [off, on] = ['off', 'on'] as const;

/** A setting that is on or off. */
export function switchSetting(key: string, standard: boolean): ServerSetting<boolean> {
  return {
    key,
    standard: () => standard,
    read(typed) {
      const word = typed.toLowerCase();
      return word === on || word === off ? ok(word === on) : bad;
    },
    shown: (value) => (value ? on : off),
    values: () => [off, on],
  };
}

/** Ids as Discord mentions them. */
const mentions = {
  channel: /^(?:<#)?(\d{15,21})>?$/,
  person: /^(?:<@!?)?(\d{15,21})>?$/,
  role: /^(?:<@&)?(\d{15,21})>?$/,
};

/** A setting that names a role or channel, by its id or as Discord mentions it, or none. */
export function idSetting(
  key: string,
  of: keyof typeof mentions,
  line: TextLine,
  standard: (choices: Choices) => string | undefined = () => undefined,
): ServerSetting<string | undefined> {
  return {
    key,
    standard,
    read(typed) {
      const [, id] = mentions[of].exec(typed) ?? [];
      return id === undefined && typed.toLowerCase() !== none ? bad : ok(id);
    },
    shown: (id) => id ?? none,
    values: () => [none],
    unreadableLine: () => line,
  };
}

/** A setting that lists channels, people or roles, each by its id or as Discord mentions it. */
export function idsSetting(
  key: string,
  of: keyof typeof mentions,
  most: number,
  line: TextLine,
): ServerSetting<readonly string[]> {
  return {
    key,
    standard: () => [],
    read(typed) {
      const ids = readIds(typed, of, most);
      return ids ? ok(ids) : bad;
    },
    shown: shownIds,
    values: () => [none],
    unreadableLine: () => line,
  };
}

/** Ids in a list with commas or spaces between, each once; undefined where one is none, or there are too many. */
export function readIds(
  words: string,
  of: keyof typeof mentions,
  most: number,
): readonly string[] | undefined {
  if (words.toLowerCase() === none) return [];
  const ids = words.split(/[\s,]+/).map((one) => mentions[of].exec(one)?.[1]);
  const known = ids.filter((id) => id !== undefined);
  const isFit = known.length === ids.length && known.length <= most;
  return isFit ? [...new Set(known)] : undefined;
}

/** Ids as they are shown, and may be typed again. */
export function shownIds(ids: readonly string[]): string {
  return ids.length === 0 ? none : ids.join(', ');
}
