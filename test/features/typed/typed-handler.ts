import { toChannelId, toGuildId, toMessageId } from '#src/base/ids.ts';
import { ChatReadAloud } from '#src/features/typed/chat-read-aloud.ts';
import { TypedMessageHandler } from '#src/features/typed/typed-message-handler.ts';
import { type MessageContent, sealContent } from '#src/ports/authored-content.ts';
import type { TypedMessage, TypedMessages } from '#src/ports/typed-messages.ts';
import { MessageAuthors } from '#src/sessions/message-authors.ts';
import {
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

let written = 0;

/** Somebody types this in the chat of the Lounge, unless something else is said. */
export function makeTyped(
  author: TypedMessage['author'],
  text: string,
  {
    isForwarded,
    pictures,
    recording,
    ...over
  }: Partial<TypedMessage & MessageContent> = {},
): TypedMessage {
  return {
    guildId: toGuildId('g'),
    channelId: toChannelId(lounge.channelId),
    messageId: toMessageId(`m${written++}`),
    author,
    isWebhook: false,
    isMention: false,
    content: sealContent({ text, isForwarded, pictures, recording }),
    ...over,
  };
}

/** What takes the lines that people type in the server of a session, and what reads them aloud. */
export function makeTypedHandler(
  { dependencies, sessions, talk }: SessionFixture,
  replyTo: TypedMessages['replyTo'] = async () => 'sent',
) {
  const authors = new MessageAuthors(sessions);
  const reader = new ChatReadAloud(sessions, authors, dependencies);
  const lines = new TypedMessageHandler(
    dependencies,
    sessions,
    { authors, requests: talk, reader },
    { replyTo, setListener: () => undefined },
    new AbortController().signal,
  );
  return { lines, reader };
}
