import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

/** A right without which the bot may not be in a channel. */
export type MissingRight = 'no-view' | 'no-connect';

/** Which right is missing where, as people read it. */
export function missingRight(kind: MissingRight, { name: channel }: ChannelRef): TextLine {
  return kind === 'no-view'
    ? { id: 'join.no_view', with: { channel, permission: 'View Channel' } }
    : { id: 'join.no_connect', with: { channel, permission: 'Connect' } };
}
