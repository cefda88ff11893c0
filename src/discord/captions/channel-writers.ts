import type { Client } from 'discord.js';
import type { Button } from '#src/conversation/command.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { ChannelOutbox, type WriteTask } from './channel-outbox.ts';
import { openMessageRequests } from './message-requests.ts';
import type { WrittenChat } from './written-chat.ts';

/** Turns of requests about messages of a channel. */
export interface WriteTurns {
  /** Sends when its turn has come. Throws the error of `send`, or that of `late`. */
  task<T>(channelId: string, task: WriteTask<T>): Promise<T>;
}

/** Outboxes of all channels in which the bot posts or edits, one for each. */
export interface ChannelWriters extends WriteTurns {
  open(channelId: string): WrittenChat;
  /** Chats of that channel that are open. */
  chatsIn(channelId: string): readonly WrittenChat[];
  /** Deletions of the bot itself whose events are still to come. */
  readonly ownDeletions: Set<string>;
  /** Begins no more requests. */
  close(): void;
}

/** Number of outboxes above which idle ones are forgotten, with the limits they have learned. */
const mostOutboxes = 200;
/** Most deletions whose events are awaited. */
const mostOwn = 1_000;

/** Opens the outboxes of a logged-in client. */
export function openChannelWriters(
  client: Client<true>,
  buttons: ReadonlyMap<string, Button>,
  timing: SyncTiming,
): ChannelWriters {
  const outboxes = new Map<string, ChannelOutbox>();
  const ownDeletions = new Set<string>();
  const deleting = (messageId: string) => {
    ownDeletions.add(messageId);
    for (const oldest of ownDeletions) if (ownDeletions.size > mostOwn) ownDeletions.delete(oldest);
  };
  const of = (channelId: string): ChannelOutbox => {
    const known = outboxes.get(channelId);
    if (known) return known;
    if (outboxes.size >= mostOutboxes) {
      for (const [id, outbox] of outboxes) if (outbox.isIdle) outboxes.delete(id);
    }
    const requests = openMessageRequests(channelId, { client, buttons, timing, deleting });
    const outbox = new ChannelOutbox(channelId, requests, timing);
    outboxes.set(channelId, outbox);
    return outbox;
  };
  return {
    open: (channelId) => of(channelId).open(),
    chatsIn: (channelId) => [...(outboxes.get(channelId)?.chats ?? [])],
    ownDeletions,
    task: (channelId, task) => of(channelId).task(task),
    close() {
      for (const outbox of outboxes.values()) outbox.close();
    },
  };
}
