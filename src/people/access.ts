/** Rules of a server for using the bot: they override a person's consent. */
type AccessRules = {
  /** People who are neither heard nor answered. */
  readonly blockedIds: readonly string[];
  /** Roles of which a person needs one; empty: all people may. */
  readonly userRoleIds: readonly RoleId[];
};

/** Properties of a person that decide about access. */
export type AccessFacts = {
  readonly id: string;
  readonly roleIds: readonly RoleId[];
  /** A person who manages the server needs no role for it. */
  readonly mayManage: boolean;
};

/** `open`, or the rule by which a person may not use the bot. */
type AccessVerdict = 'open' | 'blocked' | 'no-role';

export function judgeAccess(
  { blockedIds, userRoleIds }: AccessRules,
  { id, mayManage, roleIds }: AccessFacts,
): AccessVerdict {
  if (blockedIds.includes(id)) return 'blocked';
  const isUser = userRoleIds.length === 0 || userRoleIds.some((roleId) => roleIds.includes(roleId));
  return isUser || mayManage ? 'open' : 'no-role';
}

const programIdPrefix = 'token:';

/** Id of the program with the token of this name; no id of a person begins like it. */
export function toProgramId(tokenName: string): string {
  return `${programIdPrefix}${tokenName}`;
}

export function isProgram(id: string): boolean {
  return id.startsWith(programIdPrefix);
}
