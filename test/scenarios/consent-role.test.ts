import { expect } from 'vitest';
import type { Person } from '#src/sandbox/person.ts';
import type { Sandbox } from '#src/sandbox/sandbox.ts';
import { speech } from '#test/audio/speech.ts';
import {
  callIn,
  converse,
  eventually,
  openScene,
  recognised,
  type Scene,
  scenario,
  seat,
  soon,
} from './scene.ts';

const question = speech('human-cards-004');
/** Ben says something else, so that no sound of his passes for one of Adam's. */
const another = speech('human-cards-003');
const replies = [{ match: /^/, text: 'Yes.' }];

/** Only those who have the role Listeners are heard unasked. */
function environment(sandbox: Sandbox) {
  const CONSENT_ROLE_ID = sandbox.guild().addRole('Listeners');
  return { CONSENT_POLICY: 'role', CONSENT_ROLE_ID };
}

/** Resolves when the bot has asked again which roles this person has. */
async function reread({ sandbox }: Scene, { id }: Person): Promise<void> {
  const reads = () => sandbox.requests().filter(({ path }) => path.endsWith(`/members/${id}`));
  const before = reads().length;
  await eventually(() => expect(reads().length).toBeGreaterThan(before));
}

scenario('under CONSENT_POLICY=role those are heard who sit down with the role', async () => {
  await using scene = await openScene({ providers: { replies }, environment });
  const [ben, adam] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
  await ben.settled(soon());
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  await ben.leave();
  scene.sandbox.guild().giveRole('Ben', 'Listeners');
  await seat(scene, 'Ben');
  await ben.settled(soon());
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
});

scenario('who loses the role in a call is heard no more, and who gets it is heard', async () => {
  await using scene = await openScene({ providers: { replies }, environment });
  const guild = scene.sandbox.guild();
  const ben = guild.person('Ben');
  guild.giveRole('Ben', 'Listeners');
  const [, adam] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
  await ben.settled(soon());
  guild.takeRole('Ben', 'Listeners');
  await reread(scene, ben);
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  guild.giveRole('Ben', 'Listeners');
  await reread(scene, ben);
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
});
