import { type Client, MessageFlags, type REST, Routes } from 'discord.js';
import { fieldsOf } from '#src/base/json.ts';
import type { Button } from '#src/conversation/command.ts';
import type { DesiredMessage, MessagePlace } from '#src/conversation/ports/desired-message.ts';
import { rowsOf } from '#src/discord/interactions/rendering.ts';
import { answerWithin, withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { localeOf } from '#src/texts/texts.ts';
import type { WriteFailure } from './write-failure.ts';

/** Fields of a message that its desired message sets. */
export type WrittenMessage = Pick<DesiredMessage, 'text' | 'buttons' | 'mentions'>;

/** One request about a message. */
export type MessageOperation =
  | {
      readonly kind: 'post';
      readonly key: string;
      readonly message: WrittenMessage;
      readonly nonce: string;
    }
  | {
      readonly kind: 'edit';
      readonly key: string;
      readonly message: WrittenMessage;
      readonly place: MessagePlace;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly place: MessagePlace }
  /** Asks whether a message that is not known to be there was posted at about that instant. */
  | {
      readonly kind: 'find';
      readonly key: string;
      readonly text: string;
      readonly sinceMs: number;
      /** Messages that are known as others. */
      readonly otherIds: ReadonlySet<string | undefined>;
    };

/** Answer of Discord. */
export type MessageResult =
  /** `text` is that of the message as it stands there now. */
  | { readonly kind: 'posted'; readonly place: MessagePlace; readonly text: string }
  | { readonly kind: 'edited' | 'deleted' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly failure: WriteFailure };

/** Requests about messages of one channel. Throw what Discord or the network makes of them. */
export interface MessageRequests {
  perform(operation: MessageOperation): Promise<MessageResult>;
  /** Opens the thread again, where the channel is one. */
  unarchive(): Promise<void>;
}

export type RequestParts = {
  readonly client: Client<true>;
  readonly buttons: ReadonlyMap<string, Button>;
  readonly timing: SyncTiming;
  /** Told of each message that is about to be deleted as desired. */
  readonly deleting: (messageId: string) => void;
};

/** Messages looked through for one that may have come through; Discord sends no more at once. */
const searchLimit = 100;
/** Clocks of this machine and of Discord differ. */
const clocksDifferMs = 60_000;

/** Sends requests over the REST client of discord.js, 4 s each. */
export function openMessageRequests(
  channelId: string,
  { client, buttons, timing, deleting }: RequestParts,
): MessageRequests {
  const { rest } = client;
  const never = new AbortController().signal;
  const within = <T>(work: (signal: AbortSignal) => Promise<T>) =>
    withDeadline(work, answerWithin(timing), never);
  const bodyOf = (
    { text, buttons: wanted = [], mentions = [] }: WrittenMessage,
    isNew: boolean,
  ) => {
    const names = wanted.filter((name) => buttons.has(name.split(':')[0] ?? ''));
    const isQuiet = mentions.length === 0;
    const { SuppressEmbeds, SuppressNotifications } = MessageFlags;
    return {
      content: text,
      allowed_mentions: { parse: [], users: isNew ? mentions : [] },
      components: rowsOf(names, localeIn(client, channelId), buttons),
      ...(isNew && { flags: SuppressEmbeds | (isQuiet ? SuppressNotifications : 0) }),
    };
  };
  return {
    async perform(operation) {
      switch (operation.kind) {
        case 'post': {
          const { message, nonce } = operation;
          const body = { ...bodyOf(message, true), nonce, enforce_nonce: true };
          const route = Routes.channelMessages(channelId);
          const made = await within((signal) => rest.post(route, { body, signal }));
          const { id, content = message.text } = messageOf(made);
          if (id === undefined) throw new Error('Discord answered without the id of the message.');
          return { kind: 'posted', place: { channelId, messageId: id }, text: content };
        }
        case 'edit': {
          const { place, message } = operation;
          const body = bodyOf(message, false);
          const route = Routes.channelMessage(place.channelId, place.messageId);
          await within((signal) => rest.patch(route, { body, signal }));
          return { kind: 'edited' };
        }
        case 'delete': {
          const { place } = operation;
          deleting(place.messageId);
          const route = Routes.channelMessage(place.channelId, place.messageId);
          await within((signal) => rest.delete(route, { signal }));
          return { kind: 'deleted' };
        }
        case 'find':
          return await within((signal) =>
            found(rest, channelId, operation, client, signal, timing),
          );
      }
    },
    async unarchive() {
      const body = { archived: false };
      await within((signal) => rest.patch(Routes.channel(channelId), { body, signal }));
    },
  };
}

/** A message of ours with that text, no older than the request for it. */
async function found(
  rest: REST,
  channelId: string,
  { text, sinceMs, otherIds }: Extract<MessageOperation, { readonly kind: 'find' }>,
  { user }: Client<true>,
  signal: AbortSignal,
  timing: SyncTiming,
): Promise<MessageResult> {
  const query = new URLSearchParams({ limit: `${searchLimit}` });
  const listed = await rest.get(Routes.channelMessages(channelId), { query, signal });
  const sinceWallMs = Date.now() - (timing.nowMs() - sinceMs) - clocksDifferMs;
  for (const each of Array.isArray(listed) ? listed : []) {
    const { id, content, authorId, atWallMs } = messageOf(each);
    const isOurs = authorId === user.id && content?.trim() === text.trim();
    if (id !== undefined && isOurs && atWallMs >= sinceWallMs && !otherIds.has(id)) {
      return { kind: 'posted', place: { channelId, messageId: id }, text };
    }
  }
  return { kind: 'not-found' };
}

type ReadMessage = {
  readonly id?: string;
  readonly content?: string;
  readonly authorId?: unknown;
  readonly atWallMs: number;
};

function messageOf(message: unknown): ReadMessage {
  const { id, content, author, timestamp } = fieldsOf(message);
  return {
    ...(typeof id === 'string' && { id }),
    ...(typeof content === 'string' && { content }),
    authorId: fieldsOf(author).id,
    atWallMs: typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN,
  };
}

function localeIn(client: Client<true>, channelId: string) {
  const channel = client.channels.cache.get(channelId);
  const guild = channel && 'guild' in channel ? channel.guild : undefined;
  return localeOf(guild?.preferredLocale ?? '');
}
