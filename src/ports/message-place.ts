/** Where a message stands. */
export type MessagePlace = { readonly channelId: string; readonly messageId: string };
