import { type Interaction, MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import type {
  Button,
  CommandCall,
  CommandPorts,
  PickerHandler,
} from '#src/conversation/command.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { InteractionReceiver } from '#src/discord/interactions/reception.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const blocked = { id: 'access.blocked' } as const;

/** Receiver of interactions; Ben is blocked in its server. */
function open(buttons: readonly Button[] = [], pickers: readonly PickerHandler[] = []) {
  const events: DiscordEvent[] = [];
  const reception = new InteractionReceiver({
    commands: [],
    forms: [],
    pickers,
    messages: { offer: async () => undefined },
    buttons: new Map(buttons.map((button) => [button.name, button])),
    ports: {
      access: {
        denied: async ({ callerId }: CommandCall) => (callerId === 'ben' ? blocked : undefined),
      },
    } as unknown as CommandPorts,
    commandsPerPerson: 5,
    panels: { dressed: () => ({ content: '', allowedMentions: { parse: [] } }), put: () => {} },
    timing: new SteppedTiming(),
    report: (event) => events.push(event),
  });
  return { reception, events };
}

/** A press from a direct message, or from a server the bot is not in. */
function fromElsewhere(
  reply: (message: unknown) => Promise<unknown>,
  locale: unknown = 'de',
): Interaction {
  return {
    locale,
    user: { id: 'ben' },
    isAutocomplete: () => false,
    isChatInputCommand: () => false,
    isMessageContextMenuCommand: () => false,
    isButton: () => true,
    isAnySelectMenu: () => false,
    inCachedGuild: () => false,
    reply,
  } as unknown as Interaction;
}

test('what Discord sends that cannot be read throws nothing', async () => {
  const { reception, events } = open();
  reception.meet({} as Interaction);
  reception.meet(fromElsewhere(() => Promise.reject(new Error('Unknown interaction'))));
  await Promise.resolve();
  await Promise.resolve();
  expect(events.map((event) => event.kind)).toEqual(['command-failed', 'command-failed']);
});

/** A press by Adam in a server, with what is said of it. */
function pressBy(more: object): Interaction {
  return {
    id: '1',
    locale: 'en',
    guildId: 'g',
    user: { id: 'adam' },
    guild: { preferredLocale: 'en' },
    member: { displayName: 'Adam', voice: {}, roles: { cache: new Map() } },
    isAutocomplete: () => false,
    isChatInputCommand: () => false,
    isMessageContextMenuCommand: () => false,
    isButton: () => true,
    isAnySelectMenu: () => false,
    inCachedGuild: () => true,
    reply: async () => ({}),
    ...more,
  } as unknown as Interaction;
}

test.each([
  ['a person', { user: { id: [] } }],
  ['a name', { member: { displayName: {}, voice: {} } }],
  ['a channel', { member: { displayName: 'Adam', voice: { channel: { id: '1', name: 7 } } } }],
])(
  'no command is run for %s that is no text, and whoever asked is told that it failed',
  async (_, more) => {
    const runs: unknown[] = [];
    const confirm: Button = {
      name: 'tool.confirm',
      label: 'button.confirm',
      style: 'main',
      async run(call) {
        runs.push(call);
        return [{ id: 'confirm.over', to: 'caller' }];
      },
    };
    const { reception } = open([confirm]);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const reply = async (message: unknown) => resolve(message);
    reception.meet(pressBy({ customId: 'parley:tool.confirm', reply, ...more }));
    expect(await promise).toMatchObject({ content: text('generic', { code: 'internal' }, 'en') });
    expect(runs).toEqual([]);
  },
);

test.each([
  ['is turned away with the reason', undefined, 'access.blocked'],
  ['may still use what is about their own data', true, 'consent.no'],
] as const)('whom the server does not let use the bot %s', async (_, isForEverybody, id) => {
  const { reception } = open([
    {
      name: 'stop',
      label: 'button.stop',
      style: 'plain',
      ...(isForEverybody && { isForEverybody }),
      run: async () => [{ id: 'consent.no', to: 'caller' }],
    },
  ]);
  const said = Promise.withResolvers<unknown>();
  const reply = async (message: unknown) => said.resolve(message);
  reception.meet(pressBy({ customId: 'parley:stop', user: { id: 'ben' }, reply }));
  expect(await said.promise).toMatchObject({ content: text(id), flags: MessageFlags.Ephemeral });
});

test.each([
  ['is handed over with its subject', ['one', 'two'], 'consent.no'],
  ['that is no list of texts is not', [7], 'generic'],
] as const)('what is picked from a menu %s', async (_, values, id) => {
  const calls: CommandCall[] = [];
  const picker: PickerHandler = {
    name: 'choose',
    inPlace: true,
    async run(call) {
      calls.push(call);
      return [{ id: 'consent.no', to: 'caller', inPlace: true }];
    },
  };
  const { reception } = open([], [picker]);
  const said = Promise.withResolvers<unknown>();
  const [reply, update] = ['reply', 'update'].map((how) => async (message: object) => {
    said.resolve({ how, ...message });
    return {};
  });
  const menu = {
    isButton: () => false,
    isAnySelectMenu: () => true,
    isMessageComponent: () => true,
  };
  const asked = { customId: 'parley:choose:a:b', values, reply, update, ...menu };
  reception.meet(pressBy(asked));
  const isTaken = id === 'consent.no';
  const content = text(id, isTaken ? {} : { code: 'internal' });
  expect(await said.promise).toMatchObject({ how: isTaken ? 'update' : 'reply', content });
  expect(calls.map(({ picked, words }) => [picked, words])).toEqual(
    isTaken ? [[values, { about: 'a:b' }]] : [],
  );
});
