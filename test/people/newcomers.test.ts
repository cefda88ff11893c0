import { expect, test } from 'vitest';
import { type Attendance, UnaskedPeople } from '#src/people/newcomers.ts';

const setup = { channelId: 'lounge', mayAsk: true } as const;
const unasked = (...ids: string[]): Attendance['people'] =>
  ids.map((id) => ({ id, isBot: false, unasked: true }));

/** Who is asked when, with these people there from that second on, looked at ten times a second. */
function asked(
  comings: readonly (readonly [fromS: number, Partial<Attendance>])[],
  untilS = 300,
): readonly (readonly [number, string])[] {
  const newcomers = new UnaskedPeople();
  const all: [number, string][] = [];
  let now: Partial<Attendance> = {};
  for (let atMs = 0; atMs < untilS * 1000; atMs += 100) {
    now = comings.findLast(([fromS]) => fromS * 1000 <= atMs)?.[1] ?? now;
    const id = newcomers.next({ ...setup, people: [], ...now, atMs });
    if (id !== undefined) all.push([atMs / 1000, id]);
  }
  return all;
}

test('between two mentions a minute passes, and those who wait come in order of arrival', () => {
  expect(
    asked([
      [0, { people: unasked('adam') }],
      [10, { people: unasked('adam', 'cy', 'bob') }],
      [20, { people: unasked('dan', 'bob', 'cy') }],
    ]),
  ).toEqual([
    [13, 'cy'],
    [73, 'bob'],
    [133, 'dan'],
  ]);
});

test('whoever only passes through, or has gone before their turn, is not asked', () => {
  expect(
    asked([
      [0, { people: [] }],
      [10, { people: unasked('bob') }],
      [12, { people: [] }],
      [20, { people: unasked('cy') }],
      [30, { people: unasked('cy', 'dan') }],
      [70, { people: unasked('cy') }],
    ]),
  ).toEqual([[23, 'cy']]);
});
