import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { text } from '#src/texts/texts.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  eventually,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
} from '#test/scenarios/setup/scenario-setup.ts';

/** Message as Discord would show it now. */
function now({ sandbox }: ScenarioSetup, { id }: ShownMessage): ShownMessage {
  const message = sandbox.message(id);
  if (!message) throw new Error('The panel is gone.');
  return message;
}

scenario(
  'buttons of a former run still work, and an old panel says where the new one is',
  async () => {
    await using setup = await openScenario();
    const [adam, ben] = [await seat(setup, 'Adam'), await seat(setup, 'Ben')];
    const panel = await commandReply(adam, 'join');
    await commandReply(adam, 'leave');
    await setup.restart();
    await eventually(() => expect(now(setup, panel).text).toBe(text('leave.nowhere')));
    const presses = (name: string, person = ben) => pressed(person, now(setup, panel), name);
    expect(await presses('stop')).toMatchObject(whispered('leave.nowhere'));
    const menu = await presses('more');
    expect(menu).toMatchObject(whispered('consent.no'));
    expect(await pressed(ben, menu, 'pause')).toMatchObject(whispered('leave.nowhere'));
    const card = await pressed(ben, menu, 'privacy');
    expect(await pressed(ben, card, 'consent.always')).toMatchObject(whispered('consent.always'));
    expect(await presses('more')).toMatchObject(whispered('consent.always'));
    expect(await presses('more', adam)).toMatchObject(whispered('consent.no'));
    const next = await commandReply(adam, 'join');
    expect(next.text).toContain(text('panel.people.yes', { names: 'Adam, Ben' }));
    const { guildId, sandbox } = { ...setup, guildId: setup.sandbox.guildId };
    const link = `https://discord.com/channels/${guildId}/${sandbox.channelId('general')}/${next.id}`;
    await eventually(() => expect(now(setup, panel).text).toBe(text('panel.moved', { link })));
    expect(buttonsOf(now(setup, panel))).toEqual([]);
  },
);
