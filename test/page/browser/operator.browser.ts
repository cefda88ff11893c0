import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { turnOn, untilShown } from '#test/scenarios/setup/captioning.ts';
import { converse, eventually, soon } from '#test/scenarios/setup/scenario-setup.ts';
import { appearances, expectDrawnWell } from './drawn-well.ts';
import { openBrowser, watchLoads } from './open-browser.ts';
import { type OperatorSetup, openOperator, openOperatorTab } from './open-operator.ts';

const question = speech('human-goforward');
/** Bytes that the browser may load before the first room is drawn, packed. */
const mostFirstLoadBytes = 150_000;

let browser: Browser;
let operator: OperatorSetup;
beforeAll(async () => {
  [browser, operator] = await Promise.all([openBrowser(), openOperator()]);
  await converse(operator.setup, operator.adam, question);
});
afterAll(async () => {
  await browser?.close();
  await operator?.[Symbol.asyncDispose]();
});

function channelIn(tab: Page, name = 'Lounge in Harbour') {
  return tab.getByRole('region', { name });
}

test('an owner sees how it is in each session, and sees it change while somebody talks', async () => {
  const { setup, adam } = operator;
  await using opened = await openOperatorTab(browser, await operator.link());
  const { tab, complaints } = opened;
  const harbour = channelIn(tab);
  await tab.getByText(/^In 2 channels of 2 servers, .*answers begin after \d+ ms/).waitFor();
  await harbour.getByText('Adam, 1 person who is not heard').waitFor();
  const elsewhere = channelIn(tab, 'Lounge in Elsewhere');
  await elsewhere.getByText('Otto').waitFor();
  await elsewhere.getByText('nobody was heard in the last 5 minutes').waitFor();
  await elsewhere.getByText('Nothing was answered yet.').waitFor();
  await harbour.getByText('end-to-end encrypted (DAVE)').waitFor();
  await harbour.getByText(/^last UDP packet \d+ m?s ago$/).waitFor();
  await harbour.getByText(/^\$0\.0+ of \$[\d.]+, .*1 answer,/).waitFor();
  const heard = harbour.getByText('hears Adam').waitFor();
  const exchange = converse(setup, adam, question);
  await Promise.all([heard, exchange]);
  await harbour.getByRole('row', { name: /^first packet \d+ ms \d+ ms$/ }).waitFor();
  await harbour.getByText(/^0\.0 % lost, jitter \d+ ms, in the last 5 minutes$/).waitFor();
  await harbour.getByText(/^[1-9][\d,]* packets sent$/).waitFor();
  await harbour.getByText(/^\$0\.0+ of \$[\d.]+, .*2 answers,/).waitFor();
  await tab.getByRole('row', { name: /^chat works.*is asked$/ }).waitFor();
  await commandReply(adam, 'track play', { sound: 'rain', track: 'bg', volume: 30, loop: true });
  await harbour.getByText(/^bg: rain at 0:\d\d of 0:30, 30 %$/).waitFor();
  await commandReply(adam, 'track stop', { track: 'bg' });
  expect(await tab.locator('body').textContent()).not.toMatch(/\bEve\b/);
  expect(complaints).toEqual([]);
});

test('the first load is small', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  const loads = watchLoads(tab);
  await tab.goto((await operator.link()).href);
  await channelIn(tab).waitFor();
  const drawnMs = await tab.evaluate(() => performance.now());
  const firstPaintMs = await tab.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  const loaded = await loads();
  const bytes = loaded.reduce((sum, one) => sum + one, 0);
  console.log(
    `operator's page: first load ${bytes} bytes gzip in ${loaded.length} files, first paint ${firstPaintMs} ms, rooms drawn by ${Math.round(drawnMs)} ms`,
  );
  expect(loaded.length).toBeGreaterThan(8);
  expect(bytes).toBeLessThan(mostFirstLoadBytes);
  await context.close();
});

test.each(appearances)(
  "the operator's page in %s at %i px: axe finds nothing, and nothing is wider than the window",
  async (colorScheme, width) => {
    const options = { colorScheme, viewport: { width, height: 800 } };
    await using opened = await openOperatorTab(browser, await operator.link(), options);
    const { tab } = opened;
    await tab.getByRole('img', { name: /^p50 and p95/ }).waitFor();
    await expectDrawnWell(tab, width);
  },
);

test('a manager whom /stats gave a link sees their own server and its captions, until they manage it no more', async () => {
  const { setup, adam } = operator;
  const harbour = setup.sandbox.guild('Harbour');
  harbour.addRole('Boss', ['manageServer']);
  const mona = harbour.person('Mona');
  harbour.giveRole('Mona', 'Boss');
  await turnOn(adam);
  await converse(setup, adam, question);
  await untilShown(setup, '**Adam** Nova, utterance');
  const { text } = await commandReply(mona, 'stats');
  const link = new URL(/https:[^\s>]+/.exec(text)?.[0] ?? 'none:');
  expect(link.hostname).toBe('page.localhost');
  await using opened = await openOperatorTab(browser, link);
  const { tab } = opened;
  await channelIn(tab, 'Captions').getByText('Adam: Nova, utterance').waitFor();
  await tab.getByText(/^In 1 channel, /).waitFor();
  await tab.getByRole('row', { name: 'chat works', exact: true }).waitFor();
  expect(await tab.locator('body').textContent()).not.toMatch(/Elsewhere|Otto|Eve|127\.0\.0\.1/);
  await using owner = await openOperatorTab(browser, await operator.link());
  await owner.tab.getByText(/^In 2 channels of 2 servers, /).waitFor();
  expect(await owner.tab.locator('body').textContent()).not.toContain('utterance');
  harbour.takeRole('Mona', 'Boss');
  await tab.getByText('You are not let in yet').waitFor();
  await channelIn(tab).waitFor({ state: 'detached' });
});

test('stop, mute, unmute and leave are pressed, and happen', async () => {
  const { setup, adam } = operator;
  await using opened = await openOperatorTab(browser, await operator.link());
  const { tab, complaints } = opened;
  const harbour = channelIn(tab);
  const press = (name: RegExp) => harbour.getByRole('button', { name }).click();
  const sinceMs = realClock.nowMs();
  adam.command('ask', { question: 'Tell me a story' });
  await eventually(() => {
    const heard = adam.heard.frames.filter((frame) => frame.audible && frame.atMs >= sinceMs);
    expect(heard.length).toBeGreaterThan(25);
  });
  await press(/^Stop/);
  await tab.getByText('Stopped.').waitFor();
  await adam.listen({ sinceMs, quietMs: 1_000, timeoutMs: 20_000 }, soon());
  await press(/^Mute/);
  await harbour.getByText('hears nobody: muted').waitFor();
  const before = setup.uttered.length;
  await adam.say(question, soon());
  await press(/^Unmute/);
  await tab.getByText('Unmuted: people are heard again.').waitFor();
  expect(setup.uttered.length).toBe(before);
  await converse(setup, adam, question);
  expect(setup.uttered.length).toBeGreaterThan(before);
  tab.once('dialog', (dialog) => void dialog.accept());
  await press(/^Leave/);
  await harbour.waitFor({ state: 'detached' });
  await tab.getByText(/^In 1 channel of 2 servers, /).waitFor();
  expect(setup.sandbox.bot().channel).toBeUndefined();
  expect(complaints).toEqual([]);
});
