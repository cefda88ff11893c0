import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertActions, alerts } from '#src/base/alerts.ts';
import { type ManyServers, openManyServers } from '#test/page/many-servers.ts';
import { appearances, expectDrawnWell } from './drawn-well.ts';
import { complaintsOf, openBrowser } from './open-browser.ts';

const other = { version: '0.2.0', isOwn: false, ageMs: 7_200_000, silentMs: 300 };
const far = { guildId: '77', guildName: 'Far away', heard: 3, unheard: 0, usd: 2, minutes: 0 };
const others = [
  {
    ...{ ...other, name: 'there 2', shards: [2] },
    summary: { servers: [{ ...far, state: 'speaking' }], alerts: [] },
  },
  { ...other, name: 'attic 3', shards: [], silentMs: 95_000, summary: { servers: [], alerts: [] } },
];

let browser: Browser;
let many: ManyServers;
beforeAll(async () => {
  [browser, many] = await Promise.all([openBrowser(), openManyServers(500, 50, others)]);
  const [name, guildId] = ['link-down' as const, many.joined[1]?.guildId];
  const raised = { name, meaning: alerts[name], action: alertActions[name], guildId };
  many.alerts.push({ ...raised, cause: 'no answer for 15 s' });
});
afterAll(async () => {
  await browser?.close();
  await many?.[Symbol.asyncDispose]();
});

/** A tab that an owner has entered, once its processes are read, and what its console said that is no good. */
async function openTab(width = 1_280, colorScheme: 'dark' | 'light' = 'light') {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const tab = await context.newPage();
  const complaints = complaintsOf(tab);
  await tab.goto(many.link().href);
  await tab.getByRole('heading', { name: 'Servers' }).waitFor();
  await many.pass(2_000);
  await tab.getByRole('rowheader', { name: 'there 2' }).waitFor();
  return { tab, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const list = (tab: Page) => tab.getByRole('table', { name: 'Servers' });
const names = (tab: Page) => list(tab).getByRole('rowheader').allTextContents();

test('all processes are shown with what they serve, and one that is silent says so', async () => {
  await using opened = await openTab();
  const { tab, complaints } = opened;
  await tab.getByText(/^In 50 channels of 501 servers, 1 alert/).waitFor();
  await tab.getByRole('row', { name: 'here 1 this one 0.1.0 2 h 5 min 0 to 1 500 50 1' }).waitFor();
  await tab.getByRole('row', { name: 'there 2 0.2.0 2 h 0 min 2 1 1 0' }).waitFor();
  await tab.getByRole('row', { name: /^attic 3 silent for 1 min/ }).waitFor();
  await tab.getByText('No process serves shard 3 of 4').waitFor();
  expect(complaints).toEqual([]);
});

test('an alert says what it means and what to do', async () => {
  await using opened = await openTab();
  const alert = opened.tab.getByRole('region', { name: 'Alerts' });
  await alert.getByText(alerts['link-down']).waitFor();
  await alert.getByText(alertActions['link-down']).waitFor();
});

test('of 500 servers only those in sight are drawn, and each is found by words and by what it does', async () => {
  await using opened = await openTab();
  const { tab, complaints } = opened;
  expect(await list(tab).getAttribute('aria-rowcount')).toBe('502');
  expect((await names(tab)).length).toBeLessThan(40);
  const search = tab.getByRole('searchbox', { name: 'Search by name, id or state' });
  await search.fill('orchard 61');
  await expect.poll(() => names(tab)).toEqual(['Orchard 61']);
  await tab.getByRole('status').getByText('1 server, by Now').waitFor();
  await search.fill(`${many.servers[400]?.guildId}`);
  await expect.poll(() => names(tab)).toEqual([many.servers[400]?.guildName]);
  await search.fill('nowhere at all');
  await tab.getByText('No server is like that.').waitFor();
  await search.fill('');
  await tab.getByLabel('Show').selectOption('with alerts');
  await expect.poll(() => names(tab)).toEqual([many.joined[1]?.guildName]);
  await tab.getByLabel('Show').selectOption('in a channel');
  await tab.getByText('51 of 501').waitFor();
  expect(complaints).toEqual([]);
});

test('by the keyboard alone a server is sorted to the top, reached, opened and closed', async () => {
  await using opened = await openTab();
  const { tab } = opened;
  const header = list(tab).getByRole('columnheader', { name: 'Server' });
  await header.getByRole('button').focus();
  await tab.keyboard.press('Enter');
  expect(await header.getAttribute('aria-sort')).toBe('ascending');
  expect((await names(tab))[0]).toBe('Canyon 1');
  await tab.keyboard.press('Space');
  expect(await header.getAttribute('aria-sort')).toBe('descending');
  expect((await names(tab))[0]).toBe('Summit 62');
  for (let n = 0; n < 7; n++) await tab.keyboard.press('Tab');
  const focused = () =>
    tab.evaluate<string>('document.activeElement?.closest("[data-server]")?.innerText ?? ""');
  expect(await focused()).toMatch(/^Summit 62/);
  for (const [key, name] of [
    ['End', 'Canyon 1'],
    ['ArrowUp', 'Canyon 2'],
    ['Home', 'Summit 62'],
    ['ArrowDown', 'Summit 61'],
  ] as const) {
    await tab.keyboard.press(key);
    await expect.poll(focused).toMatch(new RegExp(`^${name}\n`));
  }
  await tab.keyboard.press('Enter');
  const card = tab.getByRole('region', { name: 'Summit 61' });
  await card.getByText('The bot is in no voice channel here.').waitFor();
  expect(await tab.evaluate('document.activeElement?.textContent')).toBe('Summit 61');
  await card.getByRole('button', { name: 'Close Summit 61' }).focus();
  await tab.keyboard.press('Enter');
  await card.waitFor({ state: 'detached' });
  await expect.poll(focused).toMatch(/^Summit 61\n/);
});

test('a server of another process is found, and the page says who serves it', async () => {
  await using opened = await openTab();
  const { tab } = opened;
  await tab.getByRole('searchbox').fill('far');
  await list(tab).getByRole('button', { name: 'Far away' }).click();
  await tab.getByText('The process there 2 serves this server').waitFor();
});

test('spending of 90 days is shown of all and of a server, and saved as CSV', async () => {
  await using opened = await openTab();
  const { tab, complaints } = opened;
  const all = tab.getByRole('region', { name: 'Spending', exact: true });
  await all
    .getByRole('img', { name: /^Spending a day over 90 days, at most \$[\d.]+ on / })
    .waitFor();
  await all.getByText(/^\$[\d,.]+ in 90 days, [\d,]+ answers/).waitFor();
  await all.getByText('A day ends at midnight in the time zone of its server').waitFor();
  await all.getByText('Days', { exact: true }).click();
  await all
    .getByRole('row', { name: /^2026-11-1\d \$/ })
    .first()
    .waitFor();
  const download = tab.waitForEvent('download');
  await all.getByRole('link', { name: 'Save as CSV' }).click();
  let csv = '';
  for await (const piece of await (await download).createReadStream()) csv += piece;
  const lines = csv.trim().split('\r\n');
  expect(lines[0]).toMatch(/^day,server_id,server,usd/);
  expect(lines).toHaveLength(500 * 90 + 1);
  const server = many.servers[250];
  await tab.getByRole('searchbox').fill(server?.guildId ?? '');
  await list(tab)
    .getByRole('button', { name: server?.guildName ?? '' })
    .click();
  const card = tab.getByRole('region', { name: server?.guildName ?? '' });
  await card.getByText('Spending over 90 days').click();
  await card.getByRole('img', { name: /^Spending a day/ }).waitFor();
  const [sum = ''] =
    /^\$[\d.]+/.exec((await card.getByText(/ in 90 days/).textContent()) ?? '') ?? [];
  await list(tab).getByRole('cell', { name: sum, exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test.each(appearances)(
  'the page of 500 servers in %s at %i px: axe finds nothing, and nothing is wider than the window',
  async (colorScheme, width) => {
    await using opened = await openTab(width, colorScheme);
    const { tab } = opened;
    await list(tab).getByRole('button', { expanded: false }).nth(1).click();
    await tab.getByText('Spending over 90 days').first().click();
    await tab
      .getByRole('img', { name: /^Spending a day/ })
      .nth(1)
      .waitFor();
    await expectDrawnWell(tab, width);
  },
);
