import { type Client, GatewayDispatchEvents } from 'discord.js';
import { fieldsOf } from '#src/base/json.ts';
import type { DeletedMessages } from '#src/ports/caption-chats.ts';

/** Most messages that one event may name. Source: Discord docs, "Bulk Delete Messages". */
const mostAtOnce = 100;

/**
 * Reports each deletion of messages, channels and threads. discord.js reports only messages that it caches, and it caches
 * none here.
 */
export function watchDeleted(
  client: Client<true>,
  report: (deleted: DeletedMessages) => void,
): () => void {
  const onMessage = (data: unknown) => {
    const { channel_id: channelId, id } = fieldsOf(data);
    if (typeof channelId !== 'string' || typeof id !== 'string') return;
    report({ kind: 'messages', channelId, messageIds: [id] });
  };
  const onMessages = (data: unknown) => {
    const { channel_id: channelId, ids } = fieldsOf(data);
    if (typeof channelId !== 'string' || !Array.isArray(ids)) return;
    const messageIds = ids.slice(0, mostAtOnce).filter((id) => typeof id === 'string');
    report({ kind: 'messages', channelId, messageIds });
  };
  const onChat = (data: unknown) => {
    const { id } = fieldsOf(data);
    if (typeof id !== 'string') return;
    // Threads go with their channel, of which Discord says no more.
    const threads = client.channels.cache.filter((each) => each.isThread() && each.parentId === id);
    for (const channelId of [...threads.keys(), id]) report({ kind: 'chat', channelId });
  };
  const listeners = [
    [GatewayDispatchEvents.MessageDelete, onMessage],
    [GatewayDispatchEvents.MessageDeleteBulk, onMessages],
    [GatewayDispatchEvents.ThreadDelete, onChat],
    [GatewayDispatchEvents.ChannelDelete, onChat],
  ] as const;
  for (const [event, listener] of listeners) client.ws.on(event, listener);
  return () => {
    for (const [event, listener] of listeners) client.ws.off(event, listener);
  };
}
