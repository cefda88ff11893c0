import { expect, test } from 'vitest';
import { markedTable } from '#src/texts/report.ts';
import { builtInTexts, englishHash, readCorrections, TextTables } from '#src/texts/tables.ts';

const table = (texts: Record<string, string>) => new Map(Object.entries(texts));
const english = (id: string) => builtInTexts('en').get(id)?.text;

test('texts of an operator stand over ours, and the rest stays', () => {
  const tables = new TextTables();
  tables.correct(new Map([['de', table({ 'stop.ok': 'Ruhe.' })]]));
  const { texts } = tables.of('de');
  expect(texts.get('stop.ok')).toBe('Ruhe.');
  expect(texts.get('say.now')).toBe(builtInTexts('de').get('say.now')?.text);
});

test('a language that an operator adds is read by those who speak it, the rest in English', () => {
  const tables = new TextTables();
  expect(tables.closest('nl')).toBeUndefined();
  tables.correct(new Map([['nl', table({ 'stop.ok': 'Gestopt.' })]]));
  expect(tables.closest('nl-BE')).toBe('nl');
  const { texts, isMachineMade } = tables.of('nl');
  expect([texts.get('stop.ok'), texts.get('say.now'), isMachineMade]).toEqual([
    'Gestopt.',
    english('say.now'),
    false,
  ]);
});

test('English that an operator corrects is what other languages lack', () => {
  const tables = new TextTables();
  tables.correct(new Map([['en', table({ 'stop.ok': 'Quiet now.' })]]));
  expect(tables.read('nl').texts.get('stop.ok')).toBe('Quiet now.');
});

test('a language is machine-made until all of its texts are somebody else’s', () => {
  const tables = new TextTables();
  expect(tables.of('de').isMachineMade).toBe(true);
  const all = new Map([...builtInTexts('de')].map(([id, { text }]) => [id, text]));
  tables.correct(new Map([['de', all]]));
  expect(tables.of('de').isMachineMade).toBe(false);
});

test('the right texts of a broken table are used, and one sentence names the others', () => {
  const { locale, texts, complaint } = readCorrections(
    'de.json',
    JSON.stringify({
      'stop.ok': 'Ruhe.',
      'stop.okay': 'Ruhe.',
      'join.ok': 'In {kanal}.',
      'say.now': 7,
      'say.empty': ' ',
      'perm.manage': '{',
      'stop.none': "It's '{'",
    }),
  );
  expect([locale, [...texts]]).toEqual(['de', [['stop.ok', 'Ruhe.']]]);
  expect(complaint).toBe(
    'de.json is used without 6 of its texts: stop.okay: there is no such text; join.ok: its words are kanal in place of channel; say.now: it is not a text; and 3 more.',
  );
});

test.each([
  ['de.json', '{ "stop.ok": "Ruhe."', 'it is not a JSON object of texts by id'],
  ['de.json', '["Ruhe."]', 'it is not a JSON object of texts by id'],
  ['de.json', '', 'it is not a JSON object of texts by id'],
  ['klingon.json', '{}', 'klingon is not a language of Discord'],
])('%s with %j is not used, and one sentence says why', (name, json, why) => {
  const { texts, complaint } = readCorrections(name, json);
  expect([texts.size, complaint]).toEqual([0, `${name} is not used: ${why}.`]);
});

test('a translation is marked with a hash of its English, and only once', () => {
  const source = table({ a: 'One.', b: 'Two.', c: 'Three.' });
  const former = JSON.stringify({
    a: 'Eins.',
    b: { text: 'Zwei.', by: 'reviewed', english: 'old' },
    gone: 'x',
  });
  const marked = markedTable(former, source);
  expect(JSON.parse(marked)).toEqual({
    a: { text: 'Eins.', english: englishHash('One.') },
    b: { text: 'Zwei.', by: 'reviewed', english: 'old' },
    gone: 'x',
  });
  expect(markedTable(marked, source)).toBe(marked);
  expect(JSON.parse(markedTable(marked, source, new Set(['b']))).b).toEqual({
    text: 'Zwei.',
    by: 'reviewed',
    english: englishHash('Two.'),
  });
});
