// npm run house
import figures from './figures.json' with { type: 'json' };
import { countFigures } from './figures.ts';

type Counter = { readonly '1c408f69': string; readonly now?: string; readonly wanted: string };

const counters: Readonly<Record<string, Counter>> = figures.counters;
const { values, lists } = await countFigures();

/** The value of a counter: as measured by hand, with its date, or as counted now. */
function shownValue(name: string, byHand: string | undefined): string {
  const value = values[name];
  if (byHand !== undefined) return byHand;
  if (value === undefined || Number.isNaN(value)) throw new Error(`No figure of ${name}`);
  return value.toLocaleString('en');
}

console.log('Marks that a reader gives (scripts/house/figures.json)');
console.table(figures.marks);
console.log('Counters; what has a date is measured by hand');
console.table(
  Object.fromEntries(
    Object.entries(counters).map(([name, { now, wanted, ...then }]) => [
      name,
      { ...then, now: shownValue(name, now), wanted },
    ]),
  ),
);
for (const [name, found] of Object.entries(lists)) {
  console.log(`${name} (${found.length}): ${found.join(', ')}`);
}
