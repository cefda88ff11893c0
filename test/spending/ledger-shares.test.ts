import { expect, test } from 'vitest';
import { Ledger } from '#src/spending/ledger/ledger.ts';

const noon = Date.UTC(2026, 10, 20, 12);

test('what is put aside for one person is not put aside for another, nor on another server', () => {
  const ledger = new Ledger();
  ledger.reserve('g', 'ana', 10);
  ledger.reserve('g', 'ana', 5);
  ledger.reserve('g', 'ben', 2);
  expect(ledger.reserved('g', 'ana')).toBe(15);
  expect(ledger.reserved('g', 'ben')).toBe(2);
  expect(ledger.reserved('g', 'cy')).toBe(0);
  expect(ledger.reserved('g')).toBe(17);
  expect(ledger.reserved('h')).toBe(0);
  expect(ledger.reserved('h', 'ana')).toBe(0);
});

test('whoever was forgotten keeps their share of the day and what is put aside for them, without a name', () => {
  const ledger = new Ledger();
  ledger.charge('g', 'ana', { nanoUsd: 5, turns: 1 }, noon);
  ledger.charge('g', 'ben', { nanoUsd: 1 }, noon);
  const reserve = ledger.reserve('g', 'ana', 10);
  ledger.forget('g', 'ana', noon);
  ledger.take(reserve, { nanoUsd: 3 }, noon);
  expect(ledger.shareOf('g', 'ana', noon)).toMatchObject({ nanoUsd: 8, turns: 1 });
  expect(ledger.shareOf('g', 'ben', noon).nanoUsd).toBe(1);
  expect(ledger.reserved('g', 'ana')).toBe(7);
  expect(ledger.reserved('g', 'ben')).toBe(0);
  ledger.charge('g', 'ana', { nanoUsd: 2 }, noon);
  expect(ledger.shareOf('g', 'ana', noon).nanoUsd).toBe(10);
  expect([...ledger.standing('g', noon).people.keys()]).toEqual(['ben', 'ana']);
});

test('who speaks again after being forgotten is somebody new, whose payer the former one is not', () => {
  const ledger = new Ledger();
  const former = ledger.payer('g', 'ana');
  expect(ledger.payer('g', 'ana')).toBe(former);
  ledger.forget('g', 'ana', noon);
  expect(former).not.toHaveProperty('personId');
  const again = ledger.payer('g', 'ana');
  expect(again).toEqual({ personId: 'ana' });
  ledger.charge('g', again, { nanoUsd: 4 }, noon);
  expect(ledger.standing('g', noon).people.get('ana')?.nanoUsd).toBe(4);
});

test('to be forgotten on one server names nobody there, and changes no other person and no other server', () => {
  const ledger = new Ledger();
  for (const [guildId, personId] of [
    ['g', 'ana'],
    ['g', 'ben'],
    ['h', 'ana'],
  ] as const)
    ledger.charge(guildId, personId, { nanoUsd: 1 }, noon);
  ledger.forget('g', 'ana', noon);
  ledger.forget('nowhere', 'ana', noon);
  const named = ledger.drain().filter(({ personId }) => personId !== undefined);
  expect(named.map(({ guildId, personId }) => `${guildId} ${personId}`)).toEqual([
    'g ben',
    'h ana',
  ]);
  expect([...ledger.standing('h', noon).people.keys()]).toEqual(['ana']);
});

test('whoever is forgotten while the store is being written is not put back when it fails', () => {
  const ledger = new Ledger();
  ledger.charge('g', 'ana', { nanoUsd: 1 }, noon);
  ledger.charge('g', 'ben', { nanoUsd: 2 }, noon);
  ledger.drain();
  ledger.forget('g', 'ana', noon);
  ledger.putBack();
  expect(ledger.hasUnsaved).toBe(true);
  const entries = ledger.drain();
  expect(entries.map(({ personId, nanoUsd }) => [personId, nanoUsd])).toEqual([
    [undefined, 3],
    ['ben', 2],
  ]);
});

test('what was put back once is not put back again', () => {
  const ledger = new Ledger();
  ledger.charge('g', undefined, { nanoUsd: 1 }, noon);
  ledger.drain();
  ledger.putBack();
  ledger.putBack();
  expect(ledger.drain().map(({ nanoUsd }) => nanoUsd)).toEqual([1]);
});

test('what is put back comes before what was spent since: its day is the older one', () => {
  const ledger = new Ledger();
  ledger.charge('g', undefined, { nanoUsd: 1 }, noon);
  ledger.drain();
  ledger.charge('g', undefined, { nanoUsd: 2 }, noon + 3 * 86_400_000);
  ledger.putBack();
  expect(ledger.drain().map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-23']);
});
