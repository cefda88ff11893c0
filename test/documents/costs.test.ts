import { readFile } from 'node:fs/promises';
import { type PaidKind, paidKinds } from '#src/spending/budget-authority.ts';

/** Work whose payer is known while it is done or afterwards, or that no session asks for. */
const others = ['recognition of speech', 'a try by setup or doctor'];
/** Work of a person that no session asks for. */
const sent = 'recognition of a recording';

/** Kinds of work: each with the sentence about its payer and its limits, and its number at once. */
async function listWorks() {
  const [, part = ''] = (await readFile('docs/costs.md', 'utf8')).split(
    '\n## Who pays\n',
  );
  return [...part.matchAll(/^(.+):\n\n((?:(?:-| ) .+\n)+)/gm)].flatMap(
    ([, paid = '', list = '']) =>
      [...list.matchAll(/^- ([^:]+): (.+)$/gm)].flatMap(([, names = '', number = '']) =>
        names.split(', ').map((work) => [work, paid, number]),
      ),
  );
}

function paidBy(kind: PaidKind) {
  const { payer } = paidKinds[kind];
  return {
    person: "The person who asks pays, within the share and the server's limits",
    server: "The server pays, within the server's limits",
  }[payer];
}

test('the page of costs has each kind of paid work, with its payer and its limits', async () => {
  const shownTexts = (await listWorks()).map(([work, paid]) => `${work}: ${paid}`);
  const kinds = Object.keys(paidKinds) as PaidKind[];
  expect(shownTexts.toSorted()).toEqual(
    [
      ...kinds.map((kind) => `${kind}: ${paidBy(kind)}`),
      `${sent}: ${paidBy('recap')}`,
      ...others.map((work) => `${work}: Others`),
    ].toSorted(),
  );
});

test('the page of costs says how many of each run at once', async () => {
  for (const [work, , number] of await listWorks())
    expect(number, work).toMatch(/^[14] |^1(?:,|$)/);
});
