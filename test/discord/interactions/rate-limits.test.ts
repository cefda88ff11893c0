import type { Interaction } from 'discord.js';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { InteractionReceiver } from '#src/discord/interactions/interaction-receiver.ts';
import { toMessageBody } from '#src/discord/interactions/rendering.ts';
import type { Button, CommandPorts } from '#src/features/command.ts';
import { formatText } from '#src/texts/texts.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Press on a button, with the fields that are read. */
function press(
  id: number,
  guildId: string,
  userId: string,
  said: unknown[],
  name = 'hark',
) {
  return {
    id: `${id}`,
    customId: `parley:${name}`,
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

/** Receiver of two buttons that note each press: `hark`, and `halt`, which silences. */
function openReception() {
  const events: DiscordEvent[] = [];
  const pressed: string[] = [];
  const timing = new VirtualClock();
  const button = (name: string, rule: Partial<Button> = {}): Button => ({
    name,
    label: 'button.confirm',
    style: 'main',
    ...rule,
    async run() {
      pressed.push(name);
      return [{ id: 'stop.ok', to: 'caller' }];
    },
  });
  const all = [button('hark'), button('halt', { isNeverLimited: true })];
  const reception = new InteractionReceiver({
    commands: [],
    forms: [],
    pickers: [],
    ports: { ...openAccess } as CommandPorts,
    timing,
    buttons: new Map(all.map((one) => [one.name, one])),
    panels: { renderPanel: () => toMessageBody(''), putPanel: () => {} },
    report: (event) => events.push(event),
  });
  return { reception, timing, events, pressed };
}

const refusal = formatText('slow.down', { s: 20 });

function countRefusals(said: readonly unknown[]) {
  return said.filter((message) => JSON.stringify(message).includes(refusal)).length;
}

test('in a flood each press is answered and few are done, and other people and servers get theirs at once', async () => {
  const { reception, timing, events, pressed } = openReception();
  const [flooded, other]: [unknown[], unknown[]] = [[], []];
  for (let n = 0; n < 2_000; n++) {
    reception.receiveInteraction(press(n, 'g', 'mallory', flooded));
    if (n % 1_000 === 999)
      reception.receiveInteraction(
        press(9_000 + n, n < 1_000 ? 'g' : 'h', 'eva', other),
      );
    timing.passMs(5);
    await Promise.resolve();
  }
  await expect.poll(() => other.length).toBe(2);
  await expect.poll(() => [flooded.length, pressed.length]).toEqual([2_000, 12]);
  expect(
    flooded.every((message) => JSON.stringify(message).includes('"flags":68')),
  ).toBe(true);
  expect(events.filter(({ kind }) => kind !== 'command')).toEqual([]);
});

test('a person who pressed too often reads each time why nothing happens', async () => {
  const { reception } = openReception();
  const said: unknown[] = [];
  for (let n = 0; n < 50; n++) reception.receiveInteraction(press(n, 'g', 'ana', said));
  await expect.poll(() => said.length).toBe(50);
  expect(countRefusals(said)).toBe(40);
});

test('buttons that silence the bot work after any number of presses', async () => {
  const { reception, pressed } = openReception();
  const said: unknown[] = [];
  for (let n = 0; n < 100; n++) reception.receiveInteraction(press(n, 'g', 'ana', []));
  for (let n = 100; n < 130; n++)
    reception.receiveInteraction(press(n, 'g', 'ana', said, 'halt'));
  await expect.poll(() => said.length).toBe(30);
  expect(countRefusals(said)).toBe(0);
  expect(pressed.filter((name) => name === 'halt')).toHaveLength(30);
});
