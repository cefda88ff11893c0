import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from './asking.ts';
import { eventually, type ScenarioSetup, soon } from './scenario-setup.ts';

export const [question, another] = [speech('human-cards-004'), speech('human-cards-003')];
export const replies = [{ match: /^/, text: 'Yes.' }];

/** Olga, who manages the server, sets a key there. */
export async function set(guild: SandboxGuild, key: string, value: string): Promise<void> {
  const answer = await commandReply(guild.person('Olga'), 'settings set', { key, value });
  expect(answer.text).toMatch(/^Saved: /);
}

export async function setAutoJoin(
  guild: SandboxGuild,
  ...channels: readonly string[]
): Promise<void> {
  const mentions = channels.map((name) => `<#${guild.channelId(name)}>`);
  await set(guild, 'auto_join', mentions.join(' '));
}

/** Waits until captions are on: their notice was said, and the panel shows it. */
export async function untilOn(guild: SandboxGuild): Promise<void> {
  await eventually(() => {
    const shown = ['Lounge', 'general'].flatMap((name) => guild.messages(name));
    expect(shown.map(({ text }) => text).join('\n')).toContain('Captions on: ');
  });
}

/** Resolves when the bot sits there and this person can talk with it. */
export async function come({ sandbox }: ScenarioSetup, person: SandboxPerson, channel: string) {
  await eventually(() => expect(sandbox.bot().channel).toBe(channel));
  await person.settled(soon());
}
