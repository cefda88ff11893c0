import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from './likeness.ts';
import { call, callIn, converse, openScene, scenario, seat, shownWords, soon } from './scene.ts';

const question = speech('human-cards-004');
const replies = [{ match: /^/, text: 'Yes.' }];

scenario('whoever has not called the bot is not heard, until they do', async () => {
  await using scene = await openScene({ providers: { replies } });
  const [adam, ben] = [await callIn(scene, 'Adam'), await seat(scene, 'Ben')];
  await ben.settled(soon());
  await ben.say(speech('human-goforward'), soon());
  // What Adam says later is answered, so what Ben said has been through the bot by then.
  await converse(scene, adam, question);
  expect(shownWords(scene)).toEqual(scene.uttered.map((_, n) => `Adam: utterance ${n + 1}`));
  await call(ben);
  const { uttered } = await converse(scene, ben, question);
  await expectAlike(uttered, question);
  expect(shownWords(scene).at(-1)).toMatch(/^Ben: /);
});

scenario('under CONSENT_POLICY=notice everybody is heard', async () => {
  const environment = { CONSENT_POLICY: 'notice' };
  await using scene = await openScene({ providers: { replies }, environment });
  await callIn(scene, 'Adam');
  const ben = await seat(scene, 'Ben');
  await ben.settled(soon());
  const { uttered } = await converse(scene, ben, question);
  await expectAlike(uttered, question);
  expect(shownWords(scene).at(-1)).toMatch(/^Ben: /);
});
