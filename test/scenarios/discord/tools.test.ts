import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { speech } from '#test/audio/speech.ts';
import { pressed, told, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScene,
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
    await using scene = await openScene({ providers: { replies } });
    const adam = await callIn(scene, 'Adam');
    await converse(scene, adam, question);
    expect(madeTexts(scene)).toContain('Press the button.');
    const asked = shownIn(scene).find(({ text }) => text.includes('press Confirm within 60 s'));
    if (!asked) throw new Error('Nobody was asked.');
    const [button] = asked.components.flatMap((row) => buttonsIn(row));
    const name = button?.replace('parley:', '') ?? '';
    const ben = await seat(scene, 'Ben');
    expect(await pressed(ben, asked, name)).toMatchObject(
      whispered('confirm.other', { name: 'Adam' }),
    );
    expect(scene.sandbox.bot().channel).toBeDefined();
    const { text, ephemeral } = await pressed(adam, asked, name);
    expect([text, ephemeral]).toEqual([
      expect.stringMatching(/^Left Lounge after \d+ s\.$/),
      false,
    ]);
    await eventually(() => expect(scene.sandbox.bot().channel).toBeUndefined());
    expect(await pressed(adam, asked, name)).toMatchObject(whispered('confirm.over'));
  },
);

scenario('what somebody asks for is posted in the chat, and calls nobody', async () => {
  const argumentsJson = JSON.stringify({ text: 'Dinner, @everyone <@1>: at eight.' });
  const replies = [
    { match: 'posted', text: 'It is in the chat.' },
    { match: 'utterance', call: { name: 'post_text', argumentsJson } },
  ];
  await using scene = await openScene({ providers: { replies } });
  const adam = await callIn(scene, 'Adam');
  await converse(scene, adam, question);
  expect(madeTexts(scene)).toContain('It is in the chat.');
  const posted = 'Dinner, @\u200beveryone < @1>: at eight.';
  await eventually(() => expect(shownIn(scene).map(({ text }) => text)).toContain(posted));
  expect(scene.bot.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  await told(adam, 'leave');
});

function buttonsIn(row: unknown): readonly string[] {
  const { components = [] } = row as { components?: readonly { custom_id: string }[] };
  return components.map(({ custom_id }) => custom_id);
}
