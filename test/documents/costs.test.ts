import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type PaidKind, paidKinds } from '#src/spending/paid-kinds.ts';

/** Work whose payer is known while it is done or afterwards, or that no session asks for. */
const others = ['recognition of speech', 'recognition of a recording', 'a try by setup or doctor'];

/** Cells of the rows of the table: work, payer, caps, number at once. */
async function rows(): Promise<readonly (readonly string[])[]> {
  const [, table = ''] = (await readFile('docs/costs.md', 'utf8')).split('\n## Who pays\n');
  const lines = table.split('\n');
  const cells = lines
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
  return cells.slice(1);
}

function capsOf(kind: PaidKind): string {
  const { passesShare, payer } = paidKinds[kind];
  if (passesShare) return 'server; share of a token';
  return { person: 'share, server', server: 'server', captions: 'captions, server' }[payer];
}

test('the table of costs has each kind of paid work, with its payer and its caps', async () => {
  const shown = (await rows()).map(([work, payer, caps]) => [work, payer, caps]);
  const kinds = Object.keys(paidKinds) as PaidKind[];
  const expected = kinds.map((kind) => {
    const isTheirs = paidKinds[kind].payer === 'person';
    return [kind, isTheirs ? 'who asks' : 'server', capsOf(kind)];
  });
  expect(shown.slice(0, kinds.length)).toEqual(expected);
  expect(shown.slice(kinds.length).map(([work]) => work)).toEqual(others);
});

test('the table of costs says how many of each run at once', async () => {
  for (const [work, , , number] of await rows()) expect(number, work).toMatch(/^[14] |^1$/);
});
