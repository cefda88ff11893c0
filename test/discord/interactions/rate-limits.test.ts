import type { Interaction } from 'discord.js';
import { expect, test } from 'vitest';
import type { DiscordEvent } from '#src/discord/events.ts';
import { InteractionReceiver } from '#src/discord/interactions/reception.ts';
import type { Button, CommandPorts } from '#src/features/contract/command.ts';
import { text } from '#src/texts/texts.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openAccess } from '#test/fakes/open-access.ts';

/** Press on a button, with the fields that are read. */
function press(id: number, guildId: string, userId: string, said: unknown[]): Interaction {
  return {
    id: `${id}`,
    customId: 'parley:hark',
    locale: 'en',
    guildId,
    user: { id: userId },
    guild: { preferredLocale: 'en' },
    member: { displayName: userId, voice: {} },
    isAutocomplete: () => false,
    isRepliable: () => true,
    isButton: () => true,
    inCachedGuild: () => true,
    async reply(message: unknown) {
      said.push(message);
      return {};
    },
  } as unknown as Interaction;
}

test('in a flood Discord gets few answers, one of them says why, and other people and servers get theirs at once', async () => {
  const events: DiscordEvent[] = [];
  let done = 0;
  const hark: Button = {
    name: 'hark',
    label: 'button.confirm',
    style: 'main',
    async run() {
      done++;
      return [{ id: 'stop.ok', to: 'caller' }];
    },
  };
  const timing = new VirtualClock();
  const reception = new InteractionReceiver({
    commands: [],
    forms: [],
    pickers: [],
    ports: { ...openAccess } as CommandPorts,
    timing,
    buttons: new Map([['hark', hark]]),
    panels: { dressed: () => ({ content: '', allowedMentions: { parse: [] } }), put: () => {} },
    report: (event) => events.push(event),
  });
  const [flooded, other]: [unknown[], unknown[]] = [[], []];
  for (let n = 0; n < 2_000; n++) {
    reception.meet(press(n, 'g', 'mallory', flooded));
    if (n % 1_000 === 999) reception.meet(press(9_000 + n, n < 1_000 ? 'g' : 'h', 'eva', other));
    timing.passMs(5);
    await Promise.resolve();
  }
  await expect.poll(() => other.length).toBe(2);
  await expect.poll(() => [flooded.length, done]).toEqual([11, 12]);
  const words = flooded.map((message) => JSON.stringify(message));
  const why = words.filter((one) => one.includes(text('slow.down', { s: 20 })));
  expect(why).toHaveLength(1);
  expect(events.filter(({ kind }) => kind !== 'command')).toEqual([]);
});
