import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  eventually,
  openScenario,
  pass,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

/** Later than this nobody is asked any more who is in the room already. */
const settledMs = 5_000;

/** All that anybody's phone rang for, by the messages that did it. */
function rings({ sandbox }: ScenarioSetup): string[] {
  const all: string[] = [];
  sandbox.onMessage(({ kind, message }) => {
    if (kind === 'posted') all.push(...message.pinged);
  });
  return all;
}

/** Whom requests of the bot allowed to be mentioned. */
function allowed({ sandbox }: ScenarioSetup): readonly unknown[] {
  const bodies = sandbox.requests().map(({ body }) => JSON.stringify(body ?? {}));
  return bodies.flatMap((body) =>
    Array.from(body.matchAll(/"users":(\[[^\]]*\])/g), ([, users = '']) => JSON.parse(users)),
  );
}

scenario(
  'exactly one phone rings for a newcomer, once, and a press in the thread is a yes',
  async () => {
    await using setup = await openScenario();
    const { sandbox } = setup;
    const rung = rings(setup);
    const [adam] = [await seat(setup, 'Adam'), await seat(setup, 'Eva')];
    const panel = await commandReply(adam, 'join');
    await pass(settledMs);
    expect(rung).toEqual([]);
    const ben = await seat(setup, 'Ben');
    await eventually(() => expect(rung).toEqual(['@Ben']));
    const [asked, ...more] = sandbox.messages(panel.id);
    if (!asked) throw new Error('nobody was asked');
    expect([more, asked.pings]).toEqual([[], ['@Ben']]);
    const card = `${text('consent.no')} ${text('panel.privacy')}`;
    expect(asked.text).toBe(`<@${ben.id}> ${card} ${text('captions.kept', { days: 7 })}`);
    expect(
      buttonsOf(asked)
        .map(([name]) => name)
        .sort(),
    ).toEqual(['consent.always', 'consent.never']);
    await ben.leave();
    await ben.join('Lounge', soon());
    await pass(settledMs);
    expect(await pressed(ben, asked, 'consent.always')).toMatchObject(whispered('consent.always'));
    const heard = text('panel.people.yes', { names: 'Adam, Ben' });
    await eventually(() => expect(sandbox.message(panel.id)?.text).toContain(heard));
    expect([rung, allowed(setup)]).toEqual([['@Ben'], [[ben.id]]]);
  },
);
