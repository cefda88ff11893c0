import { BotError } from '#src/base/errors.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import { ArrivingChat } from '#src/chat/local/arriving-chat.ts';
import { LocalChat } from '#src/chat/local/local-chat.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;

function openLocalChat(file = 'model.gguf') {
  const entry = new URL('./obedient-chat.ts', import.meta.url);
  const limits = { maxTokens: 100, maxResidentBytes: 1e9 };
  return new LocalChat({ ...limits, file, libraryFolder: 'library', entry });
}

/** A chat model whose fetch ends so, one time after another, with a stand-in and a clock. */
function openArriving(...outcomes: readonly (BotError | LocalChat)[]) {
  const clock = new VirtualClock();
  const told: LocalModelState[] = [];
  const standIn = createStandIn({ wallMs: () => 0, random: () => 0, botName: '' });
  let tries = 0;
  const prepare = async () => {
    const outcome = outcomes[tries++];
    if (outcome instanceof LocalChat) return outcome;
    throw outcome;
  };
  const onState = (state: LocalModelState) => told.push(state);
  const chat = new ArrivingChat({ prepare, standIn, onState, clock });
  return { chat, clock, told, countTries: () => tries };
}

async function ask(chat: ArrivingChat, content: string) {
  let text = '';
  const question = { role: 'user', name: 'Ana', content } as const;
  for await (const part of chat.model.reply([question], [], never))
    if (part.kind === 'text') text += part.text;
  return text;
}

const gone = new BotError('download.failed', true, 'The network is gone.');

test('a model whose network is gone comes by itself once the network is back, and the stand-in answers until then', async () => {
  const opened = openArriving(gone, gone, openLocalChat());
  await using chat = opened.chat;
  await expect(chat.waitForArrival()).rejects.toThrow('The network is gone.');
  expect(chat.state).toEqual({
    kind: 'failed',
    why: 'The network is gone. It is tried again in 1 min.',
  });
  expect(await ask(chat, 'What is two plus two?')).toContain('4');
  await opened.clock.advance(minuteMs);
  expect(chat.state).toMatchObject({ why: expect.stringContaining('in 2 min.') });
  await opened.clock.advance(2 * minuteMs - 1);
  expect(opened.countTries()).toBe(2);
  await opened.clock.advance(1);
  await expect
    .poll(() => opened.told.at(-1)?.kind, { timeout: 20_000 })
    .toBe('running');
  expect(await ask(chat, 'Say this.')).toBe('Ana: Say this.');
});

test('what time does not mend is not tried again', async () => {
  const opened = openArriving(new BotError('download.failed', false, 'Status 404.'));
  await using chat = opened.chat;
  await expect(chat.waitForArrival()).rejects.toThrow(/^Status 404\.$/);
  await opened.clock.advance(100 * minuteMs);
  expect(opened.countTries()).toBe(1);
});

test('a fetch that waits to be tried again ends with the bot', async () => {
  const opened = openArriving(gone);
  await expect(opened.chat.waitForArrival()).rejects.toThrow();
  await opened.chat[Symbol.asyncDispose]();
  expect(opened.clock.sleeping).toBe(0);
});

test('a file that cannot be loaded is said in one sentence, and the stand-in answers', async () => {
  const opened = openArriving(openLocalChat('broken.gguf'));
  await using chat = opened.chat;
  await expect(chat.waitUntilLoaded()).rejects.toThrow('could not be loaded');
  expect(opened.told.map(({ kind }) => kind)).toEqual(['failed']);
  expect(await ask(chat, 'What is two plus two?')).toContain('4');
}, 20_000);
