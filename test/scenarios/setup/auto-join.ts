import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from './asking.ts';
import { eventually, type ScenarioSetup, soon } from './scenario-setup.ts';

export const [question, another] = [speech('human-cards-004'), speech('human-cards-003')];
export const replies = [{ match: /^/, text: 'Yes.' }];

/** Olga, who manages the server, sets a key there. */
async function set(guild: SandboxGuild, key: string, value: string): Promise<void> {
  const answer = await commandReply(guild.person('Olga'), 'settings set', { key, value });
  expect(answer.text).toContain(text('settings.saved'));
}

export async function setAutoJoin(
  guild: SandboxGuild,
  ...channels: readonly string[]
): Promise<void> {
  const mentions = channels.map((name) => `<#${guild.channelId(name)}>`);
  await set(guild, 'auto_join', mentions.join(' '));
}

/** Resolves when the bot sits there and this person can talk with it. */
export async function come({ sandbox }: ScenarioSetup, person: SandboxPerson, channel: string) {
  await eventually(() => expect(sandbox.bot().channel).toBe(channel));
  await person.settled(soon());
}
