import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { pressed, told, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  openOwnScene,
  recognised,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
/** Ben says something else, so that no sound of his passes for one of Adam's. */
const another = speech('human-cards-003');
const replies = [{ match: /^/, text: 'Yes.' }];

scenario('where the store cannot be read, only a yes said just now counts', async () => {
  const environment = { CONSENT_POLICY: 'notice' };
  await using scene = await openOwnScene({ providers: { replies }, environment });
  const ben = await seat(scene, 'Ben');
  await told(ben, 'privacy allow');
  const store = join(scene.dataDir, 'parley.db');
  await scene.bot.stop();
  await rm(store);
  await mkdir(store);
  await scene.restart();
  const warnings = scene.bot.log.filter(({ level }) => level === 40);
  const broken = expect.stringContaining(`The store ${store}`);
  const absent = expect.stringContaining('Servers that removed the bot while it was away');
  const said = warnings.map(({ msg }) => msg);
  // What was agreed, and what was spent; then where the bot was, read and written.
  expect(said).toEqual([broken, broken, absent, 'Servers could not be noted.']);
  const adam = await seat(scene, 'Adam');
  const joining = adam.command('join');
  const warned = `${text('join.consent')}\n${text('privacy.unread')}`;
  expect(await joining.followed(soon())).toMatchObject({ text: warned, ephemeral: true });
  expect(await told(ben, 'privacy status')).toMatchObject(whispered('privacy.unread'));
  await Promise.all([adam.settled(soon()), ben.settled(soon())]);
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  const unsaved = `${text('privacy.allowed')}\n${text('privacy.unsaved')}`;
  expect(await told(ben, 'privacy allow')).toMatchObject({ text: unsaved, ephemeral: true });
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
  const card = await told(ben, 'privacy forget');
  const failed = whispered('privacy.forget.failed');
  expect(await pressed(ben, card, 'forget.confirm')).toMatchObject(failed);
  expect(scene.bot.isRunning).toBe(true);
});

scenario('a store full of garbage is told to the operator and opens nobody’s ears', async () => {
  await using scene = await openOwnScene({ providers: { replies } });
  const ben = await seat(scene, 'Ben');
  await told(ben, 'privacy allow');
  await scene.bot.stop();
  const store = join(scene.dataDir, 'parley.db');
  await Promise.all(['-wal', '-shm'].map((end) => rm(`${store}${end}`, { force: true })));
  await writeFile(store, 'This is no database. '.repeat(1_000));
  await scene.restart();
  const damaged = expect.stringContaining(`The store ${store} is damaged`);
  expect(scene.bot.log).toContainEqual(expect.objectContaining({ level: 40, msg: damaged }));
  const adam = await callIn(scene, 'Adam');
  await ben.settled(soon());
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
});
