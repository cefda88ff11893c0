import { expect } from 'vitest';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { text } from '#src/texts/texts.ts';
import { eventually, openOwnScenario, scenario } from '#test/scenarios/setup/scenario-setup.ts';

const written = (guild: SandboxGuild, channel: string) =>
  guild.messages(channel).map((message) => message.text);

scenario(
  'each server that invites the bot reads once how to call it, in its language, also beyond a restart',
  async () => {
    await using setup = await openOwnScenario();
    const { sandbox } = setup;
    const [first, german] = [
      sandbox.addGuild({ textChannels: ['general', 'arrivals'], systemChannel: 'arrivals' }),
      sandbox.addGuild({ locale: 'de' }),
    ];
    const hello = text('server.new', { bot: 'nova' });
    await eventually(() => expect(written(first, 'arrivals')).toEqual([hello]));
    await eventually(() =>
      expect(written(german, 'general')).toEqual([text('server.new', { bot: 'nova' }, 'de')]),
    );
    await setup.restart();
    const newer = sandbox.addGuild();
    await eventually(() => expect(written(newer, 'general')).toEqual([hello]));
    expect([written(first, 'arrivals'), written(first, 'general')]).toEqual([[hello], []]);
    expect(written(german, 'general')).toHaveLength(1);
    expect(written(sandbox.guild(), 'general')).toEqual([]);
  },
);
