import { type Interaction, MessageFlags } from 'discord.js';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { InteractionReceiver } from '#src/discord/interactions/interaction-receiver.ts';
import { toMessageBody } from '#src/discord/interactions/rendering.ts';
import type {
  Button,
  CommandCall,
  CommandPorts,
  PickerHandler,
} from '#src/features/command.ts';
import { formatText } from '#src/texts/texts.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const blocked = { id: 'access.blocked' };

/** Receiver of interactions; Ben is blocked in its server. */
function open(buttons: readonly Button[] = [], pickers: readonly PickerHandler[] = []) {
  const events: DiscordEvent[] = [];
  const clock = new VirtualClock();
  const reception = new InteractionReceiver({
    commands: [],
    forms: [],
    pickers,
    buttons: new Map(buttons.map((button) => [button.name, button])),
    ports: {
      access: {
        findDenial: async ({ callerId }: CommandCall) =>
          callerId === 'ben' ? blocked : undefined,
      },
    } as unknown as CommandPorts,
    panels: { renderPanel: () => toMessageBody(''), putPanel: () => {} },
    timing: clock,
    report: (event) => events.push(event),
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
  const { reception, events } = open();
  reception.receiveInteraction({} as Interaction);
  reception.receiveInteraction(
    fromElsewhere(() => Promise.reject(new Error('Unknown interaction'))),
  );
  const kinds = () => events.map((event) => event.kind);
  await expect.poll(kinds).toEqual(['command-failed', 'command-failed']);
});

/** A press by Adam in a server, with what is said of it. */
function pressBy(more: object) {
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
    ...more,
  } as unknown as Interaction;
}

test.each([
  ['is turned away with the reason', undefined, 'access.blocked'],
  ['may still use what is about their own data', true, 'consent.no'],
] as const)(
  'whom the server does not let use the bot %s, once a press',
  async (_, isForEverybody, id) => {
    const { reception } = open([
      {
        name: 'stop',
        label: 'button.stop',
        style: 'plain',
        ...(isForEverybody && { isForEverybody }),
        run: async () => [{ id: 'consent.no', to: 'caller' }],
      },
    ]);
    const replies: unknown[] = [];
    const reply = async (message: unknown) => void replies.push(message);
    const press = pressBy({ customId: 'parley:stop', user: { id: 'ben' }, reply });
    for (const one of [press, press]) reception.receiveInteraction(one);
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
  const { reception } = open([], [picker]);
  const said = Promise.withResolvers<unknown>();
  const update = async (message: object) => said.resolve(message);
  const values = ['one', 'two'];
  reception.receiveInteraction(
    pressBy({ customId: 'parley:choose:a:b', values, update, ...menu }),
  );
  expect(await said.promise).toMatchObject({ content: formatText('consent.no') });
  expect(calls.map(({ picked, words }) => [picked, words])).toEqual([
    [values, { about: 'a:b' }],
  ]);
});
