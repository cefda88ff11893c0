import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  openOwnScenario,
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
  await using setup = await openOwnScenario({ providers: { replies }, environment });
  const ben = await seat(setup, 'Ben');
  await commandReply(ben, 'privacy allow');
  const store = join(setup.dataDir, 'parley.db');
  await setup.bot.stop();
  await rm(store);
  await mkdir(store);
  await setup.restart();
  const warnings = setup.bot.log.filter(({ level }) => level === 40);
  const broken = expect.stringContaining(`the store ${store}`);
  const absent = expect.stringContaining('servers that removed it while it was away');
  const said = warnings.map(({ msg }) => msg);
  // What was agreed, and what was spent; then where the bot was, read and written.
  expect(said).toEqual([broken, broken, absent, 'The list of servers could not be saved.']);
  const adam = await seat(setup, 'Adam');
  const joining = adam.command('join');
  const warned = `${text('help.start.unheard')}\n${text('privacy.unread')}`;
  expect(await joining.followed(soon())).toMatchObject({ text: warned, ephemeral: true });
  expect(await commandReply(ben, 'privacy status')).toMatchObject(whispered('privacy.unread'));
  await Promise.all([adam.settled(soon()), ben.settled(soon())]);
  await ben.say(another, soon());
  await commandReply(adam, 'privacy allow');
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Adam']);
  const unsaved = `${text('privacy.allowed')}\n${text('privacy.unsaved')}`;
  expect(await commandReply(ben, 'privacy allow')).toMatchObject({
    text: unsaved,
    ephemeral: true,
  });
  await converse(setup, ben, another);
  expect(recognised(setup)).toEqual(['Adam', 'Ben']);
  const card = await commandReply(ben, 'privacy forget');
  const failed = whispered('privacy.forget.failed');
  expect(await pressed(ben, card, 'forget.confirm')).toMatchObject(failed);
  expect(setup.bot.isRunning).toBe(true);
});

scenario('a store full of garbage is told to the operator and opens nobody’s ears', async () => {
  await using setup = await openOwnScenario({ providers: { replies } });
  const ben = await seat(setup, 'Ben');
  await commandReply(ben, 'privacy allow');
  await setup.bot.stop();
  const store = join(setup.dataDir, 'parley.db');
  await Promise.all(['-wal', '-shm'].map((end) => rm(`${store}${end}`, { force: true })));
  await writeFile(store, 'This is no database. '.repeat(1_000));
  await setup.restart();
  const damaged = expect.stringContaining(`The store ${store} is damaged`);
  expect(setup.bot.log).toContainEqual(expect.objectContaining({ level: 40, msg: damaged }));
  const notice = { to: 'Olga', text: expect.stringContaining('(store.unreadable)') };
  await eventually(() => expect(setup.sandbox.directMessages()).toEqual([notice]));
  const adam = await callIn(setup, 'Adam');
  await ben.settled(soon());
  await ben.say(another, soon());
  await commandReply(adam, 'privacy allow');
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Adam']);
});
