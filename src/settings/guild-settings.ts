import { isTimeZone } from '#src/base/zoned-time.ts';
import { consentPolicies } from '#src/people/consent.ts';
import { leaveAloneAfterMs } from '#src/people/join-rules.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { joinModes } from '#src/ports/command-ports.ts';
import { toMissingRightLine } from '#src/ports/seat-changes-by-others.ts';
import { typedModes } from '#src/ports/typed-messages.ts';
import { findVoice } from '#src/speech/voice-names.ts';
import {
  formatLanguageLabel,
  offeredLanguages,
  parseLanguageTag,
} from '#src/texts/language-names.ts';
import { type AddressingMode, addressingModes } from '#src/turn/addressing/addressing.ts';
import { describeOtherPersonas, type Persona } from './persona.ts';
import {
  badValue,
  type ConsentPolicySettings,
  defineIdListSetting,
  defineIdSetting,
  defineWordSetting,
  noHindrances,
  parseStoredValue,
  type ServerSetting,
  type SettingChoices,
  toReadValue,
} from './setting-definition.ts';

/** Word for a `leave_after` under which the bot stays in an empty channel. */
const neverWord = 'never';

/** People whom a server may block. */
const maxListedPeople = 40;
const [mostChannels, mostRoles] = [10, 20];
/** Time alone that a server may set, in s. */
const [leastAloneS, mostAloneS] = [10, 86_400];
/** Most characters of a `leave_after`, as in `86400 s`. */
const maxDurationChars = 8;

/** Voice channels the bot comes to by itself, the one preferred first. */
const autoJoinSetting: ServerSetting<readonly string[]> = {
  ...defineIdListSetting('auto_join', 'voice-channel', mostChannels, {
    group: 'settings.group.presence',
    about: 'settings.about.auto_join',
  }),
  isKnownId: (channelIds, guildId, { places }) =>
    channelIds.every((id) => places.findChannel(guildId, id) !== undefined),
  listHindrances: (channelIds, guildId, { places }) =>
    channelIds.flatMap((id) => {
      const channel = places.findChannel(guildId, id);
      const facts = channel && places.findChannelFacts(channel, '');
      if (!channel || !facts?.isCertain || (facts.mayView && facts.mayConnect)) return [];
      return [toMissingRightLine(facts.mayView ? 'no-connect' : 'no-view', channel)];
    }),
};

/** Mode of the sessions in those channels. */
const autoJoinModeSetting = defineWordSetting('auto_join_mode', joinModes, () => 'talk', {
  group: 'settings.group.presence',
  about: 'settings.about.auto_join_mode',
});

/** Roles of which a person needs one; empty: all people may. */
const userRolesSetting = defineIdListSetting('roles', 'role', mostRoles, {
  group: 'settings.group.people',
  about: 'settings.about.roles',
});

/** People who are neither heard nor answered. */
const blockedPeopleSetting = defineIdListSetting('blocked', 'person', maxListedPeople, {
  group: 'settings.group.people',
  about: 'settings.about.blocked',
});

/** Time alone, in ms, after which the bot leaves; infinite: it stays. Seconds, or as in `5m` and `2h`. */
const leaveAfterSetting: ServerSetting<number> = {
  key: 'leave_after',
  group: 'settings.group.presence',
  about: 'settings.about.leave_after',
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

/** Settings that apply in one server, and with `StoredSettings.at` in one of its voice channels. */
export type GuildSettings = ConversationValues & {
  /** Names that the bot answers to beside its name in the server. */
  readonly names: readonly string[];
  /** Persona of the bot in the voice channel: its fields count over the settings of the server. */
  readonly persona?: Persona;
  /** Value of a setting in the server, whoever the bot is. Errors: TypeError where no feature declares the setting. */
  getValue<Value>(setting: ServerSetting<Value>): Value;
};

/** Settings of the conversation itself; those of features are read with `of`. */
type ConversationValues = {
  readonly [Field in keyof ConversationSettings]: ReturnType<
    ConversationSettings[Field]['getDefault']
  >;
};
type ConversationSettings = typeof conversationSettings;

/** Settings of one server, as they were typed; `isRead` once the store was read. */
export type StoredGuildSettings = {
  readonly set: ReadonlyMap<string, string>;
  readonly isRead: boolean;
};

export const maxInstructionsChars = 1_000;
const maxVoiceChars = 64;
/** Longer than any name of IANA. */
const maxZoneChars = 64;
const maxLanguages = 20;

const pipelineSetting: ServerSetting<PipelineName> = {
  key: 'pipeline',
  group: 'settings.group.answers',
  about: 'settings.about.pipeline',
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

const addressingSetting: ServerSetting<AddressingMode> = {
  ...defineWordSetting('addressing', addressingModes, ({ defaults }) => defaults.addressing, {
    group: 'settings.group.answers',
    about: 'settings.about.addressing',
  }),
  operator: 'ADDRESSING',
};

/** Who the bot is and how it talks. */
const instructionsSetting: ServerSetting<string> = {
  key: 'instructions',
  group: 'settings.group.bot',
  about: 'settings.about.instructions',
  inputs: [{ kind: 'typed', maxChars: maxInstructionsChars, isLong: true }],
  operator: 'BOT_INSTRUCTIONS',
  listElsewhere: describeOtherPersonas('instructions'),
  getDefault: ({ defaults }) => defaults.style.instructions,
  parse: (words) =>
    words.length > 0 && words.length <= maxInstructionsChars ? toReadValue(words) : badValue,
  format: (words) => words,
  listValues: () => [],
};

/** Undefined: the engine's own. */
const voiceSetting: ServerSetting<string | undefined> = {
  key: 'voice',
  group: 'settings.group.bot',
  about: 'settings.about.voice',
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
  loadValues: ({ voices }) => voices.load(),
};

/** Role whose members may change everybody's sounds. */
const djRoleSetting = defineIdSetting('dj_role', 'role', {
  group: 'settings.group.sounds',
  about: 'settings.about.dj_role',
});

/** `role` alone is the role the operator has named; another one is given by its id or as Discord mentions it. */
const consentSetting: ServerSetting<ConsentPolicySettings> = {
  key: 'consent',
  group: 'settings.group.people',
  about: 'settings.about.consent',
  inputs: [{ kind: 'one-of' }, { kind: 'role', most: 1, before: 'role ' }],
  operator: 'CONSENT_POLICY',
  getDefault: ({ defaults }) => defaults.consent,
  unread: { policy: 'ask' },
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

/** Whether more people are heard unasked under the second rules than under the first. */
export function isLooser(before: ConsentPolicySettings, after: ConsentPolicySettings): boolean {
  const [was, is] = [consentPolicies.indexOf(before.policy), consentPolicies.indexOf(after.policy)];
  return is > was || (after.policy === 'role' && is === was && before.roleId !== after.roleId);
}

/** Form of answers to questions typed in the chat of the voice channel. */
const typedModeSetting = defineWordSetting('typed', typedModes, () => 'voice', {
  group: 'settings.group.answers',
  about: 'settings.about.typed',
});

/** Language of people of whom none is known, BCP 47. */
const languageSetting: ServerSetting<string | undefined> = {
  key: 'language',
  group: 'settings.group.language',
  about: 'settings.about.language',
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

/** Languages that people speak there, BCP 47; no other one is detected. Empty: any. */
const languagesSetting: ServerSetting<readonly string[]> = {
  key: 'languages',
  group: 'settings.group.language',
  about: 'settings.about.languages',
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

/** IANA name of the zone of times of day. */
const timeZoneSetting: ServerSetting<string> = {
  key: 'timezone',
  group: 'settings.group.language',
  about: 'settings.about.timezone',
  inputs: [{ kind: 'typed', maxChars: maxZoneChars }],
  getDefault: ({ defaults }) => defaults.timeZone,
  parse: (words) => (isTimeZone(words) ? toReadValue(words) : badValue),
  format: (name) => name,
  listValues: () => Intl.supportedValuesOf('timeZone'),
};

/** Text channel whose lines are read out; undefined: none. Whether it is there shows when it is used. */
const readChannelSetting: ServerSetting<ChannelId | undefined> = {
  ...defineIdSetting('read_channel', 'text-channel', {
    group: 'settings.group.sounds',
    about: 'settings.about.read_channel',
  }),
  listHindrances: (channelId, _guildId, { mayReadMessages }) =>
    channelId === undefined || mayReadMessages ? [] : [{ id: 'read.hidden' }],
};

/** Cap a day of a server below that of the operator, in billionths of a dollar; 0: the operator's alone. */
const serverDayCapSetting: ServerSetting<number> = {
  key: 'budget_day',
  group: 'settings.group.answers',
  about: 'settings.about.budget_day',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: 12 }],
  getDefault: () => 0,
  parse(words, { caps: { serverDay } }) {
    if (words.toLowerCase() === noHindrances) return toReadValue(0);
    const [, usd] = /^\$?(\d{1,6}(?:\.\d{1,4})?)$/.exec(words) ?? [];
    const nanoUsd = Math.round(Number(usd ?? 0) * 1e9);
    if (nanoUsd === 0) return badValue;
    const isWithin = serverDay === 0 || nanoUsd <= serverDay;
    if (isWithin) return toReadValue(nanoUsd);
    return { kind: 'bad', why: { id: 'settings.cap', with: { cap: formatCap(serverDay) } } };
  },
  format: formatCap,
  /** The most that may be set is among them. */
  listValues: ({ caps: { serverDay } }) => [...new Set([noHindrances, formatCap(serverDay)])],
};

/** Settings of the conversation. A new one is a record and a line here; those of a feature are in its `settings`. */
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

/** Values of all settings in a server. */
export function readGuildSettings(
  all: readonly ServerSetting[],
  stored: StoredGuildSettings,
  choices: SettingChoices,
): GuildSettings {
  const values = new Map(all.map((one) => [one, readStoredValue(one, stored, choices)]));
  const getValue = <Value>(setting: ServerSetting<Value>) => values.get(setting) as Value; // this record has read it
  const fields = Object.entries(conversationSettings).map(([field, one]) => [
    field,
    values.get(one),
  ]);
  const { names } = choices.defaults;
  return { ...(Object.fromEntries(fields) as ConversationValues), names, getValue };
}

/** A stored value that cannot be used any more counts as not set. */
function readStoredValue<Value>(
  setting: ServerSetting<Value>,
  { set, isRead }: StoredGuildSettings,
  choices: SettingChoices,
): Value {
  const words = set.get(setting.key);
  if (words === undefined && !isRead && setting.unread !== undefined) return setting.unread;
  const read = words === undefined ? badValue : parseStoredValue(setting, words, choices);
  return read.kind === 'ok' ? read.value : setting.getDefault(choices);
}

/** Text of a cap, as it may be typed again. */
function formatCap(nanoUsd: number): string {
  return nanoUsd > 0 ? `$${nanoUsd / 1e9}` : noHindrances;
}
