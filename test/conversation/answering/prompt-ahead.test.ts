import { toGuildId } from '#src/base/ids.ts';
import type { ChatMessage, Tool } from '#src/chat/chat-model.ts';
import { postTextTool } from '#src/features/tools/post-text-tool.ts';
import {
  hearSpeech,
  joinLounge,
  lounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';

const g = toGuildId('g');

type Beginning = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly signal: AbortSignal;
};

/** A chat model that keeps what it has read, as one of this machine does. */
class KeepingChat extends FakeChat {
  readonly read: Beginning[] = [];

  prepare(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ) {
    this.read.push({ messages, tools, signal });
  }

  /** What it was given last, as texts. */
  get newest() {
    return this.read.at(-1)?.messages.map(({ content }) => content) ?? [];
  }
}

async function openKeepingChat() {
  const chat = new KeepingChat([['You said five.']]);
  const fixture = await joinLounge({ chat, tools: [postTextTool] });
  await passTime(fixture, 100);
  return { chat, fixture };
}

test('once the bot is in the channel, the model reads the tools and instructions with which the first question begins', async () => {
  const { chat, fixture } = await openKeepingChat();
  expect(chat.asked).toEqual([]);
  const [instructions = ''] = chat.newest;
  expect(chat.newest).toHaveLength(1);
  await hearSpeech(fixture, 4_000);
  const [question] = chat.asked;
  expect(question?.messages[0]?.content.startsWith(instructions)).toBe(true);
  expect(instructions).toContain('Call a tool only if');
  expect(question?.tools).toHaveLength(1);
  expect(question?.tools).toEqual(chat.read[0]?.tools);
});

test('after an exchange the model reads it, as the next question will begin', async () => {
  const { chat, fixture } = await openKeepingChat();
  await hearSpeech(fixture, 8_000);
  const beginning = chat.newest;
  expect(beginning.slice(1)).toEqual(['five five', 'Adam, You said five.']);
  await hearSpeech(fixture, 8_000);
  const asked = chat.asked.at(-1)?.messages.map(({ content }) => content);
  expect(asked?.slice(0, beginning.length)).toEqual(beginning);
});

test('a changed persona, and changed instructions, are read before the next question', async () => {
  const { chat, fixture } = await openKeepingChat();
  await fixture.personas.savePersona(g, lounge.channelId, {
    instructions: 'You are a pirate.',
  });
  await passTime(fixture, 100);
  expect(chat.newest[0]).toContain('You are a pirate.');
  await fixture.personas.savePersona(g, lounge.channelId, {});
  await fixture.settings.setSetting(g, 'instructions', 'Speak in rhymes.');
  await passTime(fixture, 100);
  expect(chat.newest[0]).toContain('Speak in rhymes.');
});

test('nothing is read twice, and nobody wants it once the bot has left', async () => {
  const { chat, fixture } = await openKeepingChat();
  const count = chat.read.length;
  await passTime(fixture, 5_000);
  expect(chat.read).toHaveLength(count);
  await fixture.sessions.leave(g);
  expect(chat.read.map(({ signal }) => signal.aborted)).not.toContain(false);
});
