import type { ConsentPolicy } from '#src/people/consent.ts';
import type { PipelineRegistry, ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type MentionMark, mentionMarks, type NamedById } from '#src/ports/picker.ts';
import type { StoreWatch } from '#src/ports/store-timeout.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';

/** People who may be heard without being asked; `roleId` goes with the policy `role`. */
export type ConsentPolicySettings = { readonly policy: ConsentPolicy; readonly roleId?: RoleId };

/** Settings of the operator: they hold where a server has none of its own, and are read through `StoredSettings` alone. */
export type OperatorDefaults = {
  readonly addressing: AddressingMode;
  readonly consent: ConsentPolicySettings;
  /** Names of the settings in `.env` that the operator has given another value than the standard one. */
  readonly given: ReadonlySet<string>;
  /** Names that the bot answers to beside its name in a server. */
  readonly names: readonly string[];
  readonly style: ReplyStyle;
  /** IANA name of the zone of times of day that people read. */
  readonly timeZone: string;
};

export type SettingOutcome =
  | {
      readonly kind: 'set';
      /** Current value. */
      readonly value: string;
      /** False: until the process ends. */
      readonly isSaved: boolean;
    }
  | { readonly kind: 'unknown'; readonly keys: readonly string[] }
  /** Words that are not readable, or that may not be set here: nothing was changed. */
  | { readonly kind: 'bad'; readonly why?: TextLine }
  /** More people would be heard unasked: nothing was changed yet. */
  | { readonly kind: 'looser'; readonly policy: ConsentPolicy; readonly value: string };

/** Options of captions in one voice channel, kept as long as captions are on there. */
export type CaptionOptions = {
  /** Language into which captions are translated, BCP 47. */
  readonly translateTo?: string;
};

/** Parts of the process that settings are read with. */
export type SettingDeps = StoreWatch & {
  readonly pipelines: Pick<PipelineRegistry, 'names'>;
  readonly places: Places;
  readonly hasChatModel: boolean;
  /** Whether Discord tells what people write to others. */
  readonly mayReadMessages: boolean;
  readonly voices: VoiceNames;
};

/** Values that the operator lets servers choose from, and defaults. */
export type SettingChoices = {
  readonly pipelines: SettingDeps['pipelines'];
  /** Names of voices that the bot may have; empty: not known, so any name is accepted. */
  readonly voices: readonly string[];
  /** Names of the voices that read texts, as far as they are known. */
  readonly knownVoices: readonly string[];
  /** Caps of the operator for the server. */
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
};

/** Outcome of reading a value. */
type ReadSetting<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | Extract<SettingOutcome, { kind: 'bad' }>;

/** A way to choose a value in the panel of `/settings view`. */
export type SettingInput =
  /** A menu of `values`; none where there are too many for one message. */
  | { readonly kind: 'one-of' }
  /** A menu of languages. */
  | { readonly kind: 'language'; readonly most: number }
  /** Discord's own menu; `before`: the word that stands before the id. */
  | { readonly kind: NamedById; readonly most: number; readonly before?: string }
  /** A form for a text or a number. */
  | { readonly kind: 'typed'; readonly maxChars: number; readonly isLong?: true };

/** Place and sentence of a setting in the panel of `/settings view`. */
type SettingGroupPlace = {
  /** Title of its group; a group is there as soon as one setting names it. */
  readonly group: PlainTextId;
  /** Its one sentence, at most 100 characters. */
  readonly about: PlainTextId;
};

/** One setting of servers: `/settings` and the store know it from this record alone. */
export type ServerSetting<Value = unknown> = SettingGroupPlace & {
  /** Name in `/settings` and in the store. */
  readonly key: string;
  readonly inputs: readonly SettingInput[];
  /** Setting of the operator that gives the standard value. */
  readonly operator?: string;
  /** Value where a server has set none. */
  getDefault(choices: SettingChoices): Value;
  /** Value as long as the settings of a server could not be read; absent: the standard one. */
  readonly unread?: Value;
  /** Meaning of typed or stored words; one that cannot be used any more counts as not set. */
  parse(words: string, choices: SettingChoices): ReadSetting<Value>;
  /** Text of the value, as it may be typed again; empty: the engine's own. */
  format(value: Value): string;
  /** Suggested values. */
  listValues(choices: SettingChoices): readonly string[];
  /** Loads what `read` and `values` know it by. Never throws. */
  loadValues?(parts: SettingDeps): Promise<unknown>;
  /** Reasons for which the value has no effect now, each with what to do. */
  listHindrances?(
    value: Value,
    guildId: GuildId,
    parts: Pick<SettingDeps, 'hasChatModel' | 'mayReadMessages' | 'places'>,
    of: <Other>(setting: ServerSetting<Other>) => Other,
  ): readonly TextLine[];
  /** Lines about places of the server where something else holds, from everything that it has stored. */
  listElsewhere?(stored: ReadonlyMap<string, string>): readonly TextLine[];
  /** Whether a value that is typed now exists in this server. */
  isKnownId?(value: Value, guildId: GuildId, parts: SettingDeps): boolean;
};

/** Mark of the mentions that stand for the ids in a value; undefined where it has none. */
export function findMentionMark({
  inputs,
}: Pick<ServerSetting, 'inputs'>): MentionMark | undefined {
  const kinds = inputs.map(({ kind }) => kind);
  const named = kinds.find((kind): kind is NamedById => Object.hasOwn(mentionMarks, kind));
  return named && mentionMarks[named];
}

/** Settings as they hold in one server. */
export type SettingsView = {
  readonly all: readonly CurrentSetting[];
  /** Choices that the values are read and chosen from. */
  readonly choices: SettingChoices;
  /** False: what the server has set could not be read. */
  readonly isRead: boolean;
};

/** A setting with its present value in one server. */
export type CurrentSetting = {
  readonly key: string;
  readonly setting: ServerSetting;
  /** Value as it may be typed again; empty: the engine's own. */
  readonly value: string;
  readonly from: 'server' | 'operator' | 'default';
  /** Lines about what keeps the value from having an effect, and about places of the server where something else holds. */
  readonly elsewhere: readonly TextLine[];
};

/** Word for an empty role, channel list or list of people. */
export const noHindrances = 'none';

export const badValue = { kind: 'bad' } as const;

export function toReadValue<Value>(value: Value): ReadSetting<Value> {
  return { kind: 'ok', value };
}

/** Meaning of stored words. A voice that is gone is still the chosen one: the engine tells that it is, and uses its own. */
export function parseStoredValue<Value>(
  setting: ServerSetting<Value>,
  words: string,
  choices: SettingChoices,
): ReadSetting<Value> {
  return parseSetting(setting, words, { ...choices, voices: [] });
}

/** Meaning of words as they were typed. */
export function parseSetting<Value>(
  setting: ServerSetting<Value>,
  words: string,
  choices: SettingChoices,
): ReadSetting<Value> {
  return setting.parse(words.trim(), choices);
}

/** A setting with a few words as values. */
export function defineWordSetting<Word extends string>(
  key: string,
  words: readonly Word[],
  getDefault: (choices: SettingChoices) => Word,
  place: SettingGroupPlace,
): ServerSetting<Word> {
  return {
    ...place,
    key,
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

/** A setting that is on or off. */
export function defineSwitchSetting(key: string, place: SettingGroupPlace): ServerSetting<boolean> {
  return {
    ...place,
    key,
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

/** Ids as Discord mentions them. */
const mentionPatterns = {
  'text-channel': /^(?:<#)?(\d{15,21})>?$/,
  'voice-channel': /^(?:<#)?(\d{15,21})>?$/,
  person: /^(?:<@!?)?(\d{15,21})>?$/,
  role: /^(?:<@&)?(\d{15,21})>?$/,
};

/** A setting that names a role or channel, by its id or as Discord mentions it, or none. */
export function defineIdSetting(
  key: string,
  of: NamedById,
  place: SettingGroupPlace,
): ServerSetting<string | undefined> {
  return {
    ...place,
    key,
    inputs: [{ kind: of, most: 1 }],
    getDefault: () => undefined,
    parse(typed) {
      const [, id] = mentionPatterns[of].exec(typed) ?? [];
      return id === undefined && typed.toLowerCase() !== noHindrances ? badValue : toReadValue(id);
    },
    format: (id) => id ?? noHindrances,
    listValues: () => [noHindrances],
  };
}

/** A setting that lists channels, people or roles, each by its id or as Discord mentions it. */
export function defineIdListSetting(
  key: string,
  of: NamedById,
  most: number,
  place: SettingGroupPlace,
): ServerSetting<readonly string[]> {
  return {
    ...place,
    key,
    inputs: [{ kind: of, most }],
    getDefault: () => [],
    parse(typed) {
      if (typed.toLowerCase() === noHindrances) return toReadValue([]);
      const named = typed.split(/[\s,]+/);
      const ids = named.flatMap((one) => mentionPatterns[of].exec(one)?.[1] ?? []);
      const isFit = ids.length === named.length && ids.length <= most;
      return isFit ? toReadValue([...new Set(ids)]) : badValue; // each once
    },
    format: (ids) => (ids.length === 0 ? noHindrances : ids.join(', ')),
    listValues: () => [noHindrances],
  };
}
