import { type Interaction, MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import type { DiscordEvent } from '#src/discord/events.ts';
import { Reception } from '#src/discord/reception.ts';
import type { CommandPorts, Press } from '#src/session/command.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from './stepped-timing.ts';

function open(...presses: readonly Press[]) {
  const events: DiscordEvent[] = [];
  const reception = new Reception({
    commands: [],
    presses: new Map(presses.map((press) => [press.name, press])),
    ports: {} as CommandPorts,
    commandsPerPerson: 5,
    panels: { dressed: () => ({ content: '', allowedMentions: { parse: [] } }), put: () => {} },
    timing: new SteppedTiming(),
    tell: (event) => events.push(event),
  });
  return { reception, events };
}

/** A press from a direct message, or from a server the bot is not in. */
function fromElsewhere(reply: (message: unknown) => Promise<unknown>): Interaction {
  return {
    ...{ locale: 'de', user: { id: 'ben' } },
    isAutocomplete: () => false,
    isChatInputCommand: () => false,
    isMessageContextMenuCommand: () => false,
    isButton: () => true,
    inCachedGuild: () => false,
    reply,
  } as unknown as Interaction;
}

test('whoever asks from outside a server is told so in private, in their language', () => {
  const { reception } = open();
  const said: unknown[] = [];
  reception.meet(fromElsewhere(async (message) => said.push(message)));
  expect(said).toEqual([
    {
      content: text('generic', { code: 'elsewhere' }, 'de'),
      allowedMentions: { parse: [] },
      flags: MessageFlags.Ephemeral,
    },
  ]);
});

test('what Discord sends that cannot be read throws nothing', async () => {
  const { reception, events } = open();
  reception.meet({} as Interaction);
  reception.meet(fromElsewhere(() => Promise.reject(new Error('Unknown interaction'))));
  await Promise.resolve();
  await Promise.resolve();
  expect(events.map((event) => event.kind)).toEqual(['command-failed', 'command-failed']);
});

test.each([
  ['parley:tool.confirm:a1:b2', { about: 'a1:b2' }],
  ['parley:tool.confirm', {}],
])('a press on %s is told what its button is about', async (customId, words) => {
  const called: unknown[] = [];
  const confirm: Press = {
    ...{ name: 'tool.confirm', label: 'button.confirm', look: 'main' },
    async run(call) {
      called.push(call.words);
      return [{ id: 'confirm.over', to: 'caller' }];
    },
  };
  const { reception } = open(confirm);
  reception.meet({
    ...{ id: '1', customId, locale: 'en', guildId: 'g', user: { id: 'adam' } },
    ...{ guild: { preferredLocale: 'en' }, member: { displayName: 'Adam', voice: {} } },
    isAutocomplete: () => false,
    isChatInputCommand: () => false,
    isMessageContextMenuCommand: () => false,
    isButton: () => true,
    inCachedGuild: () => true,
    reply: async () => ({}),
  } as unknown as Interaction);
  await Promise.resolve();
  expect(called).toEqual([words]);
});
