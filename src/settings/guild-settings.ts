import {
  type ChannelId,
  nobody,
  type PersonId,
  type RoleId,
  toRoleId,
} from '#src/base/ids.ts';
import { isTimeZone } from '#src/base/zoned-time.ts';
import { consentPolicies } from '#src/people/consent.ts';
import { leaveAloneAfterMs } from '#src/people/join-rules.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { type JoinMode, joinModes } from '#src/ports/command-ports.ts';
import type { SettingTexts } from '#src/ports/stores.ts';
import { typedModes } from '#src/ports/typed-messages.ts';
import { toMissingRightLine } from '#src/ports/voice-link.ts';
import { findVoice } from '#src/speech/speech-engine.ts';
import {
  formatLanguageLabel,
  offeredLanguages,
  parseLanguageTag,
} from '#src/texts/language-names.ts';
import {
  type AddressingMode,
  addressingModes,
} from '#src/turn/addressing/addressing.ts';
import { type Persona, personaLimits } from './persona.ts';
import {
  badValue,
  type ConsentPolicySettings,
  defineIdListSetting,
  defineIdSetting,
  defineSwitchSetting,
  defineWordSetting,
  type GetSettingValue,
  noHindrances,
  type ServerSetting,
  toReadValue,
} from './setting-definition.ts';

/** With this `leave_after` the bot stays in an empty channel. */
const neverWord = 'never';

const maxListedPeople = 40;
const [maxChannels, maxRoles] = [10, 20];
const [minAloneS, maxAloneS] = [10, 86_400];
/** As in `86400 s`. */
const maxDurationChars = 8;

/** The preferred channel is first. */
const autoJoinSetting: ServerSetting<readonly ChannelId[]> = {
  ...defineIdListSetting(
    'auto_join',
    'voice-channel',
    maxChannels,
    'settings.group.presence',
  ),
  restored: 'copied',
  outside: {
    isKnownId: (channelIds, guildId, { places }) =>
      channelIds.every((id) => places.findChannel(guildId, id) !== undefined),
    listHindrances: (channelIds, guildId, { places }) =>
      channelIds.flatMap((id) => {
        const channel = places.findChannel(guildId, id);
        const facts = channel && places.findChannelFacts(channel, nobody);
        if (!channel || !facts?.isCertain || (facts.mayView && facts.mayConnect))
          return [];
        return [toMissingRightLine(facts.mayView ? 'no-connect' : 'no-view', channel)];
      }),
  },
};

/** A voice channel counts as one of `auto_join` while a scheduled event of the server runs there. */
const joinEventsSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('join_events', 'settings.group.presence'),
  restored: 'present',
};

const autoJoinModeSetting: ServerSetting<JoinMode> = {
  ...defineWordSetting(
    'auto_join_mode',
    joinModes,
    () => 'talk',
    'settings.group.presence',
  ),
  restored: 'copied',
};

/** Empty lets everybody in. */
const userRolesSetting: ServerSetting<readonly RoleId[]> = {
  ...defineIdListSetting('roles', 'role', maxRoles, 'settings.group.people'),
  restored: { choose: chooseUserRoles },
};

function chooseUserRoles(copied: readonly RoleId[], present: readonly RoleId[]) {
  if (copied.length === 0) return present;
  if (present.length === 0) return copied;
  const common = present.filter((roleId) => copied.includes(roleId));
  // An empty list would let everybody in.
  return common.length > 0 ? common : present;
}

const blockedPeopleSetting: ServerSetting<readonly PersonId[]> = {
  ...defineIdListSetting('blocked', 'person', maxListedPeople, 'settings.group.people'),
  restored: {
    choose: (copied, present) =>
      [...new Set([...present, ...copied])].slice(0, maxListedPeople),
  },
};

/** Typed in seconds, or as `5m` and `2h`. Infinity means the bot stays. */
const leaveAfterSetting: ServerSetting<number> = {
  key: 'leave_after',
  group: 'settings.group.presence',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: maxDurationChars }],
  perChannel: true,
  getDefault: () => leaveAloneAfterMs,
  parseValue(typed) {
    if (typed.toLowerCase() === neverWord) return toReadValue(Number.POSITIVE_INFINITY);
    const [, digits = '', unit = 's'] = /^(\d{1,5})\s*([smh]?)$/i.exec(typed) ?? [];
    const seconds = Number(digits) * (secondsByUnit[unit.toLowerCase()] ?? 1);
    const isFit = digits !== '' && seconds >= minAloneS && seconds <= maxAloneS;
    return isFit ? toReadValue(seconds * 1_000) : badValue;
  },
  formatValue: (ms) => (Number.isFinite(ms) ? `${ms / 1_000}` : neverWord),
  listValues: () => ['30', '60', '5m', '1h', neverWord],
  restored: 'copied',
};

const secondsByUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Settings of a server, or with `getForChannel` of one of its voice channels. */
export type GuildSettings = ConversationValues & {
  /** Further names of the bot in the server. */
  readonly names: readonly string[];
  /** Fields of the persona override the settings of the server. */
  readonly persona?: Persona;
  /** Returns the value of any setting, also of a feature. */
  readonly getValue: GetSettingValue;
};

/** Values of the settings of the conversation. Each setting explains its values. */
export type ConversationValues = {
  readonly pipeline: PipelineName;
  readonly addressing: AddressingMode;
  readonly instructions: string;
  readonly voice: string | undefined;
  readonly djRoleId: RoleId | undefined;
  readonly consent: ConsentPolicySettings;
  readonly autoJoin: readonly ChannelId[];
  readonly joinsEvents: boolean;
  readonly autoJoinMode: JoinMode;
  readonly leaveAfterMs: number;
  readonly userRoleIds: readonly RoleId[];
  readonly blockedIds: readonly PersonId[];
  readonly serverDayCap: number;
  readonly typed: (typeof typedModes)[number];
  readonly language: string | undefined;
  readonly languages: readonly string[];
  readonly timeZone: string;
  readonly readChannelId: ChannelId | undefined;
};

/** Stored settings of a server and of its voice channels, as texts by key. */
export type StoredGuildSettings = {
  readonly values: SettingTexts;
  readonly channels: ReadonlyMap<ChannelId, SettingTexts>;
  readonly isLoaded: boolean;
};

export const maxInstructionsChars: number = personaLimits.instructions;
const maxVoiceChars = 64;
/** Longer than any IANA name. */
const maxZoneChars = 64;
const maxLanguages = 20;

const pipelineSetting: ServerSetting<PipelineName> = {
  key: 'pipeline',
  group: 'settings.group.answers',
  inputs: [{ kind: 'one-of' }],
  operator: 'PIPELINE',
  perChannel: true,
  getDefault: ({ pipelines: { names } }) => names[0] ?? 'chained',
  parseValue(typed, { pipelines }) {
    const name = pipelineNames.find((pipeline) => pipeline === typed.toLowerCase());
    if (name === undefined) return badValue;
    if (pipelines.names.includes(name)) return toReadValue(name);
    return { kind: 'bad', why: { id: 'settings.missing', with: { pipeline: name } } };
  },
  formatValue: (name) => name,
  listValues: ({ pipelines }) => pipelines.names,
  restored: 'copied',
};

const addressingSetting: ServerSetting<AddressingMode> = {
  ...defineWordSetting(
    'addressing',
    addressingModes,
    ({ defaults }) => defaults.addressing,
    'settings.group.answers',
  ),
  operator: 'ADDRESSING',
  perChannel: true,
  restored: 'copied',
};

const instructionsSetting: ServerSetting<string> = {
  key: 'instructions',
  group: 'settings.group.bot',
  inputs: [{ kind: 'typed', maxChars: maxInstructionsChars, isLong: true }],
  operator: 'BOT_INSTRUCTIONS',
  perChannel: true,
  getDefault: ({ defaults }) => defaults.style.instructions,
  parseValue: (typed) =>
    typed.length > 0 && typed.length <= maxInstructionsChars
      ? toReadValue(typed)
      : badValue,
  formatValue: (instructions) => instructions,
  listValues: () => [],
  restored: 'copied',
};

/** Undefined means the voice of the engine. */
const voiceSetting: ServerSetting<string | undefined> = {
  key: 'voice',
  group: 'settings.group.bot',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: maxVoiceChars }],
  operator: 'SPEECH_VOICE',
  perChannel: true,
  getDefault: ({ defaults }) => defaults.style.voice.name,
  parseValue(typed, { voices }) {
    const name = typed.length <= maxVoiceChars ? findVoice(typed, voices) : undefined;
    return name === undefined ? badValue : toReadValue(name);
  },
  formatValue: (name = '') => name,
  listValues: ({ knownVoices }) => knownVoices,
  restored: 'copied',
  outside: { loadValues: ({ voices }) => voices.loadNames() },
};

const djRoleSetting: ServerSetting<RoleId | undefined> = {
  ...defineIdSetting('dj_role', 'role', 'settings.group.sounds'),
  restored: 'copied',
};

/** `role` alone means the role of the operator. */
const consentSetting: ServerSetting<ConsentPolicySettings> = {
  key: 'consent',
  group: 'settings.group.people',
  inputs: [{ kind: 'one-of' }, { kind: 'role', max: 1, before: 'role ' }],
  operator: 'CONSENT_POLICY',
  getDefault: ({ defaults }, isLoaded) =>
    isLoaded ? defaults.consent : { policy: 'ask' },
  parseValue(typed, { defaults }) {
    const [, typedRoleId] = /^role\s+(?:<@&)?(\d{15,21})>?$/i.exec(typed) ?? [];
    const roleId =
      typedRoleId === undefined ? defaults.consent.roleId : toRoleId(typedRoleId);
    const policy = typedRoleId === undefined ? typed.toLowerCase() : 'role';
    if (policy === 'ask' || policy === 'notice') return toReadValue({ policy });
    if (policy !== 'role') return badValue;
    return roleId === undefined
      ? { kind: 'bad', why: { id: 'settings.no_role' } }
      : toReadValue({ policy, roleId });
  },
  formatValue: ({ policy, roleId }) =>
    policy === 'role' && roleId !== undefined ? `role ${roleId}` : policy,
  listValues: () => consentPolicies,
  restored: {
    choose: (copied, present) => (isLooser(present, copied) ? present : copied),
  },
};

/** Tests whether new rules hear more people unasked. */
export function isLooser(
  formerRules: ConsentPolicySettings,
  nextRules: ConsentPolicySettings,
): boolean {
  const [formerRank, nextRank] = [
    consentPolicies.indexOf(formerRules.policy),
    consentPolicies.indexOf(nextRules.policy),
  ];
  return (
    nextRank > formerRank ||
    (nextRules.policy === 'role' &&
      nextRank === formerRank &&
      formerRules.roleId !== nextRules.roleId)
  );
}

const typedModeSetting: ServerSetting<ConversationValues['typed']> = {
  ...defineWordSetting('typed', typedModes, () => 'voice', 'settings.group.answers'),
  perChannel: true,
  restored: 'copied',
};

/** BCP 47. Counts for people without a language of their own. */
const languageSetting: ServerSetting<string | undefined> = {
  key: 'language',
  group: 'settings.group.language',
  inputs: [{ kind: 'language', max: 1 }],
  perChannel: true,
  getDefault: () => undefined,
  parseValue(typed) {
    if (typed.toLowerCase() === noHindrances) return toReadValue(undefined);
    const tag = parseLanguageTag(typed);
    return tag === undefined ? badValue : toReadValue(tag);
  },
  formatValue: (tag = noHindrances) => tag,
  listValues: () => [noHindrances, ...offeredLanguages.map(formatLanguageLabel)],
  restored: 'copied',
};

/** BCP 47. No other language is detected, and an empty list means any. */
const languagesSetting: ServerSetting<readonly string[]> = {
  key: 'languages',
  group: 'settings.group.language',
  inputs: [{ kind: 'language', max: maxLanguages }],
  perChannel: true,
  getDefault: () => [],
  parseValue(typed) {
    if (typed.toLowerCase() === noHindrances) return toReadValue([]);
    const names = typed.split(',');
    if (names.length > maxLanguages) return badValue;
    const tags = names.map(parseLanguageTag).filter((tag) => tag !== undefined);
    return tags.length < names.length ? badValue : toReadValue([...new Set(tags)]);
  },
  formatValue: (tags) => (tags.length > 0 ? tags.join(', ') : noHindrances),
  listValues: () => [noHindrances],
  restored: 'copied',
};

/** IANA name. */
const timeZoneSetting: ServerSetting<string> = {
  key: 'timezone',
  group: 'settings.group.language',
  inputs: [{ kind: 'typed', maxChars: maxZoneChars }],
  getDefault: ({ defaults }) => defaults.timeZone,
  parseValue: (typed) => (isTimeZone(typed) ? toReadValue(typed) : badValue),
  formatValue: (name) => name,
  listValues: () => Intl.supportedValuesOf('timeZone'),
  restored: 'copied',
};

/** The channel is looked up only when a line comes. */
const readChannelSetting: ServerSetting<ChannelId | undefined> = {
  ...defineIdSetting('read_channel', 'text-channel', 'settings.group.sounds'),
  restored: 'present',
  outside: {
    listHindrances: (channelId, _guildId, { mayReadMessages }) =>
      channelId === undefined || mayReadMessages ? [] : [{ id: 'read.hidden' }],
  },
};

/** In billionths of a dollar. 0 leaves the cap of the operator. */
const serverDayCapSetting: ServerSetting<number> = {
  key: 'budget_day',
  group: 'settings.group.answers',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: 12 }],
  getDefault: () => 0,
  parseValue(typed, { caps: { serverDay } }) {
    if (typed.toLowerCase() === noHindrances) return toReadValue(0);
    const [, usd] = /^\$?(\d{1,6}(?:\.\d{1,4})?)$/.exec(typed) ?? [];
    const nanoUsd = Math.round(Number(usd ?? 0) * 1e9);
    if (nanoUsd === 0) return badValue;
    const isWithin = serverDay === 0 || nanoUsd <= serverDay;
    if (isWithin) return toReadValue(nanoUsd);
    return {
      kind: 'bad',
      why: { id: 'settings.cap', with: { cap: formatCap(serverDay) } },
    };
  },
  formatValue: formatCap,
  // The highest allowed value is in the list.
  listValues: ({ caps: { serverDay } }) => [
    ...new Set([noHindrances, formatCap(serverDay)]),
  ],
  restored: 'copied',
};

/**
 * Settings of the conversation. A new one is a record and a line here, and a feature's
 * own in `settings`.
 */
export const conversationSettings: {
  readonly [Field in keyof ConversationValues]: ServerSetting<
    ConversationValues[Field]
  >;
} = {
  pipeline: pipelineSetting,
  addressing: addressingSetting,
  instructions: instructionsSetting,
  voice: voiceSetting,
  djRoleId: djRoleSetting,
  consent: consentSetting,
  autoJoin: autoJoinSetting,
  joinsEvents: joinEventsSetting,
  autoJoinMode: autoJoinModeSetting,
  leaveAfterMs: leaveAfterSetting,
  userRoleIds: userRolesSetting,
  blockedIds: blockedPeopleSetting,
  serverDayCap: serverDayCapSetting,
  typed: typedModeSetting,
  language: languageSetting,
  languages: languagesSetting,
  timeZone: timeZoneSetting,
  readChannelId: readChannelSetting,
};

function formatCap(nanoUsd: number) {
  return nanoUsd > 0 ? `$${nanoUsd / 1e9}` : noHindrances;
}
