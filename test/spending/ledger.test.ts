import { openBudget } from '#src/app/open-budget.ts';
import type { AlertChange } from '#src/base/alerts.ts';
import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetRefusal,
} from '#src/spending/budget-authority.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import { chooseLowerCap } from '#src/spending/session-budgets.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { MemorySpending, openBudgets } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { fc } from '#test/properties.ts';

const noon = Date.UTC(2026, 10, 20, 12);
const dayMs = 86_400_000;
const guildId = toGuildId('g');
const [ana, ben] = [toPersonId('ana'), toPersonId('ben')];

test('a clock that was far ahead once freezes no budget, and gives nobody a second share', () => {
  const ledger = new Ledger();
  const chargeAna = (usd: number, day: number) =>
    ledger.charge(guildId, ana, { nanoUsd: usd }, noon + day * dayMs);
  const readSpent = (day: number) => {
    const { day: today, people } = ledger.getStanding(guildId, noon + day * dayMs);
    return [today.nanoUsd, people.get(ana)?.nanoUsd];
  };
  chargeAna(5, 0);
  chargeAna(2, 400);
  expect(readSpent(400)).toEqual([2, 2]);
  chargeAna(1, 0);
  expect(readSpent(0)).toEqual([6, 6]);
  chargeAna(1, 1);
  expect(readSpent(1)).toEqual([1, 1]);
  chargeAna(1, 30);
  expect(readSpent(30)).toEqual([1, 1]);
});

test('whoever is forgotten stays nameless on the day before the clock jumped', () => {
  const ledger = new Ledger();
  ledger.charge(guildId, ana, { nanoUsd: 5 }, noon);
  ledger.charge(guildId, ben, { nanoUsd: 1 }, noon + 400 * dayMs);
  ledger.forget(guildId, ana);
  expect(ledger.getStanding(guildId, noon).people.has(ana)).toBe(false);
  expect(ledger.getShare(guildId, ana, noon).nanoUsd).toBe(5);
});

test('no sum is lost between ledger and store, whatever the order of charges, failures and midnights', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (allLedgerSteps) => {
      const life = {
        ledger: new Ledger(),
        entries: [] as SpendingEntry[],
        wallMs: noon,
        charged: 0,
      };
      for (const ledgerStep of allLedgerSteps) liveThrough(life, ledgerStep);
      const { entries, ledger, charged, wallMs } = life;
      entries.push(...ledger.listUnsaved());
      const ofServer = entries.filter(({ personId }) => personId === undefined);
      expect(ofServer.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0)).toBe(charged);
      const ledgerAfter = new Ledger();
      ledgerAfter.recall(entries);
      expect(ledgerAfter.getStanding(guildId, wallMs)).toEqual(
        ledger.getStanding(guildId, wallMs),
      );
    }),
  );
});

type LedgerStep =
  | {
      readonly kind: 'charge';
      readonly who: PersonId | undefined;
      readonly nanoUsd: number;
    }
  | { readonly kind: 'save'; readonly works: boolean }
  | { readonly kind: 'wait'; readonly ms: number };
const anyStep: fc.Arbitrary<LedgerStep> = fc.oneof(
  fc.record({
    kind: fc.constant('charge'),
    who: fc.constantFrom(ana, ben, undefined),
    nanoUsd: fc.nat(1_000),
  }),
  fc.record({ kind: fc.constant('save'), works: fc.boolean() }),
  fc.record({ kind: fc.constant('wait'), ms: fc.nat(2 * dayMs) }),
);

type Life = {
  readonly ledger: Ledger;
  readonly entries: SpendingEntry[];
  wallMs: number;
  charged: number;
};

function liveThrough(life: Life, step: LedgerStep) {
  const { entries: stored, ledger, wallMs } = life;
  switch (step.kind) {
    case 'wait':
      life.wallMs += step.ms;
      return;
    case 'charge':
      ledger.charge(guildId, step.who, { nanoUsd: step.nanoUsd }, wallMs);
      life.charged += step.nanoUsd;
      return;
    case 'save': {
      const entries = ledger.listUnsaved();
      if (!step.works) return;
      stored.push(...entries);
      ledger.noteSaved(entries);
    }
  }
}

test('of two caps the lower one counts, and 0 is none', () => {
  expect([
    chooseLowerCap(0, 5),
    chooseLowerCap(5, 0),
    chooseLowerCap(5, 3),
    chooseLowerCap(0, 0),
  ]).toEqual([5, 5, 3, 0]);
});

test('what the store told of somebody before they were forgotten names them no more, and stays their share', () => {
  const ledger = new Ledger();
  const read = { guildId, day: '2026-11-20', nanoUsd: 5, turns: 0 };
  ledger.forget(guildId, ana);
  ledger.recall([read, { ...read, personId: ana }, { ...read, personId: ben }]);
  const { day, people } = ledger.getStanding(guildId, noon);
  expect([...people.keys()]).toEqual(['ben']);
  expect(day.nanoUsd).toBe(5);
  expect(ledger.getShare(guildId, ana, noon).nanoUsd).toBe(5);
});

test('what is not yet in the store of several processes counts beside what is', () => {
  const ledger = new Ledger();
  ledger.charge(guildId, ana, { nanoUsd: 5 }, noon);
  ledger.settleTotal('2026-11-20', 2);
  expect(ledger.getTotal(noon)).toBe(7);
  ledger.noteSaved(ledger.listUnsaved());
  expect([ledger.getTotal(noon), ledger.hasUnsaved]).toEqual([7, false]);
});

test('what is set aside before midnight is charged to the day on which the request left', () => {
  const ledger = new Ledger();
  const reserve = ledger.reserve(guildId, ana, 10, noon);
  ledger.settleReserve(reserve, { nanoUsd: 3 });
  expect(ledger.getStanding(guildId, noon).day.nanoUsd).toBe(3);
  expect(ledger.getStanding(guildId, noon + dayMs).day.nanoUsd).toBe(0);
  expect(ledger.getOpen({ guildId, day: '2026-11-20' })).toBe(10);
});

test('whoever was forgotten keeps their share of the day and what is put aside for them, without a name', () => {
  const ledger = new Ledger();
  ledger.charge(guildId, ana, { nanoUsd: 5, turns: 1 }, noon);
  ledger.charge(guildId, ben, { nanoUsd: 1 }, noon);
  const reserve = ledger.reserve(guildId, ana, 10, noon);
  ledger.forget(guildId, ana);
  ledger.settleReserve(reserve, { nanoUsd: 3 });
  expect(ledger.getShare(guildId, ana, noon)).toMatchObject({
    nanoUsd: 8,
    turns: 1,
  });
  expect(ledger.getShare(guildId, ben, noon).nanoUsd).toBe(1);
  expect(ledger.getReserved(guildId, ana)).toBe(7);
  expect(ledger.getReserved(guildId, ben)).toBe(0);
  ledger.charge(guildId, ana, { nanoUsd: 2 }, noon);
  expect(ledger.getShare(guildId, ana, noon).nanoUsd).toBe(10);
  expect([...ledger.getStanding(guildId, noon).people.keys()]).toEqual(['ben']);
});

test('whoever is forgotten while the store is being written is not written again when it fails', () => {
  const ledger = new Ledger();
  ledger.charge(guildId, ana, { nanoUsd: 1 }, noon);
  ledger.charge(guildId, ben, { nanoUsd: 2 }, noon);
  const entries = ledger.listUnsaved();
  ledger.forget(guildId, ana);
  expect(
    ledger.listUnsaved().map(({ personId, nanoUsd }) => [personId, nanoUsd]),
  ).toEqual([
    [undefined, 3],
    ['ben', 2],
  ]);
  ledger.noteSaved(entries);
  expect(ledger.hasUnsaved).toBe(false);
});

const hourMs = 3_600_000;
/** At least it costs 0.000537 dollars: 137 tokens and 400 characters. */
const order: AnswerRequest = {
  kind: 'answer',
  guildId: toGuildId('10'),
  personId: toPersonId('ana'),
  first: { messages: [], heardMs: 3_000 },
};

function spendTokens(opened: AnswerBudget | BudgetRefusal, inputTokens: number) {
  if (opened.kind === 'refused') throw new Error(`refused: ${opened.line.id}`);
  opened.reservation.recordUsage({ inputTokens, outputTokens: 0 });
  opened.reservation.close();
}

test('what one server has spent of the total is missing in all others, whose people read until when', () => {
  const { budgets } = openBudgets(new VirtualClock(), { totalUsd: 0.01 });
  spendTokens(budgets.open(order), 9_900);
  const refused = budgets.open({
    ...order,
    guildId: toGuildId('20'),
    personId: toPersonId('ben'),
  });
  const line = { id: 'budget.guild', with: { time: '<t:1795219200:f>' } };
  expect(refused).toMatchObject({ kind: 'refused', line });
  expect(budgets.findUsedBudget(toGuildId('20'))).toMatchObject({ line });
  if (refused.kind === 'refused')
    expect([refused.isNews(), refused.isNews()]).toEqual([true, false]);
});

test('the operator is alerted at 80 % and at 100 %, once a day, and it clears at midnight', async () => {
  const clock = new VirtualClock();
  const changes: AlertChange[] = [];
  const { budgets } = openBudgets(clock, {
    totalUsd: 0.01,
    onAlert: (change) => changes.push(change),
  });
  const takeChanges = () =>
    changes.splice(0).map(({ name, state }) => `${name} ${state}`);
  spendTokens(budgets.open(order), 7_900);
  expect(takeChanges()).toEqual([]);
  spendTokens(budgets.open(order), 200);
  expect(changes[0]?.cause).toMatch(/^81 % of BUDGET_TOTAL_DAY_USD=0\.01 is spent;/);
  expect(takeChanges()).toEqual(['total-budget-low raised']);
  spendTokens(budgets.open(order), 2_000);
  budgets.open(order);
  expect(takeChanges()).toEqual(['total-budget-used raised']);
  await clock.advance(8 * hourMs);
  expect(takeChanges()).toEqual([
    'total-budget-low cleared',
    'total-budget-used cleared',
  ]);
});

test('the total outlives a restart', async () => {
  const clock = new VirtualClock();
  const spending = new MemorySpending();
  const openTotal = async () => {
    const ledger = new Ledger();
    const ignoreReport = () => undefined;
    const keeper = new PortionKeeper({
      ledger,
      capNanoUsd: 1e7,
      spending: spending.openRun(),
      clock,
      report: ignoreReport,
      alert: ignoreReport,
    });
    await keeper.open();
    return { keeper, budgets: openBudgets(clock, { ledger, totalUsd: 0.01 }).budgets };
  };
  const formerLedger = await openTotal();
  spendTokens(formerLedger.budgets.open(order), 8_000);
  await formerLedger.keeper[Symbol.asyncDispose]();
  const nextLedger = await openTotal();
  expect(nextLedger.budgets.findTotal()).toEqual({ usd: 0.008, capUsd: 0.01 });
  await nextLedger.keeper[Symbol.asyncDispose]();
});

function openBudgetOf(spending: MemorySpending) {
  return openBudget({
    config: readGoodSettings({}),
    spending,
    isShared: true,
    findPipeline: () => ({ pipeline: 'chained' }),
    getServerCap: () => 0,
    getProgramCap: () => undefined,
    onEvent: () => undefined,
    alert: () => undefined,
    warn: () => undefined,
  });
}

test('a process knows at its start what all servers spent and set aside, and gives its portions back at its end', async () => {
  const spending = new MemorySpending();
  const day = new Date().toISOString().slice(0, 10);
  const guildId = toGuildId('10');
  await spending.openRun().write({
    day,
    entries: [{ guildId, day, nanoUsd: 2e9, turns: 1 }],
    portions: [{ guildId, day, nanoUsd: 1e9, usedNanoUsd: 0 }],
    capNanoUsd: 0,
  });
  const opened = await openBudgetOf(spending);
  expect(opened.budgets.findTotal()).toEqual({ usd: 3, capUsd: 20 });
  await opened[Symbol.asyncDispose]();
  expect(spending.portions.get(spending) ?? []).toEqual([]);
});
