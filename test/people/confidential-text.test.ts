import { toChannelId, toPersonId } from '#src/base/ids.ts';
import {
  ConfidentialText,
  type TextOwner,
  toOpenText,
  toPrivateOwner,
} from '#src/people/confidential-text.ts';
import { countRuns, fc } from '#test/properties.ts';

const lounge = toChannelId('lounge');
const den = toChannelId('den');
const general = toChannelId('general');
const ana = toPersonId('ana');
const ben = toPersonId('ben');
const cleo = toPersonId('cleo');
const said = new ConfidentialText('eight', { channelId: lounge });
const own = new ConfidentialText('nine', { onlyFor: ana });
const told = new ConfidentialText('nine', toPrivateOwner(ana, said.owner));
const may = async () => true;
const mayNot = async () => false;

// Proves: Words of a channel come out only where its people read by real
test('words of a channel come out there, and for a person who may open it', async () => {
  expect([
    said.findTextForPlace(lounge),
    said.findTextForPlace(general),
    said.findTextForPlace(undefined),
  ]).toEqual(['eight', undefined, undefined]);
  expect(await said.findTextForPerson(cleo, async (id) => id === lounge)).toBe('eight');
  expect(await said.findTextForPerson(cleo, mayNot)).toBeUndefined();
});

test('words for one person come out for them alone, and given words everywhere', async () => {
  expect([own.findTextForPlace(lounge), own.findTextForPlace(undefined)]).toEqual([
    undefined,
    undefined,
  ]);
  expect([
    await own.findTextForPerson(ana, mayNot),
    await own.findTextForPerson(ben, may),
  ]).toEqual(['nine', undefined]);
  expect([
    told.findTextForPlace(lounge),
    await told.findTextForPerson(ana, mayNot),
  ]).toEqual([undefined, undefined]);
  expect(await told.findTextForPerson(ana, may)).toBe('nine');
  const given = toOpenText('ten');
  expect([given.findTextForPlace(general), given.findTextForPlace(undefined)]).toEqual([
    'ten',
    'ten',
  ]);
  expect(await given.findTextForPerson(ben, mayNot)).toBe('ten');
});

const places = [lounge, den];
const anyOwner: fc.Arbitrary<TextOwner> = fc.oneof(
  fc.constant('given'),
  fc.record({ channelId: fc.constantFrom(...places) }),
  fc.record({ onlyFor: fc.constantFrom(ana, ben) }),
);

test('a joined text comes out only where each of its parts does, and texts of two owners are not joined', () =>
  fc.assert(
    fc.asyncProperty(fc.array(anyOwner, { maxLength: 4 }), async (owners) => {
      const parts = owners.map((owner) => new ConfidentialText('word', owner));
      const isMixed =
        new Set(
          owners.filter((one) => one !== 'given').map((one) => JSON.stringify(one)),
        ).size > 1;
      if (isMixed) {
        expect(() => ConfidentialText.join(parts, ' ')).toThrow('two owners');
        return;
      }
      const whole = ConfidentialText.join(parts, ' ');
      for (const place of [...places, undefined])
        expect(whole.findTextForPlace(place) !== undefined).toBe(
          parts.every((one) => one.findTextForPlace(place)),
        );
      for (const id of [ana, ben]) {
        const open = await Promise.all(
          parts.map((one) => one.findTextForPerson(id, async (at) => at === den)),
        );
        const found = await whole.findTextForPerson(id, async (at) => at === den);
        expect(found !== undefined).toBe(open.every((text) => text !== undefined));
      }
    }),
    { numRuns: countRuns(200) },
  ));

test('printing a text tells nothing of it', () =>
  expect([JSON.stringify(said), `${said}`].join()).not.toContain('eight'));
