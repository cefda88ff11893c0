import { toGuildId } from '#src/base/ids.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { toUsd } from '#test/fakes/fake-spending.ts';

test('a budget is taken in dollars below the cap of the operator, and refused above it', async () => {
  const { settings } = openSessionFixture({
    caps: { personDay: toUsd(1), serverDay: toUsd(5) },
  });
  const setBudget = (value: string) =>
    settings.setSetting(toGuildId('g'), 'budget_day', value);
  expect(await setBudget('$0.50')).toMatchObject({ kind: 'set', value: '$0.5' });
  for (const wrong of ['6', 'two', '30m', '2 3', '-1', '0'])
    expect(await setBudget(wrong)).toMatchObject({ kind: 'bad' });
  expect(settings.listValues('budget_day')).toContain('$5');
  expect(await setBudget('none')).toMatchObject({ kind: 'set', value: 'none' });
});
