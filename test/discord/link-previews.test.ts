import type { RequestListener } from 'node:http';
import { Secret } from '#src/base/secret.ts';
import { writeToOperator } from '#src/discord/account/operator-message.ts';
import type { Command, Replies } from '#src/features/command.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import type { TypedMessage } from '#src/ports/typed-messages.ts';
import { openSandboxBot } from '#test/discord/setup/open-discord.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

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

/** A webhook of this machine that answers so. */
async function openWebhook(answer: RequestListener) {
  const bodies: unknown[] = [];
  const served = await openListeningServer(async (request, response) => {
    bodies.push(JSON.parse(`${Buffer.concat(await Array.fromAsync<Buffer>(request))}`));
    answer(request, response);
  });
  return {
    bodies,
    webhook: new Secret(`${served.origin}/api/webhooks/1/canary-of-the-hook`),
    ...served,
  };
}

test('without a webhook the owner of the application gets a direct message that pings nobody', async () => {
  await using sandbox = await openSilentSandbox();
  const discord = { token: new Secret(sandbox.token), apiUrl: sandbox.apiUrl };
  const where = await writeToOperator('Trouble.', { discord }, never);
  await writeToOperator('More.', { discord }, never);
  expect(where).toBe('1 of 1 owner of the application');
  expect(sandbox.directMessages()).toMatchObject([
    { to: 'Olga', text: 'Trouble.' },
    { to: 'Olga', text: 'More.' },
  ]);
  expect(sandbox.requests().map(({ body }) => body)).toContainEqual({
    content: 'Trouble.',
    allowed_mentions: { parse: [] },
  });
});

test('a webhook is posted what Discord and others read, in place of a direct message', async () => {
  await using hook = await openWebhook((_, response) => response.writeHead(204).end());
  const where = await writeToOperator('Trouble.', { webhook: hook.webhook }, never);
  expect(where).toBe('the webhook of OPERATOR_WEBHOOK');
  expect(hook.bodies).toEqual([
    { content: 'Trouble.', text: 'Trouble.', allowed_mentions: { parse: [] } },
  ]);
});

test.each([
  ['refuses', 404, {}],
  ['sends on', 302, { location: 'http://127.0.0.1:9/' }],
])(
  'a webhook that %s is a failure that does not quote its address',
  async (_, status, headers) => {
    await using hook = await openWebhook((_request, response) =>
      response.writeHead(status, headers).end('canary-of-the-hook'),
    );
    const sent = writeToOperator('Trouble.', { webhook: hook.webhook }, never);
    const error = await sent.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'discord.unsent' });
    expect(`${(error as Error).message} ${(error as Error).cause}`).not.toContain(
      'canary',
    );
    expect(hook.bodies).toHaveLength(1);
  },
);
