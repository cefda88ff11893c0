import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type PlainTextId, text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  converse,
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
  const said = warnings.map(({ msg }) => msg).filter((msg) => !msg?.startsWith('alert raised'));
  // What was agreed, and what was spent; then where the bot was, read and written.
  expect(said).toEqual([broken, broken, absent, 'The list of servers could not be saved.']);
  const adam = await seat(setup, 'Adam');
  const joining = adam.command('join');
  const linesOf = (...ids: readonly PlainTextId[]) => ids.map((id) => text(id)).join('\n');
  const warned = linesOf('consent.no', 'panel.privacy', 'privacy.unread');
  expect(await joining.followed(soon())).toMatchObject({ text: warned, ephemeral: true });
  expect(await commandReply(ben, 'privacy status')).toMatchObject(whispered('privacy.unread'));
  await Promise.all([adam.settled(soon()), ben.settled(soon())]);
  await ben.say(another, soon());
  await commandReply(adam, 'privacy allow');
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Adam']);
  expect(await commandReply(ben, 'privacy allow')).toMatchObject({
    text: linesOf('consent.always', 'privacy.unsaved'),
    ephemeral: true,
  });
  await converse(setup, ben, another);
  expect(recognised(setup)).toEqual(['Adam', 'Ben']);
  const card = await commandReply(ben, 'privacy forget');
  const failed = whispered('privacy.forget.failed');
  expect(await pressed(ben, card, 'forget.confirm')).toMatchObject(failed);
  expect(setup.bot.isRunning).toBe(true);
});
