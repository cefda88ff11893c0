import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import {
  eva,
  lounge,
  openSessionFixture,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { fc } from '#test/properties.ts';

const g = toGuildId('g');
const ana = toPersonId('ana');

/** The day of every virtual clock. */
const todayMs = new VirtualClock().wallMs();

const order = {
  kind: 'answer' as const,
  guildId: g,
  personId: ana,
  name: 'Ana',
  first: { messages: [], heardMs: 3_000 },
};

type World = ReturnType<typeof openBudgets> & {
  readonly clock: VirtualClock;
  readonly heard: Reservation[];
  readonly bills: Reservation[];
  readonly entries: SpendingEntry[];
};

const acts = ['listen', 'hear', 'open', 'use', 'speak', 'save', 'wait'] as const;
type Act = { readonly kind: (typeof acts)[number]; readonly which: number };

function performAct({ kind, which }: Act, world: World) {
  const { bills, entries, clock, budgets, heard, ledger } = world;
  const bill = bills[which % Math.max(1, bills.length)];
  switch (kind) {
    case 'listen': {
      const listening = budgets.openHearingBudget(g, ana);
      return 'reservation' in listening
        ? void heard.push(listening.reservation)
        : undefined;
    }
    case 'hear':
      return heard[which % Math.max(1, heard.length)]?.onRecognised(1_000 + which);
    case 'open': {
      const opened = budgets.open(order);
      return opened.kind === 'open' ? void bills.push(opened.reservation) : undefined;
    }
    case 'use':
      return bill?.recordUsage({ inputTokens: which + 1, outputTokens: 1 });
    case 'speak':
      return bill?.recordSpeech({ characters: which, ms: 100 });
    case 'save': {
      const unsaved = ledger.listUnsaved();
      entries.push(...unsaved);
      return ledger.noteSaved(unsaved);
    }
    case 'wait':
      return clock.advance(which * 7_000);
  }
}

const anyAct = fc.record({ kind: fc.constantFrom(...acts), which: fc.nat(9_999) });

test('whatever was under way when somebody was forgotten, nothing names them afterwards', async () => {
  const later = anyAct.filter(({ kind }) => kind !== 'listen' && kind !== 'open');
  const both = [
    fc.array(anyAct, { maxLength: 30 }),
    fc.array(later, { maxLength: 30 }),
  ] as const;
  await fc.assert(
    fc.asyncProperty(...both, async (before, after) => {
      const clock = new VirtualClock();
      const world: World = {
        clock,
        ...openBudgets(clock),
        heard: [],
        bills: [],
        entries: [],
      };
      for (const act of before) await performAct(act, world);
      world.budgets.forget(g, ana);
      world.entries.length = 0; // what is in the book is erased there
      for (const act of after) await performAct(act, world);
      const reported = [
        ...world.entries,
        ...world.ledger.listUnsaved(),
        ...world.ledger.getStanding(g, clock.wallMs()).people,
      ];
      expect(JSON.stringify(reported)).not.toContain('ana');
    }),
    { numRuns: 300 },
  );
});

test.each([600, 1_000, 1_400, 2_000, 2_600, 3_200, 3_800, 4_600])(
  'who is forgotten %i ms into a sentence is not put back by what was being recognised',
  async (ms) => {
    const adam = { id: toPersonId('4711'), name: 'Adam', isBot: false, roleIds: [] };
    const clock = new VirtualClock(Date.UTC(2026, 10, 20));
    const { ledger, budgets } = openBudgets(clock);
    const transcriber = new FakeTranscriber({
      texts: ['five five'],
      tookMs: 400,
      clock,
    });
    const fixture = openSessionFixture(
      { spending: budgets, transcriber },
      [adam, eva],
      clock,
    );
    await fixture.sessions.join(lounge, adam.id);
    await passTime(fixture, 500);
    const fromMs = clock.nowMs();
    const packets = await sayWords('human-librivox-0880', adam, fromMs);
    await passTime(
      fixture,
      ms,
      packets.filter(({ atMs }) => atMs <= fromMs + ms),
    );
    await fixture.privacy.forget(g, adam.id);
    await passTime(fixture, 1_500);
    expect([...ledger.getStanding(g, clock.wallMs()).people.keys()]).toEqual([]);
    await fixture.sessions.leave(g);
  },
);

test('a forgotten person leaves no spending behind and gets no second share, even while an answer goes on', async () => {
  const clock = new VirtualClock();
  const caps = { personDay: toUsd(1), serverDay: toUsd(5) };
  const { budgets, ledger } = openBudgets(clock, { caps });
  for (let n = 0; n < 10; n++) {
    for (
      let opened = budgets.open(order);
      opened.kind === 'open';
      opened = budgets.open(order)
    ) {
      if (n % 2 === 0) budgets.forget(g, ana);
      opened.reservation.recordUsage({ inputTokens: 100_000, outputTokens: 0 });
      opened.reservation.close();
    }
    expect(budgets.open(order)).toMatchObject({ line: { id: 'budget.user' } });
    budgets.forget(g, ana);
  }
  expect(ledger.getStanding(g, todayMs).day.nanoUsd).toBeLessThanOrEqual(1.1e9);
  expect(budgets.openHearingBudget(g, ana)).toMatchObject({
    line: { id: 'budget.user' },
  });
  expect(budgets.open({ ...order, personId: toPersonId('ben') }).kind).toBe('open');
  await clock.advance(24 * 3_600_000);
  expect(budgets.open(order).kind).toBe('open');
});
