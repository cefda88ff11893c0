import type { ChatMessage } from '#src/chat/chat-model.ts';
import { LocalChat } from '#src/chat/local/local-chat.ts';

const chat = new LocalChat({
  file: 'model.gguf',
  libraryFolder: 'library',
  maxTokens: 100,
  maxResidentBytes: 1e9,
  entry: new URL('./obedient-chat.ts', import.meta.url),
});
afterAll(() => chat[Symbol.asyncDispose]());
const never = new AbortController().signal;

function askChat(content: string, signal = never) {
  const messages: readonly ChatMessage[] = [{ role: 'user', name: '', content }];
  return chat.model.reply(messages, [], signal);
}

async function readReply(content: string) {
  let text = '';
  for await (const part of askChat(content))
    if (part.kind === 'text') text += part.text;
  return text;
}

test('an answer of a process comes in parts, with speed and memory for the operator', async () => {
  const utterance = 'All that is said comes back in small pieces.';
  expect(await readReply(utterance)).toBe(utterance);
  expect(chat.speed).toEqual({
    tokensPerSecond: 150,
    residentBytes: 1_000,
    gpu: '',
    openRequests: 0,
  });
});

test('a process that dies fails its answer, and another one answers the next', async () => {
  await expect(readReply('die')).rejects.toMatchObject({ retryable: true });
  expect(await readReply('Hello again.')).toBe('Hello again.');
});

test('whoever hears no more lets the answer go, and the next one is not kept waiting', async () => {
  const leaving = new AbortController();
  const reading = (async () => {
    for await (const part of askChat(`slow ${'word '.repeat(2_000)}`, leaving.signal))
      if (part.kind === 'text') leaving.abort(new Error('left'));
  })();
  await expect(reading).rejects.toThrow('left');
  expect(await readReply('Next.')).toBe('Next.');
  expect(chat.speed.openRequests).toBe(0);
});

test('two ask at once, and both are answered', async () => {
  expect(await Promise.all([readReply('One.'), readReply('Two.')])).toEqual([
    'One.',
    'Two.',
  ]);
});

test('erased words are forgotten by the process, before the next question', async () => {
  chat.forgetTalks();
  expect(await readReply('What did you forget?')).toBe('forgetAll');
});
