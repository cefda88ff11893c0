import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

export type MissingRight = 'no-view' | 'no-connect';

export const voiceRestrictions = ['muted', 'deafened', 'suppressed'] as const;
export type VoiceRestriction = (typeof voiceRestrictions)[number];

/** `stepReconnect` handles closed links. */
export type SeatChange =
  /** Also reported when the bot joins under the restriction. */
  | { readonly kind: VoiceRestriction; readonly isOn: boolean }
  /** After a missing right Discord leaves the bot there. */
  | { readonly kind: 'moved' | MissingRight; readonly channelId: ChannelId }
  | { readonly kind: 'guild-removed' };

export function toMissingRightLine(
  kind: MissingRight,
  { name: channel }: ChannelRef,
): TextLine {
  const permission = kind === 'no-view' ? 'View Channel' : 'Connect';
  return { id: 'join.no_right', with: { channel, permission } };
}
