import { type Interaction, MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import type { DiscordEvent } from '#src/discord/events.ts';
import { Reception } from '#src/discord/reception.ts';
import type { CommandPorts } from '#src/session/command.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from './stepped-timing.ts';

function open() {
  const events: DiscordEvent[] = [];
  const reception = new Reception({
    commands: [],
    presses: new Map(),
    ports: {} as CommandPorts,
    panels: { dressed: () => ({ content: '', allowedMentions: { parse: [] } }), put: () => {} },
    timing: new SteppedTiming(),
    tell: (event) => events.push(event),
  });
  return { reception, events };
}

/** A press from a direct message, or from a server the bot is not in. */
function fromElsewhere(reply: (message: unknown) => Promise<unknown>): Interaction {
  return {
    locale: 'de',
    isAutocomplete: () => false,
    isChatInputCommand: () => false,
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
