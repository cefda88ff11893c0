import type { SessionContext } from '#src/conversation/session-context.ts';
import type { RightsFacts } from '#src/people/rights.ts';

/** Facts that decide about the rights of a person in this session, as cached: Discord is not asked. */
export function rightsFactsOf(
  personId: string,
  mayManage: boolean,
  { people, settings }: SessionContext,
): RightsFacts {
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
