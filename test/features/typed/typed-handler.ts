import { createChatReadAloud } from '#src/features/typed/chat-read-aloud.ts';
import { TypedMessageHandler } from '#src/features/typed/typed-message-handler.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { SessionFixture } from '#test/conversation/setup/session-fixture.ts';

/** What takes the lines that people type in the server of a session, and what reads them aloud. */
export function makeTypedHandler(
  { dependencies, sessions, talk }: SessionFixture,
  replyTo: TypedMessages['replyTo'] = async () => 'sent',
) {
  const reader = createChatReadAloud(sessions, dependencies);
  const lines = new TypedMessageHandler(
    dependencies,
    sessions,
    { talk, lines: reader },
    { replyTo, setListener: () => undefined },
    new AbortController().signal,
  );
  return { lines, reader };
}
