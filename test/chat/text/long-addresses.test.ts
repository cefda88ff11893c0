import { ClauseSplitter } from '#src/chat/text/clause-splitter.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';

const long = `https://example.com/${'abc/'.repeat(80)}end?x=1`;

/** Clauses of a text that comes in pieces of this size. */
function listClauses(text: string, size: number) {
  const splitter = new ClauseSplitter({ isEager: true });
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
  const clauses = pieces.flatMap((piece) => splitter.push(piece));
  return [...clauses, ...splitter.flush()]
    .map(toSpeakable)
    .filter((clause) => clause !== '');
}

test.each([
  [`Well. See ${long} for more of it. Bye.`, long],
  [`Look at <${long}>. Bye now.`, long],
  [`请看${long}。然后再说。`, long],
  [`Is it ${long}`, long],
])('no clause ends inside the address of %j', (text, address) => {
  for (const size of [1, 3, 7, text.length])
    expect(listClauses(text, size).filter((clause) => clause.includes('abc/'))).toEqual(
      [expect.stringContaining(address)],
    );
});

test.each([
  [`See [the page](${long}) for more.`, 'See the page for more.'],
  ['Use `foo(a, b); bar. Baz(c)` now. Bye.', 'Use now. Bye.'],
])('of %j nothing is said that is for the eyes', (text, sentence) => {
  for (const size of [1, 3, 7, text.length])
    expect(listClauses(text, size).join(' ')).toBe(sentence);
});

test('an address without an end is cut, so that it stops no answer', () => {
  const clauses = listClauses(`See https://a.b/${'x'.repeat(5_000)}`, 50);
  expect(clauses.length).toBeGreaterThan(1);
  expect(clauses.join('').length).toBeGreaterThan(5_000);
});
