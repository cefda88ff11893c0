import { AddressShortener, ClauseSplitter } from '#src/chat/text/clause-splitter.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';

const long = `https://example.com/${'abc/'.repeat(80)}end?x=1`;

/** Spoken clauses of a text that comes in pieces of this size. */
function said(text: string, size: number) {
  const links = new AddressShortener();
  const splitter = new ClauseSplitter({ isEager: true });
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
  const clauses = pieces.flatMap((piece) => splitter.push(links.push(piece)));
  const rest = [...splitter.push(links.flush()), ...splitter.flush()];
  return [...clauses, ...rest].map(toSpeakable).filter((clause) => clause !== '');
}

test.each([
  [`Well. See ${long} for more of it. Bye.`, 'Well. See for more of it. Bye.'],
  [`See [the page](${long}) for more.`, 'See the page for more.'],
  [`Look at <${long}>. Bye now.`, 'Look at. Bye now.'],
  [`请看${long}。然后再说。`, '请看。 然后再说。'],
  ['Use `foo(a, b); bar. Baz(c)` now. Bye.', 'Use now. Bye.'],
])('of %j nothing is said that is for the eyes', (text, words) => {
  for (const size of [1, 3, 7, text.length])
    expect(said(text, size).join(' ')).toBe(words);
});
