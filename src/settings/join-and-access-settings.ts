import { aloneMs } from '#src/people/join-rules.ts';
import { joinModes } from '#src/ports/command-ports.ts';
import { bad, idsSetting, ok, type ServerSetting, wordSetting } from './setting-definition.ts';

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
export const autoJoin: ServerSetting<readonly string[]> = {
  ...idsSetting('auto_join', 'voice-channel', mostChannels, {
    group: 'settings.group.presence',
    about: 'settings.about.auto_join',
  }),
  exists: (channelIds, guildId, { places }) =>
    channelIds.every((id) => places.channel(guildId, id) !== undefined),
};

/** Mode of the sessions in those channels. */
export const autoJoinMode = wordSetting('auto_join_mode', joinModes, () => 'talk', {
  group: 'settings.group.presence',
  about: 'settings.about.auto_join_mode',
});

/** Roles of which a person needs one; empty: all people may. */
export const userRoleIds = idsSetting('roles', 'role', mostRoles, {
  group: 'settings.group.people',
  about: 'settings.about.roles',
});

/** People who are neither heard nor answered. */
export const blockedIds = idsSetting('blocked', 'person', mostPeople, {
  group: 'settings.group.people',
  about: 'settings.about.blocked',
});

/** Time alone, in ms, after which the bot leaves; infinite: it stays. Seconds, or as in `5m` and `2h`. */
export const leaveAfterMs: ServerSetting<number> = {
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
