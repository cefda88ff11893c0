import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, use, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  openScenario,
  recognised,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const [question, another] = [speech('human-cards-004'), speech('human-cards-003')];
const replies = [{ match: /^/, text: 'Yes.' }];

scenario(
  'who is blocked in mid-sentence is neither heard nor answered, whatever they allow, and forgetting keeps the bare id',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const guild = setup.sandbox.guild();
    const olga = guild.person('Olga');
    const adam = await callIn(setup, 'Adam');
    const ben = await seat(setup, 'Ben');
    await commandReply(ben, 'privacy allow');
    await ben.settled(soon());
    await converse(setup, ben, another);
    const saying = ben.say(question, soon());
    const set = await commandReply(olga, 'settings set', { key: 'blocked', value: `<@${ben.id}>` });
    expect(set.text).toContain(ben.id);
    await saying;
    await ben.say(another, soon());
    await converse(setup, adam, question);
    expect(recognised(setup)).toEqual(['Ben', 'Adam']);
    expect(await commandReply(ben, 'stop')).toMatchObject(whispered('access.blocked'));
    expect(await commandReply(ben, 'privacy allow')).toMatchObject({
      ephemeral: true,
    });
    expect((await commandReply(ben, 'privacy status')).text).toContain(text('access.blocked'));
    const asked = await commandReply(ben, 'privacy forget');
    const forgotten = await ben.press(asked, 'parley:forget.confirm').answered(soon());
    expect(forgotten.text).toContain(text('access.blocked'));
    const panel = await commandReply(olga, 'settings view');
    use(olga, panel, 'settings.group', ['settings.group.people']);
    const shown = `blocked**: <@${ben.id}> (`;
    await eventually(() => expect(setup.sandbox.message(panel.id)?.text).toContain(shown));
  },
);
