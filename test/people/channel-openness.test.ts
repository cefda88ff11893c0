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
function hasRight(
  overwrites: Overwrites,
  held: readonly string[],
  id: string,
  base: ReadonlySet<string>,
) {
  const someRole = (kind: 'allow' | 'deny') =>
    held.some((role) => overwrites[role] === kind);
  let may = [everyone, ...held].some((role) => base.has(role));
  if (overwrites[everyone] !== 'none') may = overwrites[everyone] === 'allow';
  if (someRole('deny')) may = false;
  if (someRole('allow')) may = true;
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
  const isOpen = hasRight(overwrites, [], '', base);
  return { isOpen, allowedIds: idsOf('allow'), deniedIds: idsOf('deny') };
}

const open: RightInChannel = {
  isOpen: true,
  allowedIds: new Set(),
  deniedIds: new Set(),
};
const staffOnly: RightInChannel = {
  isOpen: false,
  allowedIds: new Set([toRoleId('staff')]),
  deniedIds: new Set([everyone]),
};

/** Compares pairs of channels for which `decide` says yes, each combination of roles in both. */
function compareHolders(
  decide: (right: RightInChannel, otherChannel: RightInChannel) => boolean,
  compare: (isIn: boolean, isInOther: boolean) => void,
) {
  let decided = 0;
  fc.assert(
    fc.property(
      anyOverwrites,
      anyOverwrites,
      fc.subarray([everyone, ...roles]),
      (entry, other, inputs) => {
        const base = new Set(inputs);
        if (!decide(rightOf(entry, base), rightOf(other, base))) return;
        decided++;
        for (const mine of [[], ['staff'], ['guests'], roles])
          for (const id of ['ana', 'ben'])
            compare(hasRight(entry, mine, id, base), hasRight(other, mine, id, base));
      },
    ),
    { numRuns: countRuns(2_000) },
  );
  expect(decided).toBeGreaterThan(0);
}

test('channels that count as open to the same people are so for each combination of roles', () => {
  compareHolders(haveSameHolders, (isIn, isInOther) => expect(isIn).toBe(isInOther));
});

test('a channel of staff and one that is open to all have different people, either way round', () => {
  expect([
    haveSameHolders(staffOnly, open),
    haveSameHolders(open, staffOnly),
    haveSameHolders(staffOnly, { ...staffOnly }),
    haveSameHolders(open, { ...open, allowedIds: new Set([everyone]) }),
  ]).toEqual([false, false, true, true]);
});

test('a channel that counts as no wider opens to no combination of roles that the other one refuses', () => {
  compareHolders(isNoWider, (isIn, isInOther) => {
    if (isIn) expect(isInOther).toBe(true);
  });
});

test('a channel of staff is no wider than one that is open to all, and the other way round it is', () => {
  expect([isNoWider(staffOnly, open), isNoWider(open, staffOnly)]).toEqual([
    true,
    false,
  ]);
});
