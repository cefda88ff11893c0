import { expect, test } from 'vitest';
import { StatementCache } from '#src/sql/statement-cache.ts';

/** A cache of `most` statements, and the texts that it prepared. */
function cacheOf(most: number) {
  const prepared: string[] = [];
  const cache = new StatementCache((text) => ({ text, number: prepared.push(text) }), most);
  return { cache, prepared };
}

test('a statement is prepared once, and each text has its own', () => {
  const { cache, prepared } = cacheOf(2);
  const first = cache.get('SELECT 1');
  expect(cache.get('SELECT 2')).toEqual({ text: 'SELECT 2', number: 2 });
  expect(cache.get('SELECT 1')).toBe(first);
  expect(prepared).toEqual(['SELECT 1', 'SELECT 2']);
});

test('the statements that were used last stay, the one that was unused for longest goes', () => {
  const { cache, prepared } = cacheOf(3);
  for (const text of ['a', 'b', 'c', 'a', 'd']) cache.get(text);
  expect(prepared.splice(0)).toEqual(['a', 'b', 'c', 'd']);
  for (const text of ['c', 'a', 'd']) cache.get(text);
  expect(prepared).toEqual([]);
  cache.get('b');
  cache.get('c');
  expect(prepared).toEqual(['b', 'c']);
});

test('however many texts there are, no more statements are kept than the limit', () => {
  const { cache, prepared } = cacheOf(200);
  for (let n = 0; n < 10_000; n++) cache.get(`SELECT ${n}`);
  prepared.length = 0;
  for (let n = 9_999; n >= 9_800; n--) cache.get(`SELECT ${n}`);
  expect(prepared).toEqual([]);
  cache.get('SELECT 9799');
  expect(prepared).toEqual(['SELECT 9799']);
});

test('a text that cannot be prepared takes no place of another one', () => {
  const prepare = (text: string) => {
    if (text === 'wrong') throw new Error('syntax');
    return { text };
  };
  const cache = new StatementCache(prepare, 1);
  const kept = cache.get('right');
  expect(() => cache.get('wrong')).toThrow('syntax');
  expect(cache.get('right')).toBe(kept);
});
