import type { AccessRules } from '#src/people/access.ts';

/** When the bot comes and goes by itself, and who may use it. */
export type PresenceSettings = AccessRules & {
  /** Voice channels the bot comes to by itself, the one preferred first. */
  readonly autoJoin: readonly string[];
  /** Time alone, in ms, after which the bot leaves; infinite: it stays. */
  readonly leaveAfterMs: number;
};

/** Word for an empty role, channel list or list of people. */
export const none = 'none';
/** Word for a `leave_after` under which the bot stays in an empty channel. */
export const never = 'never';

/** People whom a server may block. */
export const mostPeople = 40;
const [mostChannels, mostRoles] = [10, 20];
/** Time alone that a server may set, in s. */
const [leastAloneS, mostAloneS] = [10, 86_400];

/** Voice channels, each by its id or as Discord mentions it; undefined: not readable. */
export function readAutoJoin(words: string): Pick<PresenceSettings, 'autoJoin'> | undefined {
  const autoJoin = readIds(words, /^(?:<#)?(\d{15,21})>?$/, mostChannels);
  return autoJoin && { autoJoin };
}

/** People, each by their id or as Discord mentions them; undefined: not readable. */
export function readBlocked(words: string): Pick<PresenceSettings, 'blockedIds'> | undefined {
  const blockedIds = readIds(words, /^(?:<@!?)?(\d{15,21})>?$/, mostPeople);
  return blockedIds && { blockedIds };
}

/** Roles, each by its id or as Discord mentions it; undefined: not readable. */
export function readUserRoles(words: string): Pick<PresenceSettings, 'userRoleIds'> | undefined {
  const userRoleIds = readIds(words, /^(?:<@&)?(\d{15,21})>?$/, mostRoles);
  return userRoleIds && { userRoleIds };
}

/** Seconds, or as in `5m` and `2h`; undefined: not readable, or out of bounds. */
export function readLeaveAfter(words: string): Pick<PresenceSettings, 'leaveAfterMs'> | undefined {
  if (words.toLowerCase() === never) return { leaveAfterMs: Number.POSITIVE_INFINITY };
  const [, digits = '', unit = 's'] = /^(\d{1,5})\s*([smh]?)$/i.exec(words) ?? [];
  const seconds = Number(digits) * (secondsOf[unit.toLowerCase()] ?? 1);
  const isFit = digits !== '' && seconds >= leastAloneS && seconds <= mostAloneS;
  return isFit ? { leaveAfterMs: seconds * 1_000 } : undefined;
}

/** Ids as they are shown, and may be typed again. */
export function shownIds(ids: readonly string[]): string {
  return ids.length === 0 ? none : ids.join(', ');
}

export function shownLeaveAfter({ leaveAfterMs }: Pick<PresenceSettings, 'leaveAfterMs'>): string {
  return Number.isFinite(leaveAfterMs) ? `${leaveAfterMs / 1_000}` : never;
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Ids in a list with commas or spaces between, each once; undefined where one is none, or there are too many. */
function readIds(words: string, mention: RegExp, most: number): readonly string[] | undefined {
  if (words.toLowerCase() === none) return [];
  const ids = words.split(/[\s,]+/).map((one) => mention.exec(one)?.[1]);
  const known = ids.filter((id) => id !== undefined);
  const isFit = known.length === ids.length && known.length <= most;
  return isFit ? [...new Set(known)] : undefined;
}
