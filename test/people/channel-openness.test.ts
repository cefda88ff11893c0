import { toPersonId, toRoleId } from '#src/base/ids.ts';
import {
  haveSameHolders,
  isNoWider,
  type RightInChannel,
} from '#src/people/audience.ts';
import { countRuns, fc } from '#test/properties.ts';

const roles = ['staff', 'guests'];
const everyone = toRoleId('everyone');

type Overwrites = Readonly<Record<string, 'allow' | 'deny' | 'none'>>;

const overwrite = fc.constantFrom('allow', 'deny', 'none');
const anyOverwrites: fc.Arbitrary<Overwrites> = fc.record({
  [everyone]: overwrite,
  staff: overwrite,
  guests: overwrite,
  ana: overwrite,
});

/** Whether a member of these roles has the right, by Discord's documented order. */
function has(
  overwrites: Overwrites,
  held: readonly string[],
  id: string,
  base: ReadonlySet<string>,
) {
  const of = (kind: 'allow' | 'deny') => held.some((role) => overwrites[role] === kind);
  let may = [everyone, ...held].some((role) => base.has(role));
  if (overwrites[everyone] !== 'none') may = overwrites[everyone] === 'allow';
  if (of('deny')) may = false;
  if (of('allow')) may = true;
  const own = overwrites[id] ?? 'none';
  return own === 'none' ? may : own === 'allow';
}

const toOverwriteId = (id: string) => (id === 'ana' ? toPersonId(id) : toRoleId(id));

function rightOf(overwrites: Overwrites, base: ReadonlySet<string>): RightInChannel {
  const idsOf = (kind: 'allow' | 'deny') =>
    new Set(
      Object.keys(overwrites)
        .filter((id) => overwrites[id] === kind)
        .map(toOverwriteId),
    );
  const isOpen = has(overwrites, [], '', base);
  return { isOpen, allowedIds: idsOf('allow'), deniedIds: idsOf('deny') };
}

test('channels that count as open to the same people are so for each combination of roles', () => {
  let same = 0;
  fc.assert(
    fc.property(
      anyOverwrites,
      anyOverwrites,
      fc.subarray([everyone, ...roles]),
      (one, other, given) => {
        const base = new Set(given);
        if (!haveSameHolders(rightOf(one, base), rightOf(other, base))) return;
        same++;
        for (const mine of [[], ['staff'], ['guests'], roles])
          for (const id of ['ana', 'ben'])
            expect(has(one, mine, id, base)).toBe(has(other, mine, id, base));
      },
    ),
    { numRuns: countRuns(2_000) },
  );
  expect(same).toBeGreaterThan(0);
});

test('a channel of staff and one that is open to all have different people, either way round', () => {
  const open: RightInChannel = {
    isOpen: true,
    allowedIds: new Set(),
    deniedIds: new Set(),
  };
  const staff: RightInChannel = {
    isOpen: false,
    allowedIds: new Set([toRoleId('staff')]),
    deniedIds: new Set([everyone]),
  };
  expect([
    haveSameHolders(staff, open),
    haveSameHolders(open, staff),
    haveSameHolders(staff, { ...staff }),
    haveSameHolders(open, { ...open, allowedIds: new Set([everyone]) }),
  ]).toEqual([false, false, true, true]);
});

test('a channel that counts as no wider opens to no combination of roles that the other one refuses', () => {
  let held = 0;
  fc.assert(
    fc.property(
      anyOverwrites,
      anyOverwrites,
      fc.subarray([everyone, ...roles]),
      (one, other, given) => {
        const base = new Set(given);
        if (!isNoWider(rightOf(one, base), rightOf(other, base))) return;
        held++;
        for (const mine of [[], ['staff'], ['guests'], roles])
          for (const id of ['ana', 'ben'])
            if (has(one, mine, id, base)) expect(has(other, mine, id, base)).toBe(true);
      },
    ),
    { numRuns: countRuns(2_000) },
  );
  expect(held).toBeGreaterThan(0);
});

test('a channel of staff is no wider than one that is open to all, and the other way round it is', () => {
  const open: RightInChannel = {
    isOpen: true,
    allowedIds: new Set(),
    deniedIds: new Set(),
  };
  const staff: RightInChannel = {
    isOpen: false,
    allowedIds: new Set([toRoleId('staff')]),
    deniedIds: new Set([everyone]),
  };
  expect([isNoWider(staff, open), isNoWider(open, staff)]).toEqual([true, false]);
});
