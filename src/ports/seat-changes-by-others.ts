import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

/** A right without which the bot may not be in a channel. */
export type MissingRight = 'no-view' | 'no-connect';

/** Restriction of the bot in its channel: muted or deafened by a moderator, or not allowed to speak. */
export const voiceRestrictions = ['muted', 'deafened', 'suppressed'] as const;
export type VoiceRestriction = (typeof voiceRestrictions)[number];

/** Change of the bot's seat in a voice channel, caused by another person. A close of the link is another matter: `stepReconnect`. */
export type SeatChange =
  /** Also reported when the bot joins under this restriction. `on` is false when it is over. */
  | { readonly kind: VoiceRestriction; readonly isOn: boolean }
  /** To another channel: the link has ended. */
  | { readonly kind: 'moved'; readonly channelId: ChannelId }
  /** The bot lost a right to be in that channel; Discord leaves it there. */
  | { readonly kind: MissingRight; readonly channelId: ChannelId }
  /** The bot is no member of the server any more. */
  | { readonly kind: 'guild-removed' };

/** Text that names a missing right and its channel. */
export function toMissingRightLine(kind: MissingRight, { name: channel }: ChannelRef): TextLine {
  const permission = kind === 'no-view' ? 'View Channel' : 'Connect';
  return { id: 'join.no_right', with: { channel, permission } };
}
