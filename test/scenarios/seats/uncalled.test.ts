import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  converse,
  eventually,
  openScenario,
  recognised,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const [question, another] = [speech('human-cards-004'), speech('human-cards-003')];
const replies = [{ match: /^/, text: 'Yes.' }];

/** Olga, who manages the server, sets a key there. */
async function set(guild: SandboxGuild, key: string, value: string): Promise<void> {
  const answer = await commandReply(guild.person('Olga'), 'settings set', { key, value });
  expect(answer.text).toContain(text('settings.saved'));
}

async function setAutoJoin(guild: SandboxGuild, ...channels: readonly string[]): Promise<void> {
  const mentions = channels.map((name) => `<#${guild.channelId(name)}>`);
  await set(guild, 'auto_join', mentions.join(' '));
}

/** Resolves when the bot sits there and this person can talk with it. */
async function come({ sandbox }: ScenarioSetup, person: SandboxPerson, channel: string) {
  await eventually(() => expect(sandbox.bot().channel).toBe(channel));
  await person.settled(soon());
}

scenario(
  'the first person in a channel of auto_join is heard at once if they agreed earlier, and the panel asks the others',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const guild = setup.sandbox.guild();
    const [adam, ben] = [guild.person('Adam'), guild.person('Ben')];
    await commandReply(adam, 'privacy allow');
    await setAutoJoin(guild, 'Lounge');
    const fromMs = realClock.nowMs();
    await adam.join('Lounge', soon());
    await come(setup, adam, 'Lounge');
    expect(realClock.nowMs() - fromMs).toBeLessThan(5_000);
    const head = text('join.uncalled', { channel: 'Lounge' });
    await eventually(() => expect(guild.messages('Lounge').at(-1)?.text).toContain(head));
    await converse(setup, adam, question);
    await ben.join('Lounge', soon());
    await ben.settled(soon());
    await ben.say(another, soon());
    await converse(setup, adam, question);
    expect(recognised(setup)).toEqual(['Adam']);
  },
);
