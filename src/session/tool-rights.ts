import { BotError } from '#src/base/errors.ts';
import { holds, type Right } from '#src/people/rights.ts';
import type { Room } from './room.ts';

/** Of a room, what says who may do what. */
export type Court = Pick<Room, 'channel' | 'parts' | 'people' | 'refresh'>;

/**
 * Whether this person holds the right now. Of roles Discord tells nothing by itself: it is asked, and where it does not
 * answer, the right is not held.
 *
 * Aborting `signal` throws `signal.reason`.
 */
export async function holdsNow(
  right: Right,
  personId: string,
  { channel, parts, people, refresh }: Court,
  signal: AbortSignal,
): Promise<boolean> {
  if (right === 'dj' || right === 'manage') {
    try {
      await refresh(personId, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof BotError)) throw error;
      return false;
    }
  }
  const humans = people().filter(({ isBot }) => !isBot);
  const isHere = humans.some(({ id }) => id === personId);
  const mayManage = parts.places.mayManage(channel.guildId, personId);
  return holds(right, { isHere, isAlone: isHere && humans.length === 1, isDj: false, mayManage });
}
