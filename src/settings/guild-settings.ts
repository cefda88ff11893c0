import { isTimeZone } from '#src/base/zoned-time.ts';
import { consentPolicies } from '#src/people/consent.ts';
import { aloneMs } from '#src/people/join-rules.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { joinModes } from '#src/ports/command-ports.ts';
import { missingRight } from '#src/ports/seat-changes-by-others.ts';
import { typedModes } from '#src/ports/typed-messages.ts';
import { voiceNamed } from '#src/speech/voice-names.ts';
import { languageLabel, languageTag, offeredLanguages } from '#src/texts/language-names.ts';
import { type AddressingMode, addressingModes } from '#src/turn/addressing/addressing.ts';
import { type Persona, personasElsewhere } from './persona.ts';
import {
  bad,
  type Choices,
  type ConsentPolicySettings,
  idSetting,
  idsSetting,
  none,
  ok,
  readStored,
  type ServerSetting,
  wordSetting,
} from './setting-definition.ts';

/** Word for a `leave_after` under which the bot stays in an empty channel. */
const never = 'never';

/** People whom a server may block. */
const mostPeople = 40;
const [mostChannels, mostRoles] = [10, 20];
/** Time alone that a server may set, in s. */
const [leastAloneS, mostAloneS] = [10, 86_400];
/** Most characters of a `leave_after`, as in `86400 s`. */
const maxDurationChars = 8;

/** Voice channels the bot comes to by itself, the one preferred first. */
const autoJoin: ServerSetting<readonly string[]> = {
  ...idsSetting('auto_join', 'voice-channel', mostChannels, {
    group: 'settings.group.presence',
    about: 'settings.about.auto_join',
  }),
  exists: (channelIds, guildId, { places }) =>
    channelIds.every((id) => places.channel(guildId, id) !== undefined),
  hindrances: (channelIds, guildId, { places }) =>
    channelIds.flatMap((id) => {
      const channel = places.channel(guildId, id);
      const facts = channel && places.facts(channel, '');
      if (!channel || !facts?.certain || (facts.mayView && facts.mayConnect)) return [];
      return [missingRight(facts.mayView ? 'no-connect' : 'no-view', channel)];
    }),
};

/** Mode of the sessions in those channels. */
const autoJoinMode = wordSetting('auto_join_mode', joinModes, () => 'talk', {
  group: 'settings.group.presence',
  about: 'settings.about.auto_join_mode',
});

/** Roles of which a person needs one; empty: all people may. */
const userRoleIds = idsSetting('roles', 'role', mostRoles, {
  group: 'settings.group.people',
  about: 'settings.about.roles',
});

/** People who are neither heard nor answered. */
const blockedIds = idsSetting('blocked', 'person', mostPeople, {
  group: 'settings.group.people',
  about: 'settings.about.blocked',
});

/** Time alone, in ms, after which the bot leaves; infinite: it stays. Seconds, or as in `5m` and `2h`. */
const leaveAfterMs: ServerSetting<number> = {
  key: 'leave_after',
  group: 'settings.group.presence',
  about: 'settings.about.leave_after',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: maxDurationChars }],
  standard: () => aloneMs,
  read(words) {
    if (words.toLowerCase() === never) return ok(Number.POSITIVE_INFINITY);
    const [, digits = '', unit = 's'] = /^(\d{1,5})\s*([smh]?)$/i.exec(words) ?? [];
    const seconds = Number(digits) * (secondsOf[unit.toLowerCase()] ?? 1);
    const isFit = digits !== '' && seconds >= leastAloneS && seconds <= mostAloneS;
    return isFit ? ok(seconds * 1_000) : bad;
  },
  shown: (ms) => (Number.isFinite(ms) ? `${ms / 1_000}` : never),
  values: () => ['30', '60', '5m', '1h', never],
};

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Settings that apply in one server, and with `StoredSettings.at` in one of its voice channels. */
export type GuildSettings = ConversationValues & {
  /** Names that the bot answers to beside its name in the server. */
  readonly names: readonly string[];
  /** Persona of the bot in the voice channel: its fields count over the settings of the server. */
  readonly persona?: Persona;
  /** Value of a setting in the server, whoever the bot is. Errors: TypeError where no feature declares the setting. */
  of<Value>(setting: ServerSetting<Value>): Value;
};

/** Settings of the conversation itself; those of features are read with `of`. */
type ConversationValues = {
  readonly [Field in keyof ConversationSettings]: ReturnType<
    ConversationSettings[Field]['standard']
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

const pipeline: ServerSetting<PipelineName> = {
  key: 'pipeline',
  group: 'settings.group.answers',
  about: 'settings.about.pipeline',
  inputs: [{ kind: 'one-of' }],
  operator: 'PIPELINE',
  standard: ({ pipelines: { names } }) => names[0] ?? 'chained',
  read(words, { pipelines }) {
    const name = pipelineNames.find((one) => one === words.toLowerCase());
    if (name === undefined) return bad;
    if (pipelines.names.includes(name)) return ok(name);
    return { kind: 'bad', why: { id: 'settings.missing', with: { pipeline: name } } };
  },
  shown: (name) => name,
  values: ({ pipelines }) => pipelines.names,
};

const addressing: ServerSetting<AddressingMode> = {
  ...wordSetting('addressing', addressingModes, ({ defaults }) => defaults.addressing, {
    group: 'settings.group.answers',
    about: 'settings.about.addressing',
  }),
  operator: 'ADDRESSING',
};

/** Who the bot is and how it talks. */
const instructions: ServerSetting<string> = {
  key: 'instructions',
  group: 'settings.group.bot',
  about: 'settings.about.instructions',
  inputs: [{ kind: 'typed', maxChars: maxInstructionsChars, isLong: true }],
  operator: 'BOT_INSTRUCTIONS',
  elsewhere: personasElsewhere('instructions'),
  standard: ({ defaults }) => defaults.style.instructions,
  read: (words) => (words.length > 0 && words.length <= maxInstructionsChars ? ok(words) : bad),
  shown: (words) => words,
  values: () => [],
};

/** Undefined: the engine's own. */
const voice: ServerSetting<string | undefined> = {
  key: 'voice',
  group: 'settings.group.bot',
  about: 'settings.about.voice',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: maxVoiceChars }],
  operator: 'SPEECH_VOICE',
  elsewhere: personasElsewhere('voice'),
  standard: ({ defaults }) => defaults.style.voice.name,
  read(words, { voices }) {
    const name = words.length <= maxVoiceChars ? voiceNamed(words, voices) : undefined;
    return name === undefined ? bad : ok(name);
  },
  shown: (name = '') => name,
  values: ({ knownVoices }) => knownVoices,
  load: ({ voices }) => voices.load(),
};

/** Role whose members may change everybody's sounds. */
const djRoleId = idSetting('dj_role', 'role', {
  group: 'settings.group.sounds',
  about: 'settings.about.dj_role',
});

/** `role` alone is the role the operator has named; another one is given by its id or as Discord mentions it. */
const consent: ServerSetting<ConsentPolicySettings> = {
  key: 'consent',
  group: 'settings.group.people',
  about: 'settings.about.consent',
  inputs: [{ kind: 'one-of' }, { kind: 'role', most: 1, before: 'role ' }],
  operator: 'CONSENT_POLICY',
  standard: ({ defaults }) => defaults.consent,
  unread: { policy: 'ask' },
  read(words, { defaults }) {
    const [, given] = /^role\s+(?:<@&)?(\d{15,21})>?$/i.exec(words) ?? [];
    const roleId = given ?? defaults.consent.roleId;
    const policy = given === undefined ? words.toLowerCase() : 'role';
    if (policy === 'ask' || policy === 'notice') return ok({ policy });
    if (policy !== 'role') return bad;
    return roleId === undefined
      ? { kind: 'bad', why: { id: 'settings.no_role' } }
      : ok({ policy, roleId });
  },
  shown: ({ policy, roleId }) =>
    policy === 'role' && roleId !== undefined ? `role ${roleId}` : policy,
  values: () => consentPolicies,
};

/** Whether more people are heard unasked under the second rules than under the first. */
export function isLooser(before: ConsentPolicySettings, after: ConsentPolicySettings): boolean {
  const [was, is] = [consentPolicies.indexOf(before.policy), consentPolicies.indexOf(after.policy)];
  return is > was || (after.policy === 'role' && is === was && before.roleId !== after.roleId);
}

/** Form of answers to questions typed in the chat of the voice channel. */
const typed = wordSetting('typed', typedModes, () => 'voice', {
  group: 'settings.group.answers',
  about: 'settings.about.typed',
});

/** Language of people of whom none is known, BCP 47. */
const language: ServerSetting<string | undefined> = {
  key: 'language',
  group: 'settings.group.language',
  about: 'settings.about.language',
  inputs: [{ kind: 'language', most: 1 }],
  standard: () => undefined,
  read(words) {
    if (words.toLowerCase() === none) return ok(undefined);
    const tag = languageTag(words);
    return tag === undefined ? bad : ok(tag);
  },
  shown: (tag = none) => tag,
  values: () => [none, ...offeredLanguages.map(languageLabel)],
};

/** Languages that people speak there, BCP 47; no other one is detected. Empty: any. */
const languages: ServerSetting<readonly string[]> = {
  key: 'languages',
  group: 'settings.group.language',
  about: 'settings.about.languages',
  inputs: [{ kind: 'language', most: maxLanguages }],
  standard: () => [],
  read(words) {
    if (words.toLowerCase() === none) return ok([]);
    const named = words.split(',');
    if (named.length > maxLanguages) return bad;
    const tags = named.map(languageTag).filter((tag) => tag !== undefined);
    return tags.length < named.length ? bad : ok([...new Set(tags)]);
  },
  shown: (tags) => (tags.length > 0 ? tags.join(', ') : none),
  values: () => [none],
};

/** IANA name of the zone of times of day. */
const timeZone: ServerSetting<string> = {
  key: 'timezone',
  group: 'settings.group.language',
  about: 'settings.about.timezone',
  inputs: [{ kind: 'typed', maxChars: maxZoneChars }],
  standard: ({ defaults }) => defaults.timeZone,
  read: (words) => (isTimeZone(words) ? ok(words) : bad),
  shown: (name) => name,
  values: () => Intl.supportedValuesOf('timeZone'),
};

/** Text channel whose lines are read out; undefined: none. Whether it is there shows when it is used. */
const readChannelId: ServerSetting<ChannelId | undefined> = {
  ...idSetting('read_channel', 'text-channel', {
    group: 'settings.group.sounds',
    about: 'settings.about.read_channel',
  }),
  hindrances: (channelId, _guildId, { mayReadMessages }) =>
    channelId === undefined || mayReadMessages ? [] : [{ id: 'read.hidden' }],
};

/** Cap a day of a server below that of the operator, in billionths of a dollar; 0: the operator's alone. */
const serverDayCap: ServerSetting<number> = {
  key: 'budget_day',
  group: 'settings.group.answers',
  about: 'settings.about.budget_day',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: 12 }],
  standard: () => 0,
  read(words, { caps: { serverDay } }) {
    if (words.toLowerCase() === none) return ok(0);
    const [, usd] = /^\$?(\d{1,6}(?:\.\d{1,4})?)$/.exec(words) ?? [];
    const nanoUsd = Math.round(Number(usd ?? 0) * 1e9);
    if (nanoUsd === 0) return bad;
    const isWithin = serverDay === 0 || nanoUsd <= serverDay;
    if (isWithin) return ok(nanoUsd);
    return { kind: 'bad', why: { id: 'settings.cap', with: { cap: shownCap(serverDay) } } };
  },
  shown: shownCap,
  /** The most that may be set is among them. */
  values: ({ caps: { serverDay } }) => [...new Set([none, shownCap(serverDay)])],
};

/** Settings of the conversation. A new one is a record and a line here; those of a feature are in its `settings`. */
export const conversationSettings = {
  pipeline,
  addressing,
  instructions,
  voice,
  djRoleId,
  consent,
  autoJoin,
  autoJoinMode,
  leaveAfterMs,
  userRoleIds,
  blockedIds,
  serverDayCap,
  typed,
  language,
  languages,
  timeZone,
  readChannelId,
};

/** Values of all settings in a server. */
export function settingsOf(
  all: readonly ServerSetting[],
  stored: StoredGuildSettings,
  choices: Choices,
): GuildSettings {
  const values = new Map(all.map((one) => [one, storedValue(one, stored, choices)]));
  const of = <Value>(setting: ServerSetting<Value>) => values.get(setting) as Value; // this record has read it
  const fields = Object.entries(conversationSettings).map(([field, one]) => [
    field,
    values.get(one),
  ]);
  const { names } = choices.defaults;
  return { ...(Object.fromEntries(fields) as ConversationValues), names, of };
}

/** A stored value that cannot be used any more counts as not set. */
function storedValue<Value>(
  setting: ServerSetting<Value>,
  { set, isRead }: StoredGuildSettings,
  choices: Choices,
): Value {
  const words = set.get(setting.key);
  if (words === undefined && !isRead && setting.unread !== undefined) return setting.unread;
  const read = words === undefined ? bad : readStored(setting, words, choices);
  return read.kind === 'ok' ? read.value : setting.standard(choices);
}

/** Text of a cap, as it may be typed again. */
function shownCap(nanoUsd: number): string {
  return nanoUsd > 0 ? `$${nanoUsd / 1e9}` : none;
}
