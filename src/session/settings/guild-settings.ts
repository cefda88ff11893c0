import { isTimeZone } from '#src/base/zoned-time.ts';
import type { Persona } from '#src/personas/persona.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { type CueLevel, cueLevels } from '#src/playback/reply/cue-track.ts';
import type { ConsentPolicySettings } from '#src/session/dependencies.ts';
import { type SettingKey, settingKeys } from '#src/session/ports/settings.ts';
import { type TypedMode, typedModes } from '#src/session/ports/typed-messages.ts';
import { voiceNamed } from '#src/speech/voice-names.ts';
import type { Amount, Caps } from '#src/spending/caps.ts';
import { isWithin } from '#src/spending/guild-caps.ts';
import { languageTag } from '#src/texts/language-names.ts';
import { type AddressingMode, addressingModes } from '#src/turn/addressing/addressing-windows.ts';
import { type BudgetSettings, readCap, shownCap } from './budget-settings.ts';
import {
  none,
  type PresenceSettings,
  readAutoJoin,
  readBlocked,
  readLeaveAfter,
  readUserRoles,
  shownIds,
  shownLeaveAfter,
} from './presence-settings.ts';

/** Settings that hold in one server. */
export type GuildSettings = BudgetSettings &
  LanguageSettings &
  PresenceSettings & {
    readonly pipeline: PipelineName;
    readonly addressing: AddressingMode;
    readonly cues: CueLevel;
    /** Who it is and how it talks. */
    readonly instructions: string;
    /** Absent: the engine's own. */
    readonly voice?: string;
    /** Names that it answers to beside its name in the server. */
    readonly names: readonly string[];
    /** Whose members may change everybody's sounds. */
    readonly djRoleId?: string | undefined;
    /** Tracks are quieter while a person speaks, not only under the bot's own voice. */
    readonly duckForPeople: boolean;
    readonly consent: ConsentPolicySettings;
    /** Text channel in which captions get a thread; absent: they are posted in the chat of the voice channel. */
    readonly captionsChannelId?: string | undefined;
    /** Days that captions are kept; 0: nothing is written to disk. */
    readonly captionsDays: number;
    /** Who may open the place of the captions may read what was said before they came. */
    readonly catchUp: boolean;
    /** A recap is posted when a session with captions ends. */
    readonly recap: boolean;
    /** People may have the bot remember things for this server. */
    readonly memory: boolean;
    /** Form of answers to questions typed in the chat of the voice channel. */
    readonly typed: TypedMode;
    /** Chosen persona of the bot: its fields count over the settings of the server. */
    readonly persona?: Persona;
    /** Brain of the persona, among the operator's; it goes with `pipeline`. */
    readonly brain?: string;
    /** The voice was chosen in place of all those of the persona. */
    readonly isVoiceChosen?: true;
    /** IANA name of the zone of times of day. */
    readonly timeZone: string;
    /** It says who has joined. */
    readonly announce: boolean;
    /** Text channel whose lines are read out; absent: none. */
    readonly readChannelId?: string | undefined;
  };

/** Values to choose from. */
export type Choices = {
  readonly pipelines: readonly PipelineName[];
  /** Names of voices; empty: not known, so any name is accepted. */
  readonly voices: readonly string[];
  /** The role of policy `role`, where the operator has named one. */
  readonly roleId?: string;
  /** Caps of the operator. */
  readonly caps: Caps;
};

/** `missing`: a pipeline there is, but not set up; `no-role`: policy `role` without one. */
type Read =
  | { readonly kind: 'ok'; readonly part: Partial<GuildSettings> }
  | { readonly kind: 'missing'; readonly name: PipelineName }
  /** A budget above that of the operator. */
  | { readonly kind: 'above'; readonly cap: Amount }
  | { readonly kind: 'bad' | 'no-role' };

export const switches = ['off', 'on'] as const;
export const policies = ['ask', 'role', 'notice'] as const;
export const maxInstructionsChars = 1_000;
const [maxNames, maxNameChars] = [10, 32];
const maxVoiceChars = 64;
/** Most days that captions can be kept. */
const maxCaptionsDays = 365;

/** Meaning of a key that is set to `value`. */
export function readSetting(key: SettingKey, value: string, choices: Choices): Read {
  const words = value.trim();
  switch (key) {
    case 'pipeline':
      return readPipeline(words, choices);
    case 'addressing':
      return oneOf(addressingModes, words, (addressing) => ({ addressing }));
    case 'cues':
      return oneOf(cueLevels, words, (cues) => ({ cues }));
    case 'instructions':
      return words.length > 0 && words.length <= maxInstructionsChars
        ? ok({ instructions: words })
        : bad;
    case 'voice':
      return readVoice(words, choices);
    case 'names':
      return readNames(words);
    case 'dj_role':
      return readRole(words);
    case 'duck_for_people':
      return oneOf(switches, words, (one) => ({ duckForPeople: one === 'on' }));
    case 'consent':
      return readConsent(words, choices);
    case 'captions_channel':
      return readTextChannel(words, (captionsChannelId) => ({ captionsChannelId }));
    case 'captions_days':
      return readDays(words);
    case 'catch_up':
      return oneOf(switches, words, (one) => ({ catchUp: one === 'on' }));
    case 'recap':
      return oneOf(switches, words, (one) => ({ recap: one === 'on' }));
    case 'memory':
      return oneOf(switches, words, (one) => ({ memory: one === 'on' }));
    case 'auto_join':
      return asRead(readAutoJoin(words));
    case 'leave_after':
      return asRead(readLeaveAfter(words));
    case 'roles':
      return asRead(readUserRoles(words));
    case 'blocked':
      return asRead(readBlocked(words));
    case 'budget_person':
    case 'budget_day':
    case 'budget_month':
      return readBudget(key, words, choices);
    case 'typed':
      return oneOf(typedModes, words, (typed) => ({ typed }));
    case 'language':
      return asRead(readLanguage(words));
    case 'languages':
      return asRead(readLanguages(words));
    case 'timezone':
      return isTimeZone(words) ? ok({ timeZone: words }) : bad;
    case 'announce':
      return oneOf(switches, words, (one) => ({ announce: one === 'on' }));
    case 'read_channel':
      return readTextChannel(words, (readChannelId) => ({ readChannelId }));
  }
}

/** Settings of a server over the defaults; a value that cannot be used any more counts as not set. */
export function settingsOf(
  set: ReadonlyMap<string, string>,
  standard: GuildSettings,
  choices: Choices,
): GuildSettings {
  let settings = standard;
  for (const key of settingKeys) {
    const value = set.get(key);
    const read = value === undefined ? bad : readSetting(key, value, choices);
    if (read.kind === 'ok') settings = { ...settings, ...read.part };
  }
  return settings;
}

/** Whether more people are heard unasked under the second rules than under the first. */
export function isLooser(before: ConsentPolicySettings, after: ConsentPolicySettings): boolean {
  const [was, is] = [policies.indexOf(before.policy), policies.indexOf(after.policy)];
  return is > was || (after.policy === 'role' && is === was && before.roleId !== after.roleId);
}

/** Text of a value, as it may be typed again. */
export function shownValue(key: SettingKey, settings: GuildSettings): string {
  switch (key) {
    case 'names':
      return settings.names.join(', ');
    case 'consent': {
      const { policy, roleId } = settings.consent;
      return policy === 'role' && roleId !== undefined ? `role ${roleId}` : policy;
    }
    case 'voice':
      return settings.voice ?? '';
    case 'dj_role':
      return settings.djRoleId ?? none;
    case 'duck_for_people':
      return onOff(settings.duckForPeople);
    case 'captions_channel':
      return settings.captionsChannelId ?? none;
    case 'captions_days':
      return `${settings.captionsDays}`;
    case 'catch_up':
      return onOff(settings.catchUp);
    case 'recap':
      return onOff(settings.recap);
    case 'memory':
      return onOff(settings.memory);
    case 'auto_join':
      return shownIds(settings.autoJoin);
    case 'roles':
      return shownIds(settings.userRoleIds);
    case 'blocked':
      return shownIds(settings.blockedIds);
    case 'budget_person':
      return shownCap(settings.personDayCap);
    case 'budget_day':
      return shownCap(settings.serverDayCap);
    case 'budget_month':
      return shownCap(settings.serverMonthCap);
    case 'leave_after':
      return shownLeaveAfter(settings);
    case 'language':
      return settings.language ?? none;
    case 'languages':
      return shownLanguages(settings);
    case 'timezone':
      return settings.timeZone;
    case 'announce':
      return onOff(settings.announce);
    case 'read_channel':
      return settings.readChannelId ?? none;
    case 'pipeline':
    case 'addressing':
    case 'cues':
    case 'typed':
    case 'instructions':
      return settings[key];
  }
}

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}

const bad = { kind: 'bad' } as const;

function readBudget(
  key: 'budget_person' | 'budget_day' | 'budget_month',
  words: string,
  { caps }: Choices,
): Read {
  const cap = readCap(words);
  if (!cap) return bad;
  const [most, part] = {
    budget_person: [caps.personDay, { personDayCap: cap }] as const,
    budget_day: [caps.serverDay, { serverDayCap: cap }] as const,
    budget_month: [caps.serverMonth, { serverMonthCap: cap }] as const,
  }[key];
  return isWithin(most, cap) ? ok(part) : { kind: 'above', cap: most };
}

function asRead(part: Partial<GuildSettings> | undefined): Read {
  return part ? ok(part) : bad;
}

function ok(part: Partial<GuildSettings>): Read {
  return { kind: 'ok', part };
}

function oneOf<T extends string>(
  all: readonly T[],
  words: string,
  as: (one: T) => Partial<GuildSettings>,
): Read {
  const found = all.find((one) => one === words.toLowerCase());
  return found === undefined ? bad : ok(as(found));
}

function readPipeline(words: string, { pipelines }: Choices): Read {
  const name = pipelineNames.find((one) => one === words.toLowerCase());
  if (name === undefined) return bad;
  return pipelines.includes(name) ? ok({ pipeline: name }) : { kind: 'missing', name };
}

function readVoice(words: string, { voices }: Choices): Read {
  const voice = words.length <= maxVoiceChars ? voiceNamed(words, voices) : undefined;
  return voice === undefined ? bad : ok({ voice });
}

function readNames(words: string): Read {
  const names = words.split(',').map((name) => name.trim());
  const fit = (name: string) => name.length <= maxNameChars && /\p{L}/u.test(name);
  return names.length <= maxNames && names.every(fit) ? ok({ names: [...new Set(names)] }) : bad;
}

/** By its id or as Discord mentions it. */
function readRole(words: string): Read {
  const [, id] = /^(?:<@&)?(\d{15,21})>?$/.exec(words) ?? [];
  if (id !== undefined) return ok({ djRoleId: id });
  return words.toLowerCase() === none ? ok({ djRoleId: undefined }) : bad;
}

/** By its id or as Discord mentions it; whether it is there shows when it is used. */
function readTextChannel(
  words: string,
  as: (id: string | undefined) => Partial<GuildSettings>,
): Read {
  const [, id] = /^(?:<#)?(\d{15,21})>?$/.exec(words) ?? [];
  if (id !== undefined) return ok(as(id));
  return words.toLowerCase() === none ? ok(as(undefined)) : bad;
}

function readDays(words: string): Read {
  const days = /^\d{1,3}$/.test(words) ? Number(words) : Number.NaN;
  return days <= maxCaptionsDays ? ok({ captionsDays: days }) : bad;
}

/** `role` alone is the role the operator has named; another one is given by its id or as Discord mentions it. */
function readConsent(words: string, { roleId }: Choices): Read {
  const [, given] = /^role\s+(?:<@&)?(\d{15,21})>?$/i.exec(words) ?? [];
  const role = given ?? roleId;
  const policy = given === undefined ? words.toLowerCase() : 'role';
  if (policy === 'ask' || policy === 'notice') return ok({ consent: { policy } });
  if (policy !== 'role') return bad;
  return role === undefined ? { kind: 'no-role' } : ok({ consent: { policy, roleId: role } });
}

/** Languages that are spoken in a server. */
type LanguageSettings = {
  /** Language of people of whom none is known, BCP 47. */
  readonly language?: string | undefined;
  /** Languages that people speak there, BCP 47; no other one is detected. Empty: any. */
  readonly languages: readonly string[];
};

const maxLanguages = 20;

/** By its name in English or in itself, or its BCP 47 tag; undefined where it is no language. */
function readLanguage(words: string): Pick<LanguageSettings, 'language'> | undefined {
  if (words.toLowerCase() === none) return { language: undefined };
  const language = languageTag(words);
  return language === undefined ? undefined : { language };
}

/** Several of them, with commas between. */
function readLanguages(words: string): Pick<LanguageSettings, 'languages'> | undefined {
  if (words.toLowerCase() === none) return { languages: [] };
  const named = words.split(',');
  if (named.length > maxLanguages) return undefined;
  const tags = named.map(languageTag);
  const languages = tags.filter((tag) => tag !== undefined);
  return languages.length < tags.length ? undefined : { languages: [...new Set(languages)] };
}

function shownLanguages({ languages }: Pick<LanguageSettings, 'languages'>): string {
  return languages.length > 0 ? languages.join(', ') : none;
}
