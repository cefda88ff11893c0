/** Where a message stands. */
export type MessagePlace = { readonly channelId: ChannelId; readonly messageId: MessageId };
