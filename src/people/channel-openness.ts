/** One right in a channel: whether `everyone` has it there, and the roles and people whose overwrites allow or deny it. */
export type RightInChannel = {
  readonly isOpen: boolean;
  readonly allowedIds: ReadonlySet<string>;
  readonly deniedIds: ReadonlySet<string>;
};

/**
 * Whether all roles and people, in any combination, that have a right in one channel have it in the other. It may miss a case, and
 * never claims a wrong one. Source of how overwrites add up: Discord docs, "Permission overwrites".
 */
export function isNoWider(one: RightInChannel, other: RightInChannel): boolean {
  if (other.isOpen && other.deniedIds.size === 0) return true;
  return one.allowedIds.isSubsetOf(other.allowedIds) && other.deniedIds.isSubsetOf(one.deniedIds);
}
