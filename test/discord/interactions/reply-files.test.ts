import type { ShownMessage } from '#sandbox/interactions/interactions.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { Discord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { Command, Replies } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { downloadFile } from '#test/sandbox/download.ts';

const expireSoon = () => AbortSignal.timeout(30_000);
const events: DiscordEvent[] = [];
let release = Promise.withResolvers<void>();
let replies: Replies = [{ id: 'stop.ok', to: 'caller' }];

/** Answers with `replies`, at once or when it is released. */
function makeCommand(
  name: string,
  shownTo: 'room' | 'caller',
  isSlow: boolean,
): Command {
  const runCommand = async () => {
    if (isSlow) await release.promise;
    return replies;
  };
  return { name, description: 'command.stop', shownTo, options: [], run: runCommand };
}

const commands = [
  makeCommand('aloud', 'room', false),
  makeCommand('aside', 'caller', false),
  makeCommand('slow', 'caller', true),
  makeCommand('misjudged', 'room', true),
];

let opened: { readonly sandbox: Sandbox; readonly bot: Discord } | undefined;
beforeAll(async () => {
  const sandbox = await openSandbox();
  const onEvent = (event: DiscordEvent) => events.push(event);
  const { apiUrl, token } = sandbox;
  const bot = await openDiscord({ apiUrl, token, commands, onEvent }, expireSoon());
  opened = { sandbox, bot };
});
afterAll(async () => {
  await opened?.bot[Symbol.asyncDispose]();
  await opened?.sandbox[Symbol.asyncDispose]();
});
beforeEach(() => {
  events.length = 0;
  release = Promise.withResolvers<void>();
});

function askForReply(line: string, to: 'room' | 'caller', files: readonly ReplyFile[]) {
  if (!opened) throw new Error('the sandbox is not open');
  const given = files.map((file) => new Owned(file, 'given'));
  replies = [{ id: 'stop.ok', to, files: given }];
  return {
    sandbox: opened.sandbox,
    answer: opened.sandbox.person('Ann').command(line),
  };
}

const transcript: ReplyFile = { name: 'transcript-Größe.md', text: 'Ana: größer\n' };
const sound: ReplyFile = { name: 'a.bin', bytes: new Uint8Array([1, 2, 3]) };
const namesIn = ({ files }: ShownMessage) => files.map(({ name }) => name);
const listFailures = () => events.filter(({ kind }) => kind === 'command-failed');

test.each([
  ['aloud', 'room'],
  ['aside', 'caller'],
] as const)(
  'files of /%s hang on its reply, and are read back as they were',
  async (line, to) => {
    const { sandbox, answer } = askForReply(line, to, [transcript, sound]);
    const shownMessage = await answer.waitForAnswer(expireSoon());
    expect(shownMessage).toMatchObject({
      text: formatText('stop.ok'),
      ephemeral: to === 'caller',
    });
    expect(shownMessage.files).toMatchObject([
      { name: 'transcript-Größe.md', sizeBytes: Buffer.byteLength('Ana: größer\n') },
      { name: 'a.bin', sizeBytes: 3 },
    ]);
    const read = await downloadFile(shownMessage.files[0]?.url ?? '', sandbox);
    expect(read).toMatchObject({ status: 200, text: 'Ana: größer\n' });
  },
);

test.each(['slow', 'misjudged'])(
  'a private answer that showed as thinking (/%s) holds its files, too',
  async (line) => {
    const { sandbox, answer } = askForReply(line, 'caller', [transcript]);
    const isThinking = () =>
      sandbox.requests().some(({ path }) => path.includes(`/${answer.id}/`));
    await expect.poll(isThinking).toBe(true);
    release.resolve();
    const shownMessage = await answer.waitForAnswer(expireSoon());
    expect([shownMessage.ephemeral, namesIn(shownMessage)]).toEqual([
      true,
      [transcript.name],
    ]);
    expect(listFailures()).toEqual([]);
  },
);

test('a file above the limit is refused with 40005, and the operator is told', async () => {
  const { sandbox } = askForReply('aside', 'caller', [
    { name: 'big', bytes: new Uint8Array(10 * 1024 * 1024 + 1) },
  ]);
  await expect.poll(listFailures).toMatchObject([{ error: { code: 40_005 } }]);
  expect(sandbox.requests().at(-1)?.status).toBe(413);
});
