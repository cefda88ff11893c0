import { type Interaction, MessageFlags, MessageFlagsBitField } from 'discord.js';
import { ask } from '#commands/ask.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { CommandEntry } from '#src/discord/interactions/command-entries.ts';
import { InteractionReceiver } from '#src/discord/interactions/interaction-receiver.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import { toMessageBody } from '#src/discord/interactions/rendering.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandGroup,
  CommandPorts,
  PickerHandler,
} from '#src/features/command.ts';
import { discordLocales } from '#src/texts/locales.ts';
import { formatText, toLocale } from '#src/texts/texts.ts';
import { makePorts } from '#test/commands/command-ports.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const blocked = { id: 'access.blocked' } as const;

/** Receiver of interactions; Ben is blocked in its server. */
function openReceiver(
  buttons: readonly Button[] = [],
  pickers: readonly PickerHandler[] = [],
  overrides: Partial<ConstructorParameters<typeof InteractionReceiver>[0]> = {},
) {
  const events: DiscordEvent[] = [];
  const clock = new VirtualClock();
  const reception = new InteractionReceiver({
    commands: [],
    forms: [],
    pickers,
    buttons: new Map(buttons.map((button) => [button.name, button])),
    ports: {
      guilds: {
        findDenial: async ({ caller }: CommandCall) =>
          caller.id === 'ben' ? blocked : undefined,
      },
    } as unknown as CommandPorts,
    panels: { renderPanel: () => toMessageBody(''), putPanel: () => {} },
    timing: clock,
    report: (event) => events.push(event),
    ...overrides,
  });
  return { clock, reception, events };
}

/** A press from a direct message, or from a server the bot is not in. */
function fromElsewhere(reply: (message: unknown) => Promise<unknown>) {
  return {
    locale: 'de',
    user: { id: 'ben' },
    isAutocomplete: () => false,
    isRepliable: () => true,
    inCachedGuild: () => false,
    reply,
  } as unknown as Interaction;
}

test('a malformed event of Discord throws nothing', async () => {
  const { reception, events } = openReceiver();
  reception.receiveInteraction({} as Interaction);
  reception.receiveInteraction(
    fromElsewhere(() => Promise.reject(new Error('Unknown interaction'))),
  );
  const listKinds = () => events.map((event) => event.kind);
  await expect.poll(listKinds).toEqual(['command-failed', 'command-failed']);
});

/** A press by Adam in a server, with what is said of it. */
function pressBy(overrides: object) {
  return {
    id: '1',
    locale: 'en',
    guildId: 'g',
    user: { id: 'adam' },
    guild: { preferredLocale: 'en' },
    member: { displayName: 'Adam', voice: {}, roles: { cache: new Map() } },
    isAutocomplete: () => false,
    isRepliable: () => true,
    isButton: () => true,
    inCachedGuild: () => true,
    reply: async () => ({}),
    ...overrides,
  } as unknown as Interaction;
}

test.each([
  ['is turned away with the reason', undefined, 'access.blocked'],
  ['may still use what is about their own data', true, 'consent.no'],
] as const)(
  'whom the server does not let use the bot %s, once a press',
  async (_, isForEverybody, id) => {
    const { reception } = openReceiver([
      {
        name: 'stop',
        label: 'button.stop',
        style: 'plain',
        ...(isForEverybody && { isForEverybody }),
        run: async () => [{ id: 'consent.no', to: 'caller' }],
      },
    ]);
    const replies: unknown[] = [];
    const noteReply = async (message: unknown) => void replies.push(message);
    const pressing = pressBy({
      customId: 'parley:stop',
      user: { id: 'ben' },
      reply: noteReply,
    });
    for (const interaction of [pressing, pressing])
      reception.receiveInteraction(interaction);
    const flags = MessageFlags.Ephemeral | MessageFlags.SuppressEmbeds;
    const said = { content: formatText(id), flags };
    await expect.poll(() => replies).toMatchObject([said]);
  },
);

const menu = {
  isButton: () => false,
  isAnySelectMenu: () => true,
  isMessageComponent: () => true,
};

/** The message of a menu or a button, which its caller alone reads. */
const privateMessage = {
  message: { flags: new MessageFlagsBitField(MessageFlags.Ephemeral) },
};
const publicMessage = { message: { flags: new MessageFlagsBitField() } };

test('a private answer to a press takes the place of a private message, and never of one that others read', async () => {
  const picker: PickerHandler = {
    name: 'choose',
    inPlace: true,
    run: async () => [{ id: 'consent.no', to: 'caller', inPlace: true }],
  };
  const { reception } = openReceiver([], [picker]);
  const done: unknown[] = [];
  const pressOn = (id: string, message: object) =>
    reception.receiveInteraction(
      pressBy({
        ...{ id, customId: 'parley:choose', values: ['one'], ...menu, ...message },
        update: async () => done.push([id, 'replaced']),
        reply: async ({ flags }: { readonly flags: number }) =>
          done.push([
            id,
            (flags & MessageFlags.Ephemeral) === 0 ? 'public' : 'private',
          ]),
      }),
    );
  pressOn('11', privateMessage);
  await expect.poll(() => done).toEqual([['11', 'replaced']]);
  pressOn('12', publicMessage);
  await expect.poll(() => done.slice(1)).toEqual([['12', 'private']]);
});

test('a choice from a menu is passed on with its subject', async () => {
  const calls: CommandCall[] = [];
  const picker: PickerHandler = {
    name: 'choose',
    inPlace: true,
    async run(call) {
      calls.push(call);
      return [{ id: 'consent.no', to: 'caller', inPlace: true }];
    },
  };
  const { reception } = openReceiver([], [picker]);
  const said = Promise.withResolvers<unknown>();
  const resolveUpdate = async (message: object) => said.resolve(message);
  const values = ['one', 'two'];
  reception.receiveInteraction(
    pressBy({
      customId: 'parley:choose:a:b',
      values,
      update: resolveUpdate,
      ...menu,
      ...privateMessage,
    }),
  );
  expect(await said.promise).toMatchObject({ content: formatText('consent.no') });
  expect(calls.map(({ picked, inputs }) => [picked, inputs])).toEqual([
    [values, { about: 'a:b' }],
  ]);
});

/** Buttons that note each press: `hark`, and `halt`, which silences. */
function openNoting() {
  const pressed: string[] = [];
  const makeButton = (name: string, rule: Partial<Button> = {}): Button => ({
    name,
    label: 'button.confirm',
    style: 'main',
    ...rule,
    async run() {
      pressed.push(name);
      return [{ id: 'stop.ok', to: 'caller' }];
    },
  });
  const buttons = [makeButton('hark'), makeButton('halt', { isNeverLimited: true })];
  return { ...openReceiver(buttons), pressed };
}

/** A press on `hark` that notes what is replied. */
const pressHark = (n: number, replies: unknown[], overrides: object = {}) =>
  pressBy({
    id: `${n}`,
    customId: 'parley:hark',
    async reply(message: unknown) {
      replies.push(message);
      return {};
    },
    ...overrides,
  });

const refusal = formatText('slow.down', { s: 20 });

function countRefusals(replies: readonly unknown[]) {
  return replies.filter((message) => JSON.stringify(message).includes(refusal)).length;
}

test('in a flood each press is answered and few are done, and other people and servers get theirs at once', async () => {
  const { reception, clock, events, pressed } = openNoting();
  const [flooded, other]: [unknown[], unknown[]] = [[], []];
  for (let n = 0; n < 2_000; n++) {
    reception.receiveInteraction(pressHark(n, flooded));
    const eva = { user: { id: 'eva' }, guildId: n < 1_000 ? 'g' : 'h' };
    if (n % 1_000 === 999)
      reception.receiveInteraction(pressHark(9_000 + n, other, eva));
    clock.passMs(5);
    await Promise.resolve();
  }
  await expect.poll(() => other.length).toBe(2);
  await expect.poll(() => [flooded.length, pressed.length]).toEqual([2_000, 12]);
  for (const message of flooded)
    expect(JSON.stringify(message)).toContain('"flags":68');
  expect(events.filter(({ kind }) => kind !== 'command')).toEqual([]);
});

test('a person who pressed too often reads each time why nothing happens', async () => {
  const { reception } = openNoting();
  const replies: unknown[] = [];
  for (let n = 0; n < 50; n++) reception.receiveInteraction(pressHark(n, replies));
  await expect.poll(() => replies.length).toBe(50);
  expect(countRefusals(replies)).toBe(40);
});

/** A question that a person types as `/ask`. */
function typeAsk(n: number, personId: string, question: string, replies: unknown[]) {
  const typed: Readonly<Record<string, string>> = { question };
  return pressBy({
    id: `ask ${n}`,
    user: { id: personId },
    commandName: 'ask',
    options: {
      getSubcommand: () => null,
      get: (name: string) => typed[name] && { value: typed[name] },
    },
    isButton: () => false,
    isAnySelectMenu: () => false,
    isModalSubmit: () => false,
    isChatInputCommand: () => true,
    async reply(message: unknown) {
      replies.push(message);
      return {};
    },
  });
}

test('/ask with a no runs as /privacy deny, also for a blocked person in a flood, and as a question else', async () => {
  const questions: string[] = [];
  const { reception } = openReceiver([], [], {
    commands: [ask],
    ports: makePorts({
      at: () => undefined,
      findDenial: async ({ caller }) => (caller.id === 'ben' ? blocked : undefined),
      deny: async () => {
        questions.push('no');
        return { isSaved: true };
      },
      askQuestion: async (_guildId, question) => {
        questions.push(question);
        return { kind: 'nowhere' };
      },
    }),
  });
  const replies: unknown[] = [];
  for (let n = 0; n < 20; n++)
    reception.receiveInteraction(typeAsk(n, 'ben', "Don't listen to me", replies));
  reception.receiveInteraction(typeAsk(20, 'eva', 'Who was Nova?', replies));
  await expect.poll(() => replies.length).toBe(21);
  expect(questions).toEqual([...Array(20).fill('no'), 'Who was Nova?']);
});

test('buttons that silence the bot work after any number of presses', async () => {
  const { reception, pressed } = openNoting();
  const replies: unknown[] = [];
  for (let n = 0; n < 100; n++) reception.receiveInteraction(pressHark(n, []));
  const halt = { customId: 'parley:halt' };
  for (let n = 100; n < 130; n++)
    reception.receiveInteraction(pressHark(n, replies, halt));
  await expect.poll(() => replies.length).toBe(30);
  expect(countRefusals(replies)).toBe(0);
  expect(pressed.filter((name) => name === 'halt')).toHaveLength(30);
});

const join: Command = {
  name: 'join',
  shownTo: 'room',
  description: 'command.join',
  options: [
    { name: 'channel', description: 'command.join.channel', kind: 'voice-channel' },
  ],
  run: async () => [{ id: 'join.none', to: 'caller' }],
};
const description = 'command.say.voice';
const option = {
  name: 'mode',
  description,
  kind: 'choice',
  values: ['talk', 'captions'],
} as const;
const allow: Command = { ...join, name: 'allow', shownTo: 'caller', options: [option] };
const privacy: CommandGroup = { name: 'privacy', description, commands: [allow] };
const said = {
  name: 'text',
  description,
  kind: 'text',
  maxChars: 1_000,
  required: true,
} as const;
const voice = { name: 'voice', description, kind: 'text', maxChars: 50 } as const;

/** A sandbox in which these commands are registered. */
async function registerCommands(...commands: readonly CommandEntry[]) {
  const sandbox = await openSilentSandbox();
  await registerOnly({ apiUrl: sandbox.apiUrl, token: sandbox.token, commands });
  const listShown = () => sandbox.commands().map(({ body }) => body);
  return {
    shown: listShown,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

test('options say what they take, and those that must be filled stand first', async () => {
  const suggestNothing = async () => [];
  const loop = { name: 'loop', description, kind: 'boolean' } as const;
  const level = {
    name: 'level',
    description,
    kind: 'number',
    min: 0,
    max: 200,
  } as const;
  const say = {
    ...join,
    name: 'say',
    options: [{ ...voice, suggest: suggestNothing }, said, level, loop],
  };
  await using discord = await registerCommands(say, {
    ...join,
    label: 'ask.about',
  } as const);
  const [first, menu] = discord.shown();
  expect(first).toMatchObject({
    name: 'say',
    description_localizations: { 'es-419': formatText('command.join', {}, 'es') },
    options: [
      { name: 'text', type: 3, required: true, max_length: 1_000 },
      { name: 'voice', type: 3, max_length: 50, autocomplete: true },
      { name: 'level', type: 4, min_value: 0, max_value: 200 },
      { name: 'loop', type: 5 },
    ],
  });
  const name_localizations = expect.objectContaining({
    de: formatText('ask.about', {}, 'de'),
  });
  expect(menu).toMatchObject({ type: 3, name: 'Ask about this', name_localizations });
  expect(menu).not.toHaveProperty('options');
  expect(menu).not.toHaveProperty('name_localizations.en-US');
});

test('Discord is told the names of options and choices in every language but English', async () => {
  await using discord = await registerCommands(privacy);
  const tags = discordLocales.filter((tag) => toLocale(tag) !== 'en');
  const toNames = (id: 'option.mode' | 'choice.talk') =>
    Object.fromEntries(tags.map((tag) => [tag, formatText(id, {}, toLocale(tag))]));
  expect(toNames('option.mode')).toMatchObject({ de: 'modus', 'es-419': 'modo' });
  const mode = {
    name: 'mode',
    name_localizations: toNames('option.mode'),
    choices: [
      { name: 'talk', name_localizations: toNames('choice.talk'), value: 'talk' },
      { name: 'captions', value: 'captions' },
    ],
  };
  expect(discord.shown()).toMatchObject([{ options: [{ options: [mode] }] }]);
});

test('a command that is for managers alone is hidden from others, a group once all of it is', async () => {
  const managers: Command = { ...join, name: 'managers', needsManageServer: true };
  const mixed = { ...privacy, commands: [allow, managers] };
  const all = { ...privacy, name: 'all', commands: [managers] };
  await using discord = await registerCommands(managers, mixed, all);
  const rights = discord
    .shown()
    .map((body) => body.default_member_permissions ?? undefined);
  expect(rights).toEqual(['32', undefined, '32']);
});
