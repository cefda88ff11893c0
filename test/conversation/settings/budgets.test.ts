import { expect, test } from 'vitest';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { dollars } from '#test/fakes/spending.ts';

test('a budget is taken in money and minutes below the cap of the operator, and refused above it', async () => {
  const caps = { personDay: dollars(1), serverDay: { ...dollars(5), ms: 3_600_000 } };
  const { settings } = openSessionFixture({
    caps: { ...caps, serverMonth: dollars(0) },
  });
  const set = (key: string, value: string) => settings.set('g', key, value);
  expect(await set('budget_person', '$0.50')).toMatchObject({ kind: 'set', value: '$0.5' });
  expect(await set('budget_day', '2 30m')).toMatchObject({ kind: 'set', value: '$2 30m' });
  expect(await set('budget_month', '900m')).toMatchObject({ kind: 'set', value: '900m' });
  expect(await set('budget_day', '6')).toEqual({ kind: 'above', key: 'budget_day', cap: '$5 60m' });
  expect(await set('budget_day', '61m')).toMatchObject({ kind: 'above' });
  expect(await set('budget_day', 'none')).toMatchObject({ kind: 'set', value: 'none' });
});
