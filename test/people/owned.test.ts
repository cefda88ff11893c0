import { toChannelId, toPersonId, toRoleId } from '#src/base/ids.ts';
import {
  haveSameHolders,
  isNoWider,
  type RightInChannel,
} from '#src/people/audience.ts';
import {
  ErasedWords,
  joinSources,
  lastingSources,
  Owned,
  type Owner,
  toOpenText,
  toPrivateOwner,
} from '#src/people/owned.ts';
import { countRuns, fc } from '#test/properties.ts';

const lounge = toChannelId('lounge');
const den = toChannelId('den');
const general = toChannelId('general');
const ana = toPersonId('ana');
const ben = toPersonId('ben');
const cleo = toPersonId('cleo');
const said = new Owned('eight', { channelId: lounge });
const own = new Owned('nine', { onlyFor: ana });
const told = new Owned('nine', toPrivateOwner(ana, said.owner));
const mayOpen = async () => true;
const mayNot = async () => false;

// Proves: Words of a channel come out only where its people read by real
test('words of a channel come out there, and for a person who may open it', async () => {
  expect([
    said.findForPlace(lounge),
    said.findForPlace(general),
    said.findForPlace(undefined),
  ]).toEqual(['eight', undefined, undefined]);
  expect(await said.findForPerson(cleo, async (id) => id === lounge)).toBe('eight');
  expect(await said.findForPerson(cleo, mayNot)).toBeUndefined();
});

test('words for one person come out for them alone, and given words everywhere', async () => {
  expect([own.findForPlace(lounge), own.findForPlace(undefined)]).toEqual([
    undefined,
    undefined,
  ]);
  expect([
    await own.findForPerson(ana, mayNot),
    await own.findForPerson(ben, mayOpen),
  ]).toEqual(['nine', undefined]);
  expect([told.findForPlace(lounge), await told.findForPerson(ana, mayNot)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(await told.findForPerson(ana, mayOpen)).toBe('nine');
  const given = toOpenText('ten');
  expect([given.findForPlace(general), given.findForPlace(undefined)]).toEqual([
    'ten',
    'ten',
  ]);
  expect(await given.findForPerson(ben, mayNot)).toBe('ten');
});

test('words of which one source was erased come out nowhere, also while somebody waits for roles', async () => {
  const erasedWords = new ErasedWords();
  const sources = erasedWords.beginReading().toSources((id) => id === ana);
  const owner = { channelId: lounge };
  const words = new Owned('eight', owner, joinSources([lastingSources, sources]));
  const request = Promise.withResolvers<boolean>();
  const waiting = words.findForPerson(ben, () => request.promise);
  expect([words.findForPlace(lounge), words.findForListeners(() => true)]).toEqual([
    'eight',
    'eight',
  ]);
  erasedWords.noteErasure(ana);
  request.resolve(true);
  expect([words.findForPlace(lounge), words.findForListeners(() => true)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(await waiting).toBeUndefined();
});

const places = [lounge, den];
const anyOwner: fc.Arbitrary<Owner> = fc.oneof(
  fc.constant('given'),
  fc.record({ channelId: fc.constantFrom(...places) }),
  fc.record({ onlyFor: fc.constantFrom(ana, ben) }),
);

test('a joined text comes out only where each of its parts does, and texts of two owners are not joined', () =>
  fc.assert(
    fc.asyncProperty(fc.array(anyOwner, { maxLength: 4 }), async (owners) => {
      const pieces = owners.map((owner) => new Owned('word', owner));
      const isMixed =
        new Set(
          owners
            .filter((owner) => owner !== 'given')
            .map((entry) => JSON.stringify(entry)),
        ).size > 1;
      if (isMixed) {
        expect(() => Owned.join(pieces, ' ')).toThrow('two owners');
        return;
      }
      const whole = Owned.join(pieces, ' ');
      for (const channelId of [...places, undefined])
        expect(whole.findForPlace(channelId) !== undefined).toBe(
          pieces.every((item) => item.findForPlace(channelId)),
        );
      for (const id of [ana, ben]) {
        const open = await Promise.all(
          pieces.map((item) => item.findForPerson(id, async (at) => at === den)),
        );
        const match = await whole.findForPerson(id, async (at) => at === den);
        expect(match !== undefined).toBe(open.every((text) => text !== undefined));
      }
    }),
    { numRuns: countRuns(200) },
  ));

test('a confidential text that is printed shows none of its words', () =>
  expect([JSON.stringify(said), `${said}`].join()).not.toContain('eight'));

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
