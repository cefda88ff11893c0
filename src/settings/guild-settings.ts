import type { ChannelId } from '#src/base/ids.ts';
import { isTimeZone } from '#src/base/zoned-time.ts';
import { consentPolicies } from '#src/people/consent.ts';
import { leaveAloneAfterMs } from '#src/people/join-rules.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { joinModes } from '#src/ports/command-ports.ts';
import { typedModes } from '#src/ports/typed-messages.ts';
import { toMissingRightLine } from '#src/ports/voice-link.ts';
import { findVoice } from '#src/speech/voice-names.ts';
import {
  formatLanguageLabel,
  offeredLanguages,
  parseLanguageTag,
} from '#src/texts/language-names.ts';
import { addressingModes } from '#src/turn/addressing/addressing.ts';
import { describeOtherPersonas, type Persona } from './persona.ts';
import {
  badValue,
  type ConsentPolicySettings,
  defineIdListSetting,
  defineIdSetting,
  defineWordSetting,
  type GetSettingValue,
  noHindrances,
  parseStoredValue,
  type ServerSetting,
  type SettingChoices,
  toReadValue,
} from './setting-definition.ts';

/** With this `leave_after` the bot stays in an empty channel. */
const neverWord = 'never';

const maxListedPeople = 40;
const [mostChannels, mostRoles] = [10, 20];
const [leastAloneS, mostAloneS] = [10, 86_400];
/** As in `86400 s`. */
const maxDurationChars = 8;

/** The preferred channel is first. */
const autoJoinSetting: ServerSetting<readonly string[]> = {
  ...defineIdListSetting(
    'auto_join',
    'voice-channel',
    mostChannels,
    'settings.group.presence',
  ),
  outside: {
    isKnownId: (channelIds, guildId, { places }) =>
      channelIds.every((id) => places.findChannel(guildId, id) !== undefined),
    listHindrances: (channelIds, guildId, { places }) =>
      channelIds.flatMap((id) => {
        const channel = places.findChannel(guildId, id);
        const facts = channel && places.findChannelFacts(channel, '');
        if (!channel || !facts?.isCertain || (facts.mayView && facts.mayConnect))
          return [];
        return [toMissingRightLine(facts.mayView ? 'no-connect' : 'no-view', channel)];
      }),
  },
};

const autoJoinModeSetting = defineWordSetting(
  'auto_join_mode',
  joinModes,
  () => 'talk',
  'settings.group.presence',
);

/** Empty lets everybody in. */
const userRolesSetting = defineIdListSetting(
  'roles',
  'role',
  mostRoles,
  'settings.group.people',
);

const blockedPeopleSetting = defineIdListSetting(
  'blocked',
  'person',
  maxListedPeople,
  'settings.group.people',
);

/** Typed in seconds, or as `5m` and `2h`. Infinity means the bot stays. */
const leaveAfterSetting: ServerSetting<number> = {
  key: 'leave_after',
  group: 'settings.group.presence',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: maxDurationChars }],
  getDefault: () => leaveAloneAfterMs,
  parse(words) {
    if (words.toLowerCase() === neverWord) return toReadValue(Number.POSITIVE_INFINITY);
    const [, digits = '', unit = 's'] = /^(\d{1,5})\s*([smh]?)$/i.exec(words) ?? [];
    const seconds = Number(digits) * (secondsByUnit[unit.toLowerCase()] ?? 1);
    const isFit = digits !== '' && seconds >= leastAloneS && seconds <= mostAloneS;
    return isFit ? toReadValue(seconds * 1_000) : badValue;
  },
  format: (ms) => (Number.isFinite(ms) ? `${ms / 1_000}` : neverWord),
  listValues: () => ['30', '60', '5m', '1h', neverWord],
};

const secondsByUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Settings of a server, or with `StoredSettings.getForChannel` of one of its voice channels. */
export type GuildSettings = ConversationValues & {
  /** Further names of the bot in the server. */
  readonly names: readonly string[];
  /** Fields of the persona override the settings of the server. */
  readonly persona?: Persona;
  readonly getValue: GetSettingValue;
};

type ConversationValues = {
  readonly [Field in keyof ConversationSettings]: ReturnType<
    ConversationSettings[Field]['getDefault']
  >;
};
type ConversationSettings = typeof conversationSettings;

export type StoredGuildSettings = {
  readonly set: ReadonlyMap<string, string>;
  readonly isLoaded: boolean;
};

export const maxInstructionsChars = 1_000;
const maxVoiceChars = 64;
/** Longer than any IANA name. */
const maxZoneChars = 64;
const maxLanguages = 20;

const pipelineSetting: ServerSetting<PipelineName> = {
  key: 'pipeline',
  group: 'settings.group.answers',
  inputs: [{ kind: 'one-of' }],
  operator: 'PIPELINE',
  getDefault: ({ pipelines: { names } }) => names[0] ?? 'chained',
  parse(words, { pipelines }) {
    const name = pipelineNames.find((one) => one === words.toLowerCase());
    if (name === undefined) return badValue;
    if (pipelines.names.includes(name)) return toReadValue(name);
    return { kind: 'bad', why: { id: 'settings.missing', with: { pipeline: name } } };
  },
  format: (name) => name,
  listValues: ({ pipelines }) => pipelines.names,
};

const addressingSetting = {
  ...defineWordSetting(
    'addressing',
    addressingModes,
    ({ defaults }) => defaults.addressing,
    'settings.group.answers',
  ),
  operator: 'ADDRESSING',
};

const instructionsSetting: ServerSetting<string> = {
  key: 'instructions',
  group: 'settings.group.bot',
  inputs: [{ kind: 'typed', maxChars: maxInstructionsChars, isLong: true }],
  operator: 'BOT_INSTRUCTIONS',
  listElsewhere: describeOtherPersonas('instructions'),
  getDefault: ({ defaults }) => defaults.style.instructions,
  parse: (words) =>
    words.length > 0 && words.length <= maxInstructionsChars
      ? toReadValue(words)
      : badValue,
  format: (words) => words,
  listValues: () => [],
};

/** Undefined means the voice of the engine. */
const voiceSetting: ServerSetting<string | undefined> = {
  key: 'voice',
  group: 'settings.group.bot',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: maxVoiceChars }],
  operator: 'SPEECH_VOICE',
  listElsewhere: describeOtherPersonas('voice'),
  getDefault: ({ defaults }) => defaults.style.voice.name,
  parse(words, { voices }) {
    const name = words.length <= maxVoiceChars ? findVoice(words, voices) : undefined;
    return name === undefined ? badValue : toReadValue(name);
  },
  format: (name = '') => name,
  listValues: ({ knownVoices }) => knownVoices,
  outside: { loadValues: ({ voices }) => voices.loadNames() },
};

const djRoleSetting = defineIdSetting('dj_role', 'role', 'settings.group.sounds');

/** `role` alone means the role of the operator. */
const consentSetting: ServerSetting<ConsentPolicySettings> = {
  key: 'consent',
  group: 'settings.group.people',
  inputs: [{ kind: 'one-of' }, { kind: 'role', most: 1, before: 'role ' }],
  operator: 'CONSENT_POLICY',
  getDefault: ({ defaults }, isLoaded) =>
    isLoaded ? defaults.consent : { policy: 'ask' },
  parse(words, { defaults }) {
    const [, given] = /^role\s+(?:<@&)?(\d{15,21})>?$/i.exec(words) ?? [];
    const roleId = given ?? defaults.consent.roleId;
    const policy = given === undefined ? words.toLowerCase() : 'role';
    if (policy === 'ask' || policy === 'notice') return toReadValue({ policy });
    if (policy !== 'role') return badValue;
    return roleId === undefined
      ? { kind: 'bad', why: { id: 'settings.no_role' } }
      : toReadValue({ policy, roleId });
  },
  format: ({ policy, roleId }) =>
    policy === 'role' && roleId !== undefined ? `role ${roleId}` : policy,
  listValues: () => consentPolicies,
};

/** Tests whether new rules hear more people unasked. */
export function isLooser(
  before: ConsentPolicySettings,
  after: ConsentPolicySettings,
): boolean {
  const [was, is] = [
    consentPolicies.indexOf(before.policy),
    consentPolicies.indexOf(after.policy),
  ];
  return (
    is > was ||
    (after.policy === 'role' && is === was && before.roleId !== after.roleId)
  );
}

const typedModeSetting = defineWordSetting(
  'typed',
  typedModes,
  () => 'voice',
  'settings.group.answers',
);

/** BCP 47. Counts for people without a language of their own. */
const languageSetting: ServerSetting<string | undefined> = {
  key: 'language',
  group: 'settings.group.language',
  inputs: [{ kind: 'language', most: 1 }],
  getDefault: () => undefined,
  parse(words) {
    if (words.toLowerCase() === noHindrances) return toReadValue(undefined);
    const tag = parseLanguageTag(words);
    return tag === undefined ? badValue : toReadValue(tag);
  },
  format: (tag = noHindrances) => tag,
  listValues: () => [noHindrances, ...offeredLanguages.map(formatLanguageLabel)],
};

/** BCP 47. No other language is detected, and an empty list means any. */
const languagesSetting: ServerSetting<readonly string[]> = {
  key: 'languages',
  group: 'settings.group.language',
  inputs: [{ kind: 'language', most: maxLanguages }],
  getDefault: () => [],
  parse(words) {
    if (words.toLowerCase() === noHindrances) return toReadValue([]);
    const named = words.split(',');
    if (named.length > maxLanguages) return badValue;
    const tags = named.map(parseLanguageTag).filter((tag) => tag !== undefined);
    return tags.length < named.length ? badValue : toReadValue([...new Set(tags)]);
  },
  format: (tags) => (tags.length > 0 ? tags.join(', ') : noHindrances),
  listValues: () => [noHindrances],
};

/** IANA name. */
const timeZoneSetting: ServerSetting<string> = {
  key: 'timezone',
  group: 'settings.group.language',
  inputs: [{ kind: 'typed', maxChars: maxZoneChars }],
  getDefault: ({ defaults }) => defaults.timeZone,
  parse: (words) => (isTimeZone(words) ? toReadValue(words) : badValue),
  format: (name) => name,
  listValues: () => Intl.supportedValuesOf('timeZone'),
};

/** The channel is looked up only when a line comes. */
const readChannelSetting: ServerSetting<ChannelId | undefined> = {
  ...defineIdSetting('read_channel', 'text-channel', 'settings.group.sounds'),
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
  parse(words, { caps: { serverDay } }) {
    if (words.toLowerCase() === noHindrances) return toReadValue(0);
    const [, usd] = /^\$?(\d{1,6}(?:\.\d{1,4})?)$/.exec(words) ?? [];
    const nanoUsd = Math.round(Number(usd ?? 0) * 1e9);
    if (nanoUsd === 0) return badValue;
    const isWithin = serverDay === 0 || nanoUsd <= serverDay;
    if (isWithin) return toReadValue(nanoUsd);
    return {
      kind: 'bad',
      why: { id: 'settings.cap', with: { cap: formatCap(serverDay) } },
    };
  },
  format: formatCap,
  /** The highest allowed value is in the list. */
  listValues: ({ caps: { serverDay } }) => [
    ...new Set([noHindrances, formatCap(serverDay)]),
  ],
};

/**
 * Settings of the conversation. A new one is a record and a line here, and a feature's
 * own in `settings`.
 */
export const conversationSettings = {
  pipeline: pipelineSetting,
  addressing: addressingSetting,
  instructions: instructionsSetting,
  voice: voiceSetting,
  djRoleId: djRoleSetting,
  consent: consentSetting,
  autoJoin: autoJoinSetting,
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

export function readGuildSettings(
  all: readonly ServerSetting[],
  stored: StoredGuildSettings,
  choices: SettingChoices,
): GuildSettings {
  const values = new Map(
    all.map((one) => [one, readStoredValue(one, stored, choices)]),
  );
  const getValue = <Value>(setting: ServerSetting<Value>) =>
    values.get(setting) as Value; // this record has read it
  const fields = Object.entries(conversationSettings).map(([field, one]) => [
    field,
    values.get(one),
  ]);
  const { names } = choices.defaults;
  return { ...(Object.fromEntries(fields) as ConversationValues), names, getValue };
}

/** Parses a stored value. An unusable one counts as not set. */
function readStoredValue<Value>(
  setting: ServerSetting<Value>,
  { set, isLoaded }: StoredGuildSettings,
  choices: SettingChoices,
) {
  const words = set.get(setting.key);
  const read =
    words === undefined ? badValue : parseStoredValue(setting, words, choices);
  return read.kind === 'ok' ? read.value : setting.getDefault(choices, isLoaded);
}

function formatCap(nanoUsd: number) {
  return nanoUsd > 0 ? `$${nanoUsd / 1e9}` : noHindrances;
}
