import type { GuildId, RoleId } from '#src/base/ids.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import type { PipelineRegistry, ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type MentionMark, mentionMarks, type NamedById } from '#src/ports/picker.ts';
import type { StoreWatch } from '#src/ports/stores.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';

/** `roleId` belongs to the policy `role`. */
export type ConsentPolicySettings = {
  readonly policy: ConsentPolicy;
  readonly roleId?: RoleId;
};

/** Defaults of the operator. `StoredSettings` alone reads them. */
export type OperatorDefaults = {
  readonly addressing: AddressingMode;
  readonly consent: ConsentPolicySettings;
  /** Settings in `.env` with another value than the standard one. */
  readonly given: ReadonlySet<string>;
  /** Further names of the bot in a server. */
  readonly names: readonly string[];
  readonly style: ReplyStyle;
  /** IANA name. */
  readonly timeZone: string;
};

export type SettingOutcome =
  | {
      readonly kind: 'set';
      readonly value: string;
      readonly isSaved: boolean;
    }
  | { readonly kind: 'unknown'; readonly keys: readonly string[] }
  /** The value cannot be read or set here. */
  | { readonly kind: 'bad'; readonly why?: TextLine }
  /** More people would be heard unasked. Nothing has changed yet. */
  | { readonly kind: 'looser'; readonly policy: ConsentPolicy; readonly value: string };

export type CaptionOptions = {
  /** BCP 47. */
  readonly translateTo?: string;
};

export type SettingDeps = StoreWatch & {
  readonly pipelines: Pick<PipelineRegistry, 'names'>;
  readonly places: Places;
  readonly hasChatModel: boolean;
  readonly mayReadMessages: boolean;
  readonly voices: VoiceNames;
};

export type SettingChoices = {
  readonly pipelines: SettingDeps['pipelines'];
  /** Empty if unknown, so that any name is accepted. */
  readonly voices: readonly string[];
  readonly knownVoices: readonly string[];
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
};

type ReadSetting<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | Extract<SettingOutcome, { kind: 'bad' }>;

/** Way to choose a value in the panel of `/settings view`. */
export type SettingInput =
  /** A menu of the values, if they fit into one message. */
  | { readonly kind: 'one-of' }
  | { readonly kind: 'language'; readonly most: number }
  /** Discord's own menu. `before` is a word in front of the id. */
  | { readonly kind: NamedById; readonly most: number; readonly before?: string }
  | { readonly kind: 'typed'; readonly maxChars: number; readonly isLong?: true };

/** Each has a text `settings.about.KEY`: one sentence of 100 characters at most. */
type SettingKey = {
  [Id in PlainTextId]: Id extends `settings.about.${infer Key}` ? Key : never;
}[PlainTextId];

export type ServerSetting<Value = unknown> = {
  /** Name in `/settings` and in the store. */
  readonly key: SettingKey;
  /** A group exists as soon as a setting names it. */
  readonly group: PlainTextId;
  readonly inputs: readonly SettingInput[];
  /** Setting of the operator with the default. */
  readonly operator?: string;
  /** `isLoaded` is false while the settings are unread. */
  getDefault(choices: SettingChoices, isLoaded: boolean): Value;
  parse(words: string, choices: SettingChoices): ReadSetting<Value>;
  /** Formats a value. Empty means the engine's default. */
  format(value: Value): string;
  listValues(choices: SettingChoices): readonly string[];
  /** Lines about places of the server with another value. */
  listElsewhere?(stored: ReadonlyMap<string, string>): readonly TextLine[];
  /** What depends on Discord and the engines. */
  readonly outside?: {
    /** Loads the values that `parse` and `listValues` need. Never throws. */
    loadValues?(parts: SettingDeps): Promise<unknown>;
    /** Reasons why the value has no effect, each with a remedy. */
    listHindrances?(
      value: Value,
      guildId: GuildId,
      parts: Pick<SettingDeps, 'hasChatModel' | 'mayReadMessages' | 'places'>,
      of: GetSettingValue,
    ): readonly TextLine[];
    isKnownId?(value: Value, guildId: GuildId, parts: SettingDeps): boolean;
  };
};

/** Returns a value. Throws TypeError if no feature declares the setting. */
export type GetSettingValue = <Value>(setting: ServerSetting<Value>) => Value;

export function getAboutId({ key }: Pick<ServerSetting, 'key'>): PlainTextId {
  return `settings.about.${key}`;
}

export function findMentionMark({
  inputs,
}: Pick<ServerSetting, 'inputs'>): MentionMark | undefined {
  const kinds = inputs.map(({ kind }) => kind);
  const named = kinds.find((kind): kind is NamedById =>
    Object.hasOwn(mentionMarks, kind),
  );
  return named && mentionMarks[named];
}

export type SettingsView = {
  readonly all: readonly CurrentSetting[];
  readonly choices: SettingChoices;
  readonly isLoaded: boolean;
};

export type CurrentSetting = {
  readonly key: string;
  readonly setting: ServerSetting;
  readonly value: string;
  readonly from: 'server' | 'operator' | 'default';
  readonly elsewhere: readonly TextLine[];
};

/** Word for an empty role or list. */
export const noHindrances = 'none';

export const badValue = { kind: 'bad' } as const;

export function toReadValue<Value>(value: Value): ReadSetting<Value> {
  return { kind: 'ok', value };
}

/** Parses a stored value. A voice that is gone stays chosen. */
export function parseStoredValue<Value>(
  setting: ServerSetting<Value>,
  words: string,
  choices: SettingChoices,
): ReadSetting<Value> {
  return parseSetting(setting, words, { ...choices, voices: [] });
}

export function parseSetting<Value>(
  setting: Pick<ServerSetting<Value>, 'parse'>,
  words: string,
  choices: SettingChoices,
): ReadSetting<Value> {
  return setting.parse(words.trim(), choices);
}

export function defineWordSetting<Word extends string>(
  key: SettingKey,
  words: readonly Word[],
  getDefault: (choices: SettingChoices) => Word,
  group: PlainTextId,
): ServerSetting<Word> {
  return {
    key,
    group,
    inputs: [{ kind: 'one-of' }],
    getDefault,
    parse(typed) {
      const found = words.find((one) => one === typed.toLowerCase());
      return found === undefined ? badValue : toReadValue(found);
    },
    format: (value) => value,
    listValues: () => words,
  };
}

const [off, on] = ['off', 'on'] as const;

export function defineSwitchSetting(
  key: SettingKey,
  group: PlainTextId,
): ServerSetting<boolean> {
  return {
    key,
    group,
    inputs: [{ kind: 'one-of' }],
    getDefault: () => false,
    parse(typed) {
      const word = typed.toLowerCase();
      return word === on || word === off ? toReadValue(word === on) : badValue;
    },
    format: (value) => (value ? on : off),
    listValues: () => [off, on],
  };
}

const mentionPatterns = {
  'text-channel': /^(?:<#)?(\d{15,21})>?$/,
  'voice-channel': /^(?:<#)?(\d{15,21})>?$/,
  person: /^(?:<@!?)?(\d{15,21})>?$/,
  role: /^(?:<@&)?(\d{15,21})>?$/,
};

export function defineIdSetting(
  key: SettingKey,
  of: NamedById,
  group: PlainTextId,
): ServerSetting<string | undefined> {
  return {
    key,
    group,
    inputs: [{ kind: of, most: 1 }],
    getDefault: () => undefined,
    parse(typed) {
      const [, id] = mentionPatterns[of].exec(typed) ?? [];
      return id === undefined && typed.toLowerCase() !== noHindrances
        ? badValue
        : toReadValue(id);
    },
    format: (id) => id ?? noHindrances,
    listValues: () => [noHindrances],
  };
}

export function defineIdListSetting(
  key: SettingKey,
  of: NamedById,
  most: number,
  group: PlainTextId,
): ServerSetting<readonly string[]> {
  return {
    key,
    group,
    inputs: [{ kind: of, most }],
    getDefault: () => [],
    parse(typed) {
      if (typed.toLowerCase() === noHindrances) return toReadValue([]);
      const named = typed.split(/[\s,]+/);
      const ids = named.flatMap((one) => mentionPatterns[of].exec(one)?.[1] ?? []);
      const isFit = ids.length === named.length && ids.length <= most;
      return isFit ? toReadValue([...new Set(ids)]) : badValue; // Returns undefined for a wrong id, or too many ids.
    },
    format: (ids) => (ids.length === 0 ? noHindrances : ids.join(', ')),
    listValues: () => [noHindrances],
  };
}
