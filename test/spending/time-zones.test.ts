import { expect, test } from 'vitest';
import { Calendar, dayOf, monthOf } from '#src/spending/calendar.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { MemorySpending, openBudgets } from '#test/fakes/spending.ts';
import { fc } from '#test/properties.ts';

const hourMs = 3_600_000;
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Pacific/Apia',
  'Pacific/Honolulu',
  'Pacific/Kiritimati',
  'Etc/GMT+12',
  'Australia/Lord_Howe',
  'America/Havana',
];

/** A ledger of one server whose time zone can be changed. */
function zoned(first: string) {
  const place = { zone: first };
  const ledger = new Ledger({ timeZoneIn: () => place.zone });
  const spend = (atMs: number) => ledger.charge('g', 'ana', { nanoUsd: 1 }, atMs);
  const spent = (atMs: number) => ledger.standing('g', atMs).day.nanoUsd;
  return { place, ledger, spend, spent };
}

test('the day of a server and of a person ends at midnight in the time zone of the server', () => {
  const { ledger, spend, spent } = zoned('Pacific/Apia'); // 13 h ahead
  const midnightMs = Date.UTC(2026, 10, 20, 11);
  spend(midnightMs - 1);
  expect(ledger.daysIn('g', midnightMs - 1)).toEqual({
    day: '2026-11-20',
    dayEndMs: midnightMs,
    monthEndMs: Date.UTC(2026, 10, 30, 11),
  });
  expect([spent(midnightMs - 1), spent(midnightMs)]).toEqual([1, 0]);
  expect(ledger.shareOf('g', 'ana', midnightMs).nanoUsd).toBe(0);
  expect(ledger.standing('g', midnightMs).month.nanoUsd).toBe(1);
  expect(ledger.standing('g', Date.UTC(2026, 10, 30, 11)).month.nanoUsd).toBe(0);
});

test.each([
  ['forward', Date.UTC(2026, 2, 28, 23), 23],
  ['back', Date.UTC(2026, 9, 24, 22), 25],
])('a day on which clocks are put %s lasts as long as it does', (_, fromMs, hours) => {
  const { ledger, spend, spent } = zoned('Europe/Berlin');
  spend(fromMs);
  const endMs = fromMs + hours * hourMs;
  expect(ledger.daysIn('g', fromMs).dayEndMs).toBe(endMs);
  expect([spent(endMs - 1), spent(endMs)]).toEqual([1, 0]);
});

test('a country that leaves out a date has no day for it', () => {
  const { ledger, spend } = zoned('Pacific/Apia'); // 2011-12-30 never was there
  const fromMs = Date.UTC(2011, 11, 29, 10);
  spend(fromMs);
  const { day, dayEndMs } = ledger.daysIn('g', fromMs);
  expect([day, dayEndMs - fromMs]).toEqual(['2011-12-29', 24 * hourMs]);
  expect(ledger.daysIn('g', dayEndMs).day).toBe('2011-12-31');
});

test('a change of the time zone gives no second budget on that day, to neither side', () => {
  const noon = Date.UTC(2026, 10, 20, 12);
  for (const [from, to] of [
    ['Pacific/Honolulu', 'Pacific/Kiritimati'],
    ['Pacific/Kiritimati', 'Pacific/Honolulu'],
  ] as const) {
    const { place, spend, spent } = zoned(from);
    spend(noon);
    place.zone = to;
    expect([spent(noon), spent(noon + 6 * hourMs)], to).toEqual([1, 1]);
    place.zone = from;
    expect(spent(noon + 6 * hourMs), from).toBe(1);
  }
});

test('whatever zones a server chooses, its days have 20 hours at least, dates that grow, and no month twice', () => {
  const step = fc.record({
    zone: fc.constantFrom(...zones),
    hours: fc.integer({ min: 1, max: 30 }),
  });
  const from = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) });
  fc.assert(
    fc.property(from, fc.array(step, { minLength: 2, maxLength: 40 }), (fromMs, steps) => {
      const { ledger, place, spend, spent } = zoned('UTC');
      let atMs = fromMs;
      const begun = new Map<string, number>();
      const spentOn = new Map<string, number>();
      for (const { zone, hours } of steps) {
        place.zone = zone;
        atMs += hours * hourMs;
        spend(atMs);
        const { day, dayEndMs } = ledger.daysIn('g', atMs);
        expect(dayEndMs).toBeGreaterThan(atMs);
        if (!begun.has(day)) expect([...begun.keys()].every((one) => one < day)).toBe(true);
        spentOn.set(day, (spentOn.get(day) ?? 0) + 1);
        expect(spent(atMs)).toBe(spentOn.get(day));
        begun.set(day, begun.get(day) ?? atMs);
      }
      // Two whole days of budgets never fit into less than 20 h: the first spending of every second day shows it.
      const instants = [...begun.values()];
      for (const [n, first] of instants.entries()) {
        const third = instants[n + 2];
        if (third !== undefined) expect(third - first).toBeGreaterThanOrEqual(20 * hourMs);
      }
    }),
  );
});

test('a restart keeps the day that runs, also before the time zone of the server is known', async () => {
  const clock = new VirtualClock();
  const spending = new MemorySpending();
  const ignore = () => undefined;
  const open = async (ledger: Ledger) => {
    const keeper = new LedgerPersistence({
      ledger,
      spending,
      clock,
      report: ignore,
      alert: ignore,
    });
    await keeper.open();
    return keeper;
  };
  for (const zone of zones) {
    spending.entries = [];
    const before = zoned(zone);
    const first = await open(before.ledger);
    before.spend(clock.wallMs());
    await first[Symbol.asyncDispose]();
    const { day } = before.ledger.daysIn('g', clock.wallMs());
    const after = zoned('UTC');
    const second = await open(after.ledger);
    expect(after.spent(clock.wallMs()), zone).toBe(1);
    after.place.zone = zone;
    expect(after.ledger.daysIn('g', clock.wallMs()).day, zone).toBe(day);
    expect(after.ledger.standing('g', clock.wallMs()).month.nanoUsd, zone).toBe(1);
    await second[Symbol.asyncDispose]();
  }
});

test('a day without spending follows a change of the time zone at once', () => {
  const { ledger, place } = zoned('Pacific/Honolulu');
  const noon = Date.UTC(2026, 10, 20, 12);
  expect(ledger.daysIn('g', noon).day).toBe(dayOf(noon, 'Pacific/Honolulu'));
  place.zone = 'Pacific/Kiritimati';
  expect(ledger.daysIn('g', noon).day).toBe(dayOf(noon, 'Pacific/Kiritimati'));
});

test('people read when it goes on in their own time zone', () => {
  const clock = new VirtualClock(); // 2026-11-20 16:00 UTC
  const ledger = new Ledger({ timeZoneIn: () => 'America/New_York' });
  const caps = { serverDay: { nanoUsd: 1, ms: 0 } };
  const { budgets } = openBudgets(clock, { caps, ledger });
  const order = {
    kind: 'answer',
    personId: 'ana',
    name: 'Ana',
    characters: 400,
    heardMs: 3,
  } as const;
  const seconds = Date.UTC(2026, 10, 21, 5) / 1_000;
  expect(budgets.open({ ...order, guildId: 'g' })).toMatchObject({
    line: { with: { time: `<t:${seconds}:f>` } },
  });
});

test('days of a calendar begin and end where the dates of their zone change', () => {
  const calendar = new Calendar();
  for (const zone of zones)
    for (let hour = 0; hour < 24 * 400; hour += 43) {
      const atMs = Date.UTC(2026, 0, 1) + hour * hourMs;
      const { day, fromMs } = calendar.dayAt(atMs, zone);
      expect(day).toBe(dayOf(atMs, zone));
      expect(dayOf(fromMs, zone)).toBe(day);
      expect(dayOf(fromMs - 1, zone)).not.toBe(day);
      expect(monthOf(dayOf(calendar.monthEndOf({ day, fromMs }, zone) - 1, zone))).toBe(
        monthOf(day),
      );
    }
});
