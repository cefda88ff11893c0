import {
  type ChannelId,
  type GuildId,
  type PersonId,
  type RoleId,
  toChannelId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import type { PipelineRegistry, ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type MentionMark, mentionMarks, type NamedById } from '#src/ports/picker.ts';
import type { StoreWatch } from '#src/ports/stores.ts';
import type { VoiceNames } from '#src/speech/speech-engine.ts';
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
  /** Only the settings `keys` can have a value for one voice channel. */
  | { readonly kind: 'server-only'; readonly keys: readonly string[] }
  /** The value cannot be read or set here. */
  | { readonly kind: 'bad'; readonly why?: TextLine }
  /** More people would be heard unasked. Nothing has changed yet. */
  | { readonly kind: 'looser'; readonly policy: ConsentPolicy; readonly value: string };

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

export type ReadSetting<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | Extract<SettingOutcome, { kind: 'bad' }>;

/** Way to choose a value in the panel of `/settings view`. */
export type SettingInput =
  /** A menu of the values, if they fit into one message. */
  | { readonly kind: 'one-of' }
  | { readonly kind: 'language'; readonly max: number }
  /** Discord's own menu. `before` is a word in front of the id. */
  | { readonly kind: NamedById; readonly max: number; readonly before?: string }
  | { readonly kind: 'typed'; readonly maxChars: number; readonly isLong?: true };

/** Each has a text `settings.about.KEY`: one sentence of 100 characters at most. */
type SettingKey = {
  [Id in PlainTextId]: Id extends `settings.about.${infer Key}` ? Key : never;
}[PlainTextId];

/** Rule by which a restore chooses a value. A default stands for a value that is not set. */
export interface ChooseRestored<Value> {
  /** Chooses from the value of the copy and the value of now. */
  choose(copied: Value, present: Value): Value;
}

/** Where a setting is kept, and which of its values a restore leaves: of the copy, of now, or by a rule, as the stricter of both. */
type SettingPlaces<Value> =
  | {
      readonly perChannel?: undefined;
      readonly restored: 'copied' | 'present' | ChooseRestored<Value>;
    }
  /** A voice channel can have a value of its own, in place of the server's. */
  | { readonly perChannel: true; readonly restored: 'copied' | 'present' };

/** One setting, with the way from a stored text to its value and back. */
export type StoredSetting<Value = unknown> = SettingPlaces<Value> & {
  /** Name in the store. */
  readonly key: string;
  /** Returns the default. `isLoaded` is false while the settings are unread. */
  getDefault(choices: SettingChoices, isLoaded: boolean): Value;
  /** Parses a typed or stored value. */
  parseValue(typed: string, choices: SettingChoices): ReadSetting<Value>;
  /** Formats a value. Empty means the engine's default. */
  formatValue(value: Value): string;
};

/** One setting that each server can set in `/settings`. */
export type ServerSetting<Value = unknown> = StoredSetting<Value> & {
  /** Name in `/settings` and in the store. */
  readonly key: SettingKey;
  /** A group exists as soon as a setting names it. */
  readonly group: PlainTextId;
  readonly inputs: readonly SettingInput[];
  /** Setting of the operator with the default. */
  readonly operator?: string;
  /** Lists values to choose from, as people type them. */
  listValues(choices: SettingChoices): readonly string[];
  /** Work that depends on Discord and the engines. */
  readonly outside?: {
    /** Loads the values that `parseValue` and `listValues` need. Never throws. */
    loadValues?(deps: SettingDeps): Promise<unknown>;
    /** Lists reasons why the value has no effect, each with a remedy. */
    listHindrances?(
      value: Value,
      guildId: GuildId,
      deps: Pick<SettingDeps, 'hasChatModel' | 'mayReadMessages' | 'places'>,
      getValue: GetSettingValue,
    ): readonly TextLine[];
    /** Tests whether the ids of a value are of this server. */
    isKnownId?(value: Value, guildId: GuildId, deps: SettingDeps): boolean;
  };
};

/** Returns a value. Throws TypeError if no feature declares the setting. */
export type GetSettingValue = <Value>(setting: StoredSetting<Value>) => Value;

/** Returns the id of the sentence about a setting. */
export function getAboutId({ key }: Pick<ServerSetting, 'key'>): PlainTextId {
  return `settings.about.${key}`;
}

/** Finds the mark of mentions, if the value of the setting is an id. */
export function findMentionMark({
  inputs,
}: Pick<ServerSetting, 'inputs'>): MentionMark | undefined {
  const kinds = inputs.map(({ kind }) => kind);
  const mentioned = kinds.find((kind): kind is NamedById =>
    Object.hasOwn(mentionMarks, kind),
  );
  return mentioned && mentionMarks[mentioned];
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

/** Result of `parseValue` for a text that is no value. */
export const badValue = { kind: 'bad' } as const;

/** Wraps a value as the result of `parseValue`. */
export function toReadValue<Value>(value: Value): ReadSetting<Value> {
  return { kind: 'ok', value };
}

/** Parses a stored value. A voice that is gone stays chosen. */
export function parseStoredValue<Value>(
  setting: Pick<StoredSetting<Value>, 'parseValue'>,
  text: string,
  choices: SettingChoices,
): ReadSetting<Value> {
  return parseSetting(setting, text, { ...choices, voices: [] });
}

/** Parses a typed value. */
export function parseSetting<Value>(
  setting: Pick<StoredSetting<Value>, 'parseValue'>,
  text: string,
  choices: SettingChoices,
): ReadSetting<Value> {
  return setting.parseValue(text.trim(), choices);
}

/** A setting that has yet to say where it is kept, and which value a restore leaves. */
type SettingWithoutPlaces<Value> = Omit<
  ServerSetting<Value>,
  keyof SettingPlaces<Value>
>;

/** Declares a setting with one of several words as its value. */
export function defineWordSetting<Word extends string>(
  key: SettingKey,
  choices: readonly Word[],
  getDefault: (settingChoices: SettingChoices) => Word,
  group: PlainTextId,
): SettingWithoutPlaces<Word> {
  return {
    key,
    group,
    inputs: [{ kind: 'one-of' }],
    getDefault,
    parseValue(typed) {
      const choice = choices.find((text) => text === typed.toLowerCase());
      return choice === undefined ? badValue : toReadValue(choice);
    },
    formatValue: (value) => value,
    listValues: () => choices,
  };
}

const [off, on] = ['off', 'on'] as const;

/** Declares a setting that is on or off, by default off. */
export function defineSwitchSetting(
  key: SettingKey,
  group: PlainTextId,
): SettingWithoutPlaces<boolean> {
  return {
    key,
    group,
    inputs: [{ kind: 'one-of' }],
    getDefault: () => false,
    parseValue(typed) {
      const word = typed.toLowerCase();
      return word === on || word === off ? toReadValue(word === on) : badValue;
    },
    formatValue: (value) => (value ? on : off),
    listValues: () => [off, on],
  };
}

type IdOf = {
  readonly 'text-channel': ChannelId;
  readonly 'voice-channel': ChannelId;
  readonly person: PersonId;
  readonly role: RoleId;
};

type MentionSyntax<Id> = {
  readonly pattern: RegExp;
  readonly toId: (text: string) => Id;
};

const channelMention = { pattern: /^(?:<#)?(\d{15,21})>?$/, toId: toChannelId };
const mentionSyntax: { readonly [Kind in NamedById]: MentionSyntax<IdOf[Kind]> } = {
  'text-channel': channelMention,
  'voice-channel': channelMention,
  person: { pattern: /^(?:<@!?)?(\d{15,21})>?$/, toId: toPersonId },
  role: { pattern: /^(?:<@&)?(\d{15,21})>?$/, toId: toRoleId },
};

function findMentionedId<Kind extends NamedById>(
  kind: Kind,
  mention: string,
): IdOf[Kind] | undefined {
  const { pattern, toId } = mentionSyntax[kind];
  const [, id] = pattern.exec(mention) ?? [];
  return id === undefined ? undefined : toId(id);
}

/** Declares a setting with one id as its value, typed alone or as a mention. */
export function defineIdSetting<Kind extends NamedById>(
  key: SettingKey,
  kind: Kind,
  group: PlainTextId,
): SettingWithoutPlaces<IdOf[Kind] | undefined> {
  return {
    key,
    group,
    inputs: [{ kind, max: 1 }],
    getDefault: () => undefined,
    parseValue(typed) {
      const id = findMentionedId(kind, typed);
      return id === undefined && typed.toLowerCase() !== noHindrances
        ? badValue
        : toReadValue(id);
    },
    formatValue: (id) => id ?? noHindrances,
    listValues: () => [noHindrances],
  };
}

/** Declares a setting with a list of at most `max` ids as its value. */
export function defineIdListSetting<Kind extends NamedById>(
  key: SettingKey,
  kind: Kind,
  max: number,
  group: PlainTextId,
): SettingWithoutPlaces<readonly IdOf[Kind][]> {
  return {
    key,
    group,
    inputs: [{ kind, max }],
    getDefault: () => [],
    parseValue(typed) {
      if (typed.toLowerCase() === noHindrances) return toReadValue([]);
      const mentions = typed.split(/[\s,]+/);
      const ids = mentions.flatMap((mention) => findMentionedId(kind, mention) ?? []);
      const isFit = ids.length === mentions.length && ids.length <= max;
      return isFit ? toReadValue([...new Set(ids)]) : badValue;
    },
    formatValue: (ids) => (ids.length === 0 ? noHindrances : ids.join(', ')),
    listValues: () => [noHindrances],
  };
}
