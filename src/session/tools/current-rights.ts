import { BotError } from '#src/base/errors.ts';
import { type Bearer, holds, type Right } from '#src/people/rights.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';

/**
 * Whether this person holds the right now. Of roles Discord tells nothing by itself: it is asked, and where it does not
 * answer, the right is not held.
 *
 * Aborting `signal` throws `signal.reason`.
 */
export async function holdsRightNow(
  right: Right,
  personId: string,
  context: SessionContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { channel, parts, refresh } = context;
  if (right === 'dj' || right === 'manage') {
    try {
      await refresh(personId, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof BotError)) throw error;
      return false;
    }
  }
  const mayManage = parts.places.mayManage(channel.guildId, personId);
  return holds(right, bearerOf(personId, mayManage, context));
}

/** Cached state of this person, without asking Discord. */
export function bearerOf(
  personId: string,
  mayManage: boolean,
  {
    people,
    settings,
  }: SessionContext & {
    readonly settings: () => GuildSettings;
  },
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
