import { readAloud } from '#commands/read-aloud.ts';
import { say } from '#commands/say.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { Command, CommandPorts } from '#src/features/command.ts';
import { toOpenText } from '#src/people/owned.ts';
import type {
  MessageContent,
  PickedMessage,
  SealedContent,
} from '#src/ports/authored-content.ts';
import type { TypedMessage, TypedMessages } from '#src/ports/typed-messages.ts';
import { openAccess, openDiscord } from '#test/discord/setup/open-discord.ts';
import { makeVoiceHalf } from '#test/discord/setup/sandbox-login.ts';

const expireSoon = () => AbortSignal.timeout(20_000);
const never = new AbortController().signal;

/** Reads content as if its author had been asked. */
function openContent(content: SealedContent) {
  return content as unknown as MessageContent;
}

/** A logged-in bot that notes what it reads. */
async function startReading(sandbox: Sandbox, messageContent: boolean) {
  const read: TypedMessage[] = [];
  const deleted: string[] = [];
  const events: DiscordEvent[] = [];
  const said: (string | undefined)[] = [];
  const picked: (PickedMessage | undefined)[] = [];
  const noteMessage: Command['run'] = async ({ message, inputs }) => {
    said.push(message ? openContent(message).text : inputs.text);
    picked.push(message);
    return [{ id: 'say.now' }];
  };
  let typed: TypedMessages | undefined;
  const bot = await openDiscord(
    {
      apiUrl: sandbox.apiUrl,
      token: sandbox.token,
      messageContent,
      onEvent: (event) => events.push(event),
      commands: [
        { ...say, run: noteMessage },
        { ...readAloud, run: noteMessage },
      ],
      createPorts: (discord) => {
        ({ typed } = discord);
        typed.setListener({
          onWritten: (message) => read.push(message),
          onDeleted: (ids) => deleted.push(...ids),
        });
        return { ...openAccess, sessions: {} } as CommandPorts;
      },
    },
    never,
  );
  if (!typed) throw new Error('nothing was opened');
  return {
    typed,
    said,
    picked,
    read,
    deleted,
    events,
    [Symbol.asyncDispose]: () => bot[Symbol.asyncDispose](),
  };
}

async function openSandboxHere(options: Partial<SandboxOptions> = {}) {
  const voice = makeVoiceHalf(await loadOpus());
  return await openSandbox({ voice, voiceChannels: ['Lounge'], ...options });
}

test('without a privileged intent it reads what mentions it, and replies that ping it', async () => {
  await using sandbox = await openSandboxHere();
  await using bot = await startReading(sandbox, false);
  const adam = sandbox.person('Adam');
  const lounge = { channel: 'Lounge' };
  adam.write('among ourselves', lounge);
  const shownMessage = adam.write(`<@${sandbox.botId}> <@99> what time is it?`, lounge);
  await expect
    .poll(() =>
      bot.read.map(({ content, isMention }) => [isMention, openContent(content).text]),
    )
    .toEqual([
      [false, ''],
      [true, '<@99> what time is it?'],
    ]);
  const [, message] = bot.read;
  if (!message) throw new Error('nothing was read');
  expect(message.channelId).toBe(sandbox.channelId('Lounge'));
  expect(await bot.typed.replyTo(message, toOpenText('Noon.'), never)).toBe('sent');
  const reply = sandbox.messages('Lounge').at(-1);
  expect(reply).toMatchObject({ text: 'Noon.', pings: [] });
  if (!reply) throw new Error('nothing was replied');
  adam.write('And in Rome?', { ...lounge, replyTo: reply });
  await expect
    .poll(() => bot.read.at(-1))
    .toMatchObject({ isMention: true, content: { text: 'And in Rome?' } });
  adam.deleteMessage(shownMessage);
  await expect.poll(() => bot.deleted).toEqual([shownMessage.id]);
  expect(await bot.typed.replyTo(message, toOpenText('Too late.'), never)).toBe(
    'deleted',
  );
});

test('marks of Discord are read as the names people see: in /say, in the menu and in typed lines', async () => {
  await using sandbox = await openSandboxHere({ voiceChannels: ['Lounge', 'Secret'] });
  await using bot = await startReading(sandbox, false);
  const guild = sandbox.guild();
  guild.permit('Secret', '@everyone', { deny: ['viewChannel'] });
  const mods = guild.addRole('Mods');
  const [adam, ben] = [sandbox.person('Adam'), sandbox.person('Ben')];
  await ben.join('Lounge', expireSoon());
  const marks = `<@${ben.id}>, <@&${mods}> in <#${sandbox.channelId('Lounge')}>`;
  const named = 'Ben, Mods in Lounge';
  const secret = `<#${sandbox.channelId('Secret')}>`;
  await expect
    .poll(async () => {
      await adam
        .command('say', { text: `Hello ${marks} ${secret}` })
        .waitForAnswer(expireSoon());
      return bot.said.at(-1);
    })
    .toBe(`Hello ${named} ${secret}`);
  const message = adam.write(`Dinner: ${marks}`, { channel: 'Lounge' });
  await adam.menu('Read aloud', message).waitForAnswer(expireSoon());
  expect(bot.said.at(-1)).toBe(`Dinner: ${named}`);
  adam.write(`<@${sandbox.botId}> call ${marks}`, { channel: 'Lounge' });
  await expect
    .poll(() => openContent(bot.read.at(-1)?.content ?? expect.fail()).text)
    .toBe(`call ${named}`);
});

const photo = { url: 'https://cdn.test/a.png', name: 'a.png', type: 'image/png' };
const attachment = {
  id: '1',
  filename: photo.name,
  url: photo.url,
  content_type: photo.type,
};
const embed = { title: 'Dinner', fields: [{ name: 'Where', value: 'At home' }] };
const ofEmbed = 'Dinner\nWhere\nAt home';
const shop = 'The shop closes.';
const snapshot = {
  content: shop,
  attachments: [attachment],
  embeds: [embed],
  components: [],
};
const question = { text: 'Lunch?' };
const answers = [{ answer_id: 1, poll_media: { text: 'Soup' } }];

/** Forms of messages, and what is read of one. */
const forms: Readonly<
  Record<string, readonly [Readonly<Record<string, unknown>>, object]>
> = {
  'a forwarded message': [
    {
      message_reference: { type: 1, message_id: '7', channel_id: '8' },
      message_snapshots: [{ message: snapshot }],
    },
    { text: `${shop}\n${ofEmbed}`, isForwarded: true, pictures: [photo] },
  ],
  'a poll': [{ poll: { question, answers } }, { text: 'Lunch?\nSoup' }],
  components: [
    { components: [{ type: 17, components: [{ type: 10, content: shop }] }] },
    { text: shop },
  ],
  embeds: [{ embeds: [embed] }, { text: ofEmbed }],
};

test.each(Object.keys(forms))(
  'the words and files of %s are read alike in the menu and, but for previews, in a typed line',
  async (name) => {
    const [form, content] = forms[name] ?? expect.fail();
    await using sandbox = await openSandboxHere({ privilegedIntents: ['content'] });
    await using bot = await startReading(sandbox, true);
    const adam = sandbox.person('Adam');
    const message = adam.write('', { channel: 'Lounge', form });
    await adam.menu('Read aloud', message).waitForAnswer(expireSoon());
    const [picked] = bot.picked;
    expect(picked).toMatchObject(content);
    const text =
      name === 'embeds' ? '' : picked && openContent(picked).text.replaceAll('\n', ' ');
    await expect
      .poll(() => bot.read.at(-1))
      .toMatchObject({ content: { text }, isHidden: false });
  },
);

test('if Discord refuses the intent, the bot does not start, and says how to fix that', async () => {
  await using sandbox = await openSandboxHere();
  await expect(startReading(sandbox, true)).rejects.toMatchObject({
    code: 'discord.intent_refused',
  });
});
