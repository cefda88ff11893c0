import type { TypedOutcome } from '#src/ports/typed-messages.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Facts about the place of a typed line, of which its reason tells. */
type TypedPlace = {
  /** Name of the bot. */
  readonly bot: string;
  /** Name of the voice channel in which the bot sits. Undefined: in none. */
  readonly channel: string | undefined;
  /** Sends the writer to that channel. */
  readonly joinLine: TextLine | undefined;
  readonly canSpeak: boolean;
  /** Only a press of Ask makes a line a question. */
  readonly isAskNeeded: boolean;
};

type FindReason = (place: TypedPlace) => TextLine | undefined;

const findNobody: FindReason = () => undefined;
const findRoom: FindReason = ({ joinLine }) => joinLine ?? { id: 'leave.nowhere' };

/**
 * Why a typed line met no reply, for each outcome, as a sentence with the way out. Undefined: nobody waits for a reply.
 *
 * @example
 * import { typedReasons } from '#src/features/typed/typed-reasons.ts';
 *
 * const place = { bot: 'Nova', channel: undefined, joinLine: undefined, canSpeak: true, isAskNeeded: false };
 * typedReasons.elsewhere(place); // { id: 'leave.nowhere' }
 */
export const typedReasons: Readonly<Record<TypedOutcome, FindReason>> = {
  // A wish that was obeyed once more than it is receipted.
  answered: () => ({ id: 'standin.done' }),
  failed: () => ({ id: 'generic', with: { code: 'bug' } }),
  deleted: findNobody,
  bot: findNobody,
  webhook: findNobody,
  // It is heard.
  read: findNobody,
  elsewhere: findRoom,
  absent: findRoom,
  off: () => ({ id: 'typed.off' }),
  refused: () => ({ id: 'consent.no' }),
  unasked: () => ({ id: 'consent.unasked' }),
  paused: () => ({ id: 'privacy.paused' }),
  unread: () => ({ id: 'read.hidden' }),
  empty: () => ({ id: 'say.empty' }),
  'not-meant': ({ bot, channel = '', isAskNeeded }) =>
    isAskNeeded
      ? { id: 'settings.addressing.window' }
      : { id: 'join.ok.several', with: { bot, channel } },
  full: () => ({ id: 'ask.dropped' }),
  silent: ({ canSpeak }) => ({ id: canSpeak ? 'muted.server' : 'captions.only' }),
};
