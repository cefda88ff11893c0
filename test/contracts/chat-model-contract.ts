import { expect, test } from 'vitest';
import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';

/** A model that answers `What time is it?` with at least two parts of text, and whatever stands behind it. */
export type OpenModel = AsyncDisposable & { readonly model: ChatModel };

const contractQuestion: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', name: 'Ana', content: 'What time is it?' },
];

/** Contract of every chat model. */
export function testChatModel(name: string, open: () => Promise<OpenModel>) {
  const never = new AbortController().signal;

  test(`${name}: an answer comes in parts, and none of them is empty`, async () => {
    await using opened = await open();
    const texts = await collectTexts(opened.model.reply(contractQuestion, [], never));
    expect(texts.length).toBeGreaterThan(1);
    expect(texts).not.toContain('');
  });

  test(`${name}: two answers at once do not mix`, async () => {
    await using opened = await open();
    const askModel = () =>
      collectTexts(opened.model.reply(contractQuestion, [], never));
    const [one, two] = await Promise.all([askModel(), askModel()]);
    expect(one.join('')).toBe(two.join(''));
  });

  test(`${name}: an answer aborted before it began throws the caller's own reason`, async () => {
    await using opened = await open();
    const reason = new Error('left');
    const answer = opened.model.reply(contractQuestion, [], AbortSignal.abort(reason));
    await expect(answer[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  test(`${name}: an answer aborted in the middle throws the caller's own reason`, async () => {
    await using opened = await open();
    const caller = new AbortController();
    const reason = new Error('interrupted');
    const texts: string[] = [];
    const readReply = async () => {
      for await (const part of opened.model.reply(
        contractQuestion,
        [],
        caller.signal,
      )) {
        if (part.kind === 'text') texts.push(part.text);
        caller.abort(reason);
      }
    };
    await expect(readReply()).rejects.toBe(reason);
    expect(texts).toHaveLength(1);
  });

  test(`${name}: a reader may leave after the first word`, async () => {
    await using opened = await open();
    for await (const part of opened.model.reply(contractQuestion, [], never)) {
      expect(part.kind).toBe('text');
      break;
    }
  });
}

async function collectTexts(replyStream: AsyncIterable<ChatPart>) {
  const allChatParts = await Array.fromAsync(replyStream);
  return allChatParts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
}
