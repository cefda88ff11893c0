import type { Command, Replies } from '#src/features/command.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import type { TypedMessage } from '#src/ports/typed-messages.ts';
import { openSandboxBot } from '#test/discord/setup/open-discord.ts';

const never = new AbortController().signal;
const expireSoon = () => AbortSignal.timeout(30_000);
const answer = 'See https://example.com/?words=of+the+channel';
const answered = { id: 'ask.answer', with: { answer } } as const;
const toCaller = {
  id: 'ask.unknown',
  words: [new Owned(answered, 'given')],
  to: 'caller',
} as const;
const toRoom = { ...toCaller, to: 'room' } as const;

/** A command that answers with a link; `release` ends one that shows as thinking. */
function makeAsking(
  name: string,
  replies: Replies,
  shownTo: 'caller' | 'room',
  wait?: Promise<void>,
) {
  const giveReplies = async () => {
    await wait;
    return replies;
  };
  return {
    name,
    description: 'command.ask',
    shownTo,
    options: [],
    run: giveReplies,
  } as const satisfies Command;
}

/** The real bot on the loopback Discord. */
async function openBot() {
  const { promise: release, resolve: finish } = Promise.withResolvers<void>();
  const commands: Command[] = [
    makeAsking('ask', [toRoom, toCaller], 'room'),
    makeAsking('aside', [toCaller], 'caller'),
    makeAsking('slow', [toRoom], 'room', release),
    makeAsking('misjudged', [toCaller], 'room', release),
  ];
  const about = {
    label: 'ask.about',
    run: async (): Promise<Replies> => [toCaller],
  } as const;
  const written: TypedMessage[] = [];
  const opened = await openSandboxBot([...commands, about]);
  opened.typed.setListener({
    onWritten: (message) => void written.push(message),
    onDeleted: () => undefined,
  });
  return { ...opened, written, finish };
}

// Proves: Discord previews no link in what the bot writes by fake
test('no link in what a model wrote is fetched for a preview, through any door', async () => {
  await using bot = await openBot();
  const { captions, finish, lounge, messages, sandbox, typed, written } = bot;
  const ann = sandbox.person('Ann');
  const own = { channelId: lounge.channelId };
  // Mention reply, the channel's chat, notes to people in it, recap, captions.
  const message = ann.write(`<@${sandbox.botId}> tell me`, { channel: 'Lounge' });
  expect(message.hasPreviews).toBe(true);
  await expect.poll(() => written).toHaveLength(1);
  const [mention] = written;
  if (mention) await typed.replyTo(mention, toOpenText(answer), never);
  await messages.writeText(lounge, new Owned(answer, own), never);
  await messages.notifyPeople(
    lounge,
    [{ personId: ann.id, text: toOpenText(answer) }],
    never,
  );
  await captions.postMessage(lounge.channelId, answer, never);
  const chat = await captions.openChat(lounge, undefined, never);
  const caption = chat.openMessage(
    () => ({ text: answer }),
    () => undefined,
  );
  caption.requestUpdate('whole');
  await caption.waitUntilSettled();
  const shownMessages = sandbox
    .messages('Lounge')
    .filter(({ text }) => text.includes('example.com'));
  expect(shownMessages.map(({ hasPreviews }) => hasPreviews)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  // Direct message.
  await messages.tellPerson(ann.id, new Owned(answer, { onlyFor: ann.id }), never);
  expect(sandbox.directMessages()).toMatchObject([
    { text: answer, hasPreviews: false },
  ]);
  // Ask about this, /ask at once and after thinking, in public and in private, and what follows a first answer.
  const lines = ['ask', 'aside', 'slow', 'misjudged'].map((line) => ann.command(line));
  const calls = [ann.menu('Ask about this', message), ...lines];
  const isThinking = ({ id }: { readonly id: string }) =>
    sandbox.requests().some(({ path }) => path.includes(`/${id}/`));
  await expect.poll(() => calls.every(isThinking)).toBe(true);
  finish();
  for (const call of calls) {
    const reply = await call.waitForAnswer(expireSoon());
    expect(reply).toMatchObject({ text: answer, hasPreviews: false });
  }
  const [, first] = calls;
  await expect
    .poll(() => first?.followUps)
    .toMatchObject([{ text: answer, hasPreviews: false }]);
});
