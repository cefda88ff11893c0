import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { speech } from '#test/audio/speech.ts';
import { buttonsOf, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const shownIn = ({ sandbox }: ScenarioSetup): readonly ShownMessage[] => sandbox.messages('Lounge');

scenario(
  'the bot leaves by voice once its asker, and nobody else, has pressed the button',
  async () => {
    const replies = [
      { match: 'has to press', text: 'Press the button.' },
      { match: 'utterance', call: { name: 'leave', argumentsJson: '{}' } },
    ];
    await using setup = await openScenario({ providers: { replies } });
    const adam = await callIn(setup, 'Adam');
    await converse(setup, adam, question);
    expect(madeTexts(setup)).toContain('Press the button.');
    const asked = shownIn(setup).find(({ text }) => text.includes('60 s to press Show'));
    if (!asked) throw new Error('Nobody was asked.');
    const buttonOf = (message: ShownMessage) => buttonsOf(message)[0]?.[0] ?? '';
    const ben = await seat(setup, 'Ben');
    const other = whispered('confirm.other', { name: 'Adam' });
    expect(await pressed(ben, asked, buttonOf(asked))).toMatchObject(other);
    expect(setup.sandbox.bot().channel).toBeDefined();
    const shown = await pressed(adam, asked, buttonOf(asked));
    expect(shown).toMatchObject({
      ephemeral: true,
      text: expect.stringContaining('with all of this:\n/leave'),
    });
    const name = buttonOf(shown);
    const { text, ephemeral } = await pressed(adam, shown, name);
    expect([text, ephemeral]).toEqual([
      expect.stringMatching(/^Left Lounge after \d+ s\.$/),
      false,
    ]);
    await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
    expect(await pressed(adam, shown, name)).toMatchObject(whispered('confirm.over'));
  },
);
