import { toChannelId, toPersonId } from '#src/base/ids.ts';
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
