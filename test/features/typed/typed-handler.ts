import { expect } from 'vitest';
import { chatReadAloud } from '#src/features/typed/chat-read-aloud.ts';
import { TypedMessageHandler } from '#src/features/typed/typed-message-handler.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { SessionFixture } from '#test/conversation/setup/session-fixture.ts';

/** What takes the lines that people type in the server of a session, and what reads them aloud. */
export function typedHandler(
  { sessions, talk }: SessionFixture,
  reply: TypedMessages['reply'] = async () => 'sent',
) {
  const { context } = sessions.session('g') ?? expect.fail();
  const reader = chatReadAloud(sessions);
  const lines = new TypedMessageHandler(
    context.parts,
    sessions,
    { talk, lines: reader },
    { reply, listen: () => undefined },
    new AbortController().signal,
  );
  return { lines, reader };
}
