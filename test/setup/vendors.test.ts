import { expect, test } from 'vitest';
import { z } from 'zod';
import { costsOfMinute } from '#bench/pipelines/minute.ts';
import table from '#setup/vendors.json' with { type: 'json' };
import { choiceScreen, vendorSchema, vendors } from '#setup/vendors.ts';
import { realClock } from '#src/base/clock.ts';
import { isAddress } from '#src/config/settings.ts';
import { readAccount } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { openOffice } from './set-up.ts';

test('each vendor has one name, an address that setup takes, its roles and a source', () => {
  expect(z.array(vendorSchema).safeParse(table).error).toBeUndefined();
  expect(new Set(vendors.map(({ name }) => name)).size).toBe(vendors.length);
  for (const { baseUrl, needsKey } of vendors) {
    expect(isAddress(baseUrl)).toBe(true);
    expect(baseUrl.startsWith(needsKey ? 'https://' : 'http://127.0.0.1:')).toBe(true);
  }
});

test('the screen tells of each choice what a month costs for each role, as npm run bench:pipelines counts', () => {
  const screen = choiceScreen(vendors).split('\n');
  const rowOf = (name: string) =>
    screen
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim()
      .split(/ {2,}/);
  const [chained] = costsOfMinute();
  const [hear, think, speak, whole] = [
    chained?.hearUsd,
    chained?.thinkUsd,
    chained?.speakUsd,
    chained?.wholeUsd,
  ].map((usd = 0) => (usd * 3_600).toFixed(2));
  expect(rowOf('OpenAI')).toEqual([hear, think, speak, whole, 'not measured']);
  expect(rowOf('Groq')).toEqual(['?', '?', '-', '?', 'not measured']);
  expect(rowOf('Ollama')).toEqual(['-', '0', '-', '0', 'not measured']);
  expect(rowOf('LiteLLM')).toEqual(['?', '?', '?', '?', 'not measured']);
  expect(rowOf('None: embedded')).toEqual(['0', '0', '0', '0', 'English, demo']);
  for (const { name } of vendors) expect(rowOf(name)).toHaveLength(5);
  for (const line of screen) expect(line.length).toBeLessThanOrEqual(76);
});

async function ownersOf(options: Parameters<typeof openOffice>[0]) {
  await using office = await openOffice(options);
  const { apiUrl, token } = office.sandbox;
  using rest = new AccountRest({ apiUrl, token }, realClock);
  const { owners } = await readAccount(rest, AbortSignal.timeout(10_000));
  return owners.map(({ name }) => name);
}

test('a bot belongs to its owner, or to the members of its team', async () => {
  expect(await ownersOf({ ownerName: 'Olga' })).toEqual(['Olga']);
  expect(await ownersOf({ ownerName: 'Olga', team: ['Ben', 'Olga', 'Cleo'] })).toEqual([
    'Ben',
    'Olga',
    'Cleo',
  ]);
});
