import type { SessionContext } from '#src/conversation/session-context.ts';
import type { Bearer } from '#src/people/rights.ts';

/** Cached state of this person, without asking Discord. */
export function rightsHolderStateOf(
  personId: string,
  mayManage: boolean,
  { people, settings }: SessionContext,
): Bearer {
  const humans = people().filter(({ isBot }) => !isBot);
  const person = humans.find(({ id }) => id === personId);
  const { djRoleId = '' } = settings();
  return {
    isHere: person !== undefined,
    isAlone: person !== undefined && humans.length === 1,
    isDj: person?.roleIds.includes(djRoleId) ?? false,
    mayManage,
  };
}
