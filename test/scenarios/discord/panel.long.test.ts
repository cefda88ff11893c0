import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
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

/** Empties the table of seats, as a run before there were seats in the store leaves it. */
function forgetSeats({ dataDir }: ScenarioSetup): void {
  using sqlite = new DatabaseSync(storePath(dataDir));
  sqlite.exec('DELETE FROM seats');
}

function storedPanels({ dataDir }: ScenarioSetup): unknown {
  using sqlite = new DatabaseSync(storePath(dataDir), { readOnly: true });
  return sqlite.prepare('SELECT count(*) AS n FROM panels').get()?.n;
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

scenario(
  'a bot that was killed and knows of no seat gives it up when it starts again, and its panel says so',
  async () => {
    await using setup = await openScenario();
    const adam = await seat(setup, 'Adam');
    const panel = await commandReply(adam, 'join');
    await commandReply(adam, 'privacy allow');
    await eventually(() => expect(storedPanels(setup)).toBe(1));
    await setup.bot.kill();
    expect(setup.sandbox.bot().channel).toBe('Lounge');
    forgetSeats(setup);
    await setup.restart();
    await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
    const words = [text('leave.nowhere'), text('seat.outdated', { channel: 'Lounge' })];
    await eventually(() => expect(now(setup, panel).text).toBe(words.join('\n')));
  },
);
