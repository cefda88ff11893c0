import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Command } from '#src/features/command.ts';
import type {
  CaptionChat,
  DrawnMessage,
  MessageOutcome,
} from '#src/ports/caption-chats.ts';
import { openSandboxBot } from '#test/discord/setup/open-discord.ts';
import { waitUntil } from '#test/discord/setup/sandbox-login.ts';

const never = new AbortController().signal;
const join: Command = {
  name: 'join',
  description: 'command.join',
  shownTo: 'room',
  options: [],
  run: async () => [
    { id: 'join.ok', with: { channel: 'Lounge' }, to: 'room', panel: true },
  ],
};
/** The real bot in a sandbox with Discord's usual rate limits. */
async function openBot() {
  const opened = await openSandboxBot([join], { rateLimits: 'usual' });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const deleted: (readonly string[])[] = [];
  opened.captions.onMessagesDeleted((each) => deleted.push(each));
  return { ...opened, deleted };
}

/** Messages of a chat by their keys, and their outcomes so far. */
function followChat(chat: CaptionChat) {
  const outcomes: MessageOutcome[] = [];
  const messages = new Map<string, { text: string; readonly sent: DrawnMessage }>();
  const showCaption = (key: string, text: string) => {
    const known = messages.get(key);
    const drawCaption = () => ({ text: messages.get(key)?.text ?? text });
    const sent =
      known?.sent ?? chat.openMessage(drawCaption, (outcome) => outcomes.push(outcome));
    messages.set(key, { text, sent });
    sent.requestUpdate('whole');
  };
  const waitUntilSettled = () =>
    Promise.all(Array.from(messages.values(), ({ sent }) => sent.waitUntilSettled()));
  return { outcomes, settled: waitUntilSettled, show: showCaption };
}

test('captions stand in the chat of the voice channel, are edited in place, and ping nobody', async () => {
  const { captions, lounge, sandbox } = await openBot();
  const ann = sandbox.person('Ann');
  const { settled, show } = followChat(
    await captions.openChat(lounge, undefined, never),
  );
  show('a', `Welcome, <@${ann.id}>. @everyone`);
  await settled();
  show('a', 'Welcome.');
  show('b', 'Ann: https://example.com');
  await settled();
  expect(sandbox.messages('Lounge')).toMatchObject([
    { text: 'Welcome.', pings: [] },
    { text: 'Ann: https://example.com', pings: [] },
  ]);
  show('a', '');
  await settled();
  expect(sandbox.messages('Lounge')).toHaveLength(1);
});

test('captions stand in a thread of their own, which is woken when it sleeps', async () => {
  const { captions, lounge, sandbox } = await openBot();
  const thread = {
    parentChannelId: sandbox.channelId('general'),
    name: 'x'.repeat(150),
  };
  const chat = await captions.openChat(lounge, thread, never);
  const name = `${'x'.repeat(99)}…`;
  expect(chat.channelId).toBe(sandbox.channelId(name));
  const { settled, show } = followChat(chat);
  show('a', 'one');
  await settled();
  sandbox.guild().archiveThread(name);
  show('a', 'two');
  await settled();
  expect(sandbox.messages(name)).toMatchObject([{ text: 'two' }]);
});

test.each([
  [
    'Lounge',
    'connect',
    'the bot needs View Channel, Connect, Send Messages in its chat',
  ],
  ['general', 'sendInThreads', 'Send Messages in Threads in the text channel'],
] as const)(
  'in %s without %s captions are refused with the rights that they need',
  async (channel, right, words) => {
    const { captions, lounge, sandbox } = await openBot();
    sandbox.guild().permit(channel, 'Nova', { deny: [right] });
    const parentChannelId = sandbox.channelId('general');
    const thread =
      channel === 'general' ? { parentChannelId, name: 'Captions' } : undefined;
    const findRefusal = () =>
      captions.openChat(lounge, thread, never).catch((error: unknown) => error);
    const message = expect.stringContaining(words);
    await expect
      .poll(findRefusal)
      .toMatchObject({ code: 'discord.forbidden', message });
  },
);

test('a channel of another server takes no captions', async () => {
  const { captions, lounge, sandbox } = await openBot();
  const thread = { parentChannelId: sandbox.channelId('general'), name: 'Captions' };
  const opening = captions.openChat(
    { ...lounge, guildId: toGuildId('2') },
    thread,
    never,
  );
  await expect(opening).rejects.toMatchObject({ code: 'discord.forbidden' });
});

test('a message that people delete is reported, and one that the bot deletes is not', async () => {
  const { captions, lounge, sandbox, deleted } = await openBot();
  const { settled, show } = followChat(
    await captions.openChat(lounge, undefined, never),
  );
  for (const key of ['a', 'b', 'c', 'd']) show(key, key);
  await settled();
  const [a, b, c] = sandbox.messages('Lounge');
  if (!a || !b || !c) throw new Error('nothing was posted');
  show('d', '');
  await settled();
  sandbox.person('Olga').deleteMessage(a);
  sandbox.guild().deleteMessages([b.id, c.id]);
  await waitUntil(() => deleted.length === 2);
  expect(deleted).toEqual([[a.id], [b.id, c.id]]);
});

test('a deleted thread is reported with the next message for it', async () => {
  const { captions, lounge, sandbox } = await openBot();
  const thread = { parentChannelId: sandbox.channelId('general'), name: 'one' };
  const { outcomes, settled, show } = followChat(
    await captions.openChat(lounge, thread, never),
  );
  show('a', 'text');
  await settled();
  sandbox.guild().removeChannel('one');
  show('a', 'more');
  await settled();
  expect(outcomes.at(-1)).toEqual({ kind: 'chat-gone' });
});

test('Discord’s present rights decide who may open a channel', async () => {
  const { captions, lounge, sandbox } = await openBot();
  const { guildId } = sandbox;
  const ann = sandbox.person('Ann');
  const mayOpen = (right?: string) =>
    captions.mayOpen(guildId, toChannelId(right ?? lounge.channelId), ann.id);
  await expect.poll(() => mayOpen()).toBe('yes');
  expect(await mayOpen(sandbox.channelId('general'))).toBe('no');
  expect(await captions.mayOpen(guildId, lounge.channelId, toPersonId('2'))).toBe('no');
  for (const right of ['connect', 'readHistory', 'viewChannel'] as const) {
    sandbox.guild().permit('Lounge', 'Ann', { deny: [right] });
    await expect.poll(() => mayOpen()).toBe('no');
    sandbox.guild().permit('Lounge', 'Ann', {});
    await expect.poll(() => mayOpen()).toBe('yes');
  }
});
