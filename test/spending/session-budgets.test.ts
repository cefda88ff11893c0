import { expect, test } from 'vitest';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';

test('the last answer of a server decides from when on its next one would not fit', () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: dollars(1) } });
  const question = { kind: 'answer', personId: '1', name: 'Ana', heardMs: 4_000 } as const;
  // About 10 cents, and less than one.
  for (const [guildId, characters] of [
    ['long', 400_000],
    ['short', 4_000],
  ] as const) {
    const opened = budgets.open({ ...question, guildId, characters });
    if (opened.kind === 'open') opened.reservation.close();
    ledger.charge(guildId, undefined, { nanoUsd: 0.88e9 }, clock.wallMs());
  }
  expect(budgets.manner('short').step).toBe('cheaper');
  expect(budgets.manner('long').step).toBe('captions');
});
