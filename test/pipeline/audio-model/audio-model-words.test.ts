import { expect, test } from 'vitest';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { SpokenWords } from '#src/pipeline/audio-model/audio-model-words.ts';
import { fc } from '#test/properties.ts';

const sound = (ms: number): Pcm => ({
  samples: new Int16Array(ms * 24).fill(1),
  rateHz: 24_000,
  channels: 1,
});

/** Words and milliseconds of sound in order of arrival; the sound is taken as it comes, or all at the end. */
function clausesOf(arrivals: readonly (string | number)[], taken: 'at once' | 'late' = 'at once') {
  const words = new SpokenWords();
  const waiting: Pcm[] = [];
  const clauses: { text: string | undefined; ms: number }[] = [];
  const take = (pcm?: Pcm) => {
    for (const { pcm: piece, ofText, begins } of pcm ? words.place(pcm) : words.rest()) {
      if (begins || clauses.length === 0) clauses.push({ text: ofText, ms: 0 });
      const last = clauses.at(-1);
      if (last) last.ms += durationMs(piece);
    }
  };
  for (const arrival of arrivals) {
    if (typeof arrival === 'string') {
      words.words(arrival);
      continue;
    }
    words.arrived(arrival);
    if (taken === 'late') waiting.push(sound(arrival));
    else take(sound(arrival));
  }
  words.end();
  for (const pcm of waiting) take(pcm);
  take();
  return clauses.map(({ text, ms }) => ({ text, ms: Math.round(ms) }));
}

const bridge = 'The Millau Viaduct, at 343 metres.';
const river = ' It crosses the Tarn.';

test('where a server speaks clause after clause, each has exactly its own sound', () => {
  for (const [one, other] of [
    [1500, 1500],
    [2600, 900],
    [3500, 2500],
  ] as const) {
    for (const written of [[bridge], [bridge.slice(0, -1), '.']])
      expect(clausesOf([...written, one / 2, one / 2, river, other], 'late')).toEqual([
        { text: bridge, ms: one },
        { text: river.trim(), ms: other },
      ]);
  }
});

test('sound that is taken late is shared by the length of the words, whatever the pace', () => {
  const chunks = [bridge, river, ...Array.from({ length: 30 }, () => 100)];
  const [one, other] = clausesOf(chunks, 'late');
  expect([one?.text, other?.text]).toEqual([bridge, river.trim()]);
  expect((one?.ms ?? 0) / 3000).toBeCloseTo(bridge.length / (bridge + river).length, 1);
  expect((one?.ms ?? 0) + (other?.ms ?? 0)).toBe(3000);
});

test('sound that comes before a clause is whole is given the words there are', () => {
  const clauses = clausesOf([
    'The Millau',
    ' Via',
    300,
    'duct, at',
    300,
    ' 343',
    ' metres.',
    300,
    300,
    600,
  ]);
  expect(clauses.map(({ text }) => text).join(' ')).toBe(bridge);
  expect(clauses[0]?.text).toBe('The Millau');
});

test('no word is without sound once all has sounded', () => {
  const late = clausesOf([200, 200, bridge, river]);
  expect(late.map(({ text }) => text)).toEqual([undefined, (bridge + river).trim()]);
  const quick = clausesOf([bridge, 900, river, ' Many cars cross it.', 100]);
  expect(quick.map(({ text }) => text).join(' ')).toBe(`${bridge}${river} Many cars cross it.`);
});

test('sound without words has no text', () => {
  expect(clausesOf([500, 500])).toEqual([{ text: undefined, ms: 1000 }]);
});

test('words without spaces are cut all the same', () => {
  const clauses = clausesOf(['東京タワーは高い', 700, 'です。', 900, 'とても有名です。', 1200]);
  expect(clauses.map(({ text }) => text).join('')).toBe('東京タワーは高いです。とても有名です。');
});

test('a decimal or an abbreviation ends no clause', () => {
  const text = 'Dr. Smith paid 3.14 dollars.';
  expect(clausesOf([text, 1900], 'late').map((clause) => clause.text)).toEqual([text]);
});

test('whatever comes in whatever order, all sound is placed and no word is lost or said twice', () => {
  const word = fc.constantFrom(
    ' four',
    ' It is',
    '. ',
    '… e.g. 3.14',
    '東京。',
    ' at 5 p.m. ',
    '\n',
    '👍',
    '```',
  );
  const arrivals = fc.array(fc.oneof(word, fc.integer({ min: 20, max: 900 })), { maxLength: 40 });
  fc.assert(
    fc.property(arrivals, fc.constantFrom('at once', 'late'), (all, taken) => {
      const numbers = all.filter((one) => typeof one === 'number');
      const clauses = clausesOf([...all, 100], taken);
      const placed = clauses.reduce((sum, { ms }) => sum + ms, 0);
      const arrived = numbers.reduce((sum, ms) => sum + ms, 100);
      expect(Math.abs(placed - arrived)).toBeLessThanOrEqual(clauses.length);
      const text = all.filter((one) => typeof one === 'string').join('');
      const reported = clauses.map((clause) => clause.text ?? '').join('');
      expect(reported.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }),
    { numRuns: 300 },
  );
});
