import {
  type ActionRowData,
  ApplicationCommandType,
  ButtonStyle,
  type Client,
  ComponentType,
  type Interaction,
  type MessageActionRowComponentData,
  MessageFlags,
  SelectMenuDefaultValueType,
  TextInputStyle,
} from 'discord.js';
import { expect, test } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openBot } from '#test/discord/setup/sandbox-bot.ts';

const soon = () => AbortSignal.timeout(5000);

function row(...components: MessageActionRowComponentData[]) {
  const type: ComponentType.ActionRow = ComponentType.ActionRow;
  return { type, components } satisfies ActionRowData<MessageActionRowComponentData>;
}

const more = {
  type: ComponentType.Button,
  customId: 'more',
  label: 'More',
  style: ButtonStyle.Primary,
} as const;
const grey = { ...more, customId: 'grey', disabled: true } as const;
const pick = {
  type: ComponentType.StringSelect,
  customId: 'pick',
  maxValues: 2,
  options: ['a', 'b', 'c'].map((value) => ({ label: `letter ${value}`, value })),
} as const;
const whom = { type: ComponentType.UserSelect, customId: 'whom' } as const;

/** Registers `/panel`, which shows a message with buttons and menus, and answers everything else with `answer`. */
async function withPanel(
  client: Client,
  answer: (interaction: Interaction<'cached'>) => Promise<unknown>,
): Promise<void> {
  await client.application?.commands.set([{ name: 'panel', description: 'Show it' }]);
  client.on('interactionCreate', (interaction) => {
    if (!interaction.inCachedGuild()) return;
    const components = [row(more, grey), row(pick), row(whom)];
    if (interaction.isChatInputCommand()) void interaction.reply({ content: 'one', components });
    else void answer(interaction);
  });
}

async function panelOf(person: SandboxPerson): Promise<ShownMessage> {
  return await person.command('panel').answered(soon());
}

test('a button updates the message it sits on, and what it said before is kept with its instant', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withPanel(client, async (interaction) => {
    if (interaction.isButton()) await interaction.update(`${interaction.message.content} two`);
  });
  const adam = sandbox.person('Adam');
  const panel = await panelOf(adam);
  const pressed = adam.press(panel, 'more');
  expect(await pressed.answered(soon())).toMatchObject({ id: panel.id, text: 'one two' });
  const edits = sandbox.message(panel.id)?.edits ?? [];
  expect(edits).toMatchObject([{ text: 'one two', components: panel.components }]);
  expect(edits[0]?.atMs).toBeGreaterThanOrEqual(pressed.sentAtMs);
});

test('a button that asks for time may answer privately later, and may edit its message', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withPanel(client, async (interaction) => {
    if (!interaction.isButton()) return;
    await interaction.deferUpdate();
    await interaction.editReply('edited');
    await interaction.followUp({ content: 'only you', flags: MessageFlags.Ephemeral });
  });
  const adam = sandbox.person('Adam');
  const panel = await panelOf(adam);
  const pressed = adam.press(panel, 'more');
  await pressed.acknowledged(soon());
  expect(pressed.deferred).toBe(true);
  expect(await pressed.followed(soon())).toMatchObject({ text: 'only you', ephemeral: true });
  expect(sandbox.messages('general').map(({ text }) => text)).toEqual(['edited']);
});

test('a menu gets what was picked, by what people see or by what the bot gave', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withPanel(client, async (interaction) => {
    if (interaction.isStringSelectMenu()) await interaction.reply(interaction.values.join());
    if (interaction.isUserSelectMenu()) {
      await interaction.reply(interaction.members.map(({ displayName }) => displayName).join());
    }
  });
  const adam = sandbox.person('Adam');
  const panel = await panelOf(adam);
  const picked = adam.press(panel, 'pick', ['letter a', 'c']);
  expect((await picked.answered(soon())).text).toBe('a,c');
  const eve = sandbox.person('Eve');
  expect((await adam.press(panel, 'whom', [eve.name]).answered(soon())).text).toBe('Eve');
});

test('nobody presses what is grey, does not offer that, or is meant for somebody else', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  await withPanel(client, async (interaction) => {
    const flags = MessageFlags.Ephemeral;
    if (interaction.isButton()) await interaction.reply({ components: [row(more)], flags });
  });
  const adam = sandbox.person('Adam');
  const panel = await panelOf(adam);
  expect(() => adam.press(panel, 'grey')).toThrow('grey is greyed out.');
  expect(() => adam.press(panel, 'pick', ['z'])).toThrow('pick does not offer z.');
  expect(() => adam.press(panel, 'pick')).toThrow('pick does not take 0 values.');
  const mine = await adam.press(panel, 'more').answered(soon());
  expect(() => sandbox.person('Eve').press(mine, 'more')).toThrow('Eve cannot see that message.');
});

test('a button of a message that is lost can be answered, but the message cannot be edited', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const refused = Promise.withResolvers<unknown>();
  await withPanel(client, async (interaction) => {
    if (!interaction.isButton()) return;
    await interaction.update('edited').catch(refused.resolve);
    await interaction.message.edit('edited').catch(() => undefined);
    await interaction.reply('That panel is gone.');
  });
  const lost = sandbox.person('Adam').pressLost('more');
  expect((await lost.answered(soon())).text).toBe('That panel is gone.');
  expect(await refused.promise).toMatchObject({ status: 404, code: 10_008 });
});

test('a form is opened by a button, filled in, and answered on the message it came from', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const input = {
    type: ComponentType.TextInput,
    customId: 'words',
    label: 'Words',
    style: TextInputStyle.Short,
    maxLength: 10,
  } as const;
  await withPanel(client, async (interaction) => {
    const components = [{ type: ComponentType.ActionRow as const, components: [input] }];
    if (interaction.isButton()) {
      await interaction.showModal({ customId: 'form', title: 'Say what', components });
    } else if (interaction.isModalSubmit() && interaction.isFromMessage()) {
      await interaction.update(interaction.fields.getTextInputValue('words'));
    }
  });
  const adam = sandbox.person('Adam');
  const pressed = adam.press(await panelOf(adam), 'more');
  expect(await pressed.asked(soon())).toMatchObject({ custom_id: 'form', title: 'Say what' });
  expect(() => adam.submit(pressed, {})).toThrow('The form needs words.');
  expect(() => adam.submit(pressed, { words: 'x'.repeat(11) })).toThrow('10 characters');
  expect(() => adam.submit(pressed, { other: 'x' })).toThrow('The form has no other.');
  expect(() => sandbox.person('Eve').submit(pressed, { words: 'x' })).toThrow('was asked nothing');
  expect((await adam.submit(pressed, { words: 'hello' }).answered(soon())).text).toBe('hello');
});

test('components that Discord would refuse are refused', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const channel = await client.channels.fetch(sandbox.channelId('general'));
  if (!channel?.isSendable()) throw new Error('general is no text channel');
  const long = { ...more, label: 'x'.repeat(81) };
  const [first, ...others] = pick.options;
  const twice = { ...pick, options: [first, first, ...others].filter((one) => one !== undefined) };
  const tooMany = { ...pick, maxValues: 4 };
  const chosen = { ...pick, options: pick.options.map((one) => ({ ...one, default: true })) };
  const { User }: { readonly User: SelectMenuDefaultValueType.User } = SelectMenuDefaultValueType;
  const defaultValues = ['1', '2'].map((id) => ({ id, type: User }));
  const menus = [twice, tooMany, chosen, { ...whom, defaultValues }].map((menu) => [row(menu)]);
  const buttons = [[row(more, more)], [row(long)], [row(more, pick)], [row()]];
  for (const components of [...buttons, ...menus]) {
    await expect(channel.send({ content: 'x', components })).rejects.toMatchObject({
      code: 50_035,
    });
  }
});

test('an entry of the menu of a message gets that message', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  const type = ApplicationCommandType.Message as const;
  await client.application?.commands.set([{ name: 'Read aloud', type }]);
  client.on('interactionCreate', (interaction) => {
    if (!interaction.isMessageContextMenuCommand()) return;
    void interaction.reply(interaction.targetMessage.content.toUpperCase());
  });
  const adam = sandbox.person('Adam');
  const message = adam.write('quietly');
  const used = sandbox.person('Eve').menu('Read aloud', message);
  expect((await used.answered(soon())).text).toBe('QUIETLY');
});
