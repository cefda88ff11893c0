import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { withoutToolsOnRefusal } from '#src/chat/completions/without-tools.ts';
import type { ChatMessage, Tool } from '#src/chat/ports.ts';
import { FakeChat } from '#test/fakes/chat.ts';

const never = new AbortController().signal;
const tools: readonly Tool[] = [{ name: 'time', description: '', parameters: {} }];
const asked: readonly ChatMessage[] = [{ role: 'user', name: 'Ana', content: 'Hello.' }];
const refused = (why: string) => new BotError('provider.refused', false, `localhost: ${why}`);

test.each([
  'model "gemma" does not support tools',
  '"auto" tool choice requires --enable-auto-tool-choice',
  'Function calling is not available',
])('a server that says %j is asked without tools, from then on', async (why) => {
  const chat = new FakeChat([[{ error: refused(why) }], ['Hello.']]);
  const model = withoutToolsOnRefusal(chat);
  for (let n = 0; n < 2; n++) {
    const parts = await Array.fromAsync(model.reply(asked, tools, never));
    expect(parts).toEqual([{ kind: 'text', text: 'Hello.' }]);
  }
  expect(chat.asked.map((one) => one.tools.length)).toEqual([1, 0, 0]);
});

test.each([
  [[{ error: refused('the context is too long') }]],
  [['Well', { error: refused('no tools') }]],
] as const)('any other refusal, or a late one, is told', async (steps) => {
  const model = withoutToolsOnRefusal(new FakeChat([steps]));
  await expect(Array.fromAsync(model.reply(asked, tools, never))).rejects.toThrow('localhost');
});
