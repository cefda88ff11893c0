/** What somebody else did to the bot's seat in a voice channel. */
export type SeatNews =
  /** `on` is false when it was taken back. */
  | { readonly kind: 'muted' | 'deafened'; readonly on: boolean }
  /** To another channel: the link has ended. */
  | { readonly kind: 'moved'; readonly channelId: string }
  /** The channel was deleted: the link has ended. Also told shortly after the seat is gone. */
  | { readonly kind: 'channel-removed'; readonly channelId: string };
