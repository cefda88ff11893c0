import type { PersonId, RoleId } from '#src/base/ids.ts';

/**
 * `room` people sit with the bot. `dj` people have the sound role, or are alone with the bot. `manage` is Manage Server, and
 * includes `dj`.
 */
export type Right = 'anyone' | 'room' | 'dj' | 'manage';

export type RightsFacts = {
  readonly isHere: boolean;
  /** No other person is there, apart from bots. */
  readonly isAlone: boolean;
  readonly isDj: boolean;
  readonly mayManage: boolean;
};

/** Decides whether a person with these facts has a right. */
export function hasRight(
  right: Right,
  { isHere, isAlone, isDj, mayManage }: RightsFacts,
): boolean {
  switch (right) {
    case 'anyone':
      return true;
    case 'room':
      return isHere;
    case 'dj':
      return mayManage || (isHere && (isDj || isAlone));
    case 'manage':
      return mayManage;
  }
}

/** Rules of a server for using the bot. They override consent. */
type AccessRules = {
  readonly blockedIds: readonly PersonId[];
  /** A person needs one of these roles. An empty list lets everybody in. */
  readonly userRoleIds: readonly RoleId[];
};

export type AccessFacts = {
  readonly id: PersonId;
  readonly roleIds: readonly RoleId[];
  /** A manager of the server needs no role. */
  readonly mayManage: boolean;
};

/** Decides whether a person may use the bot in a server. */
export function judgeAccess(
  { blockedIds, userRoleIds }: AccessRules,
  { id, mayManage, roleIds }: AccessFacts,
): 'open' | 'blocked' | 'no-role' {
  if (blockedIds.includes(id)) return 'blocked';
  const isUser =
    userRoleIds.length === 0 || userRoleIds.some((roleId) => roleIds.includes(roleId));
  return isUser || mayManage ? 'open' : 'no-role';
}
