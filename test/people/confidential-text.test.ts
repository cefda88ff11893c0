import { expect, test } from 'vitest';
import {
  ConfidentialText,
  openText,
  privateTo,
  type TextOwner,
} from '#src/people/confidential-text.ts';
import { fc, runs } from '#test/properties.ts';

const said = new ConfidentialText('eight', { channelId: 'lounge' });
const own = new ConfidentialText('nine', { onlyFor: 'ana' });
const told = new ConfidentialText('nine', privateTo('ana', said.owner));
const may = async () => true;
const mayNot = async () => false;

test('words of a channel come out there, and for a person who may open it', async () => {
  expect([said.textIn('lounge'), said.textIn('general'), said.textIn(undefined)]).toEqual([
    'eight',
    undefined,
    undefined,
  ]);
  expect(await said.textFor('cleo', async (id) => id === 'lounge')).toBe('eight');
  expect(await said.textFor('cleo', mayNot)).toBeUndefined();
});

test('words for one person come out for them alone, and given words everywhere', async () => {
  expect([own.textIn('lounge'), own.textIn(undefined)]).toEqual([undefined, undefined]);
  expect([await own.textFor('ana', mayNot), await own.textFor('ben', may)]).toEqual([
    'nine',
    undefined,
  ]);
  expect([told.textIn('lounge'), await told.textFor('ana', mayNot)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(await told.textFor('ana', may)).toBe('nine');
  const given = openText('ten');
  expect([given.textIn('general'), given.textIn(undefined)]).toEqual(['ten', 'ten']);
  expect(await given.textFor('ben', mayNot)).toBe('ten');
});

const places = ['lounge', 'den'];
const anyOwner: fc.Arbitrary<TextOwner> = fc.oneof(
  fc.constant('given'),
  fc.record({ channelId: fc.constantFrom(...places) }),
  fc.record({ onlyFor: fc.constantFrom('ana', 'ben') }),
);

test('a joined text comes out only where each of its parts does, and texts of two owners are not joined', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyOwner, { maxLength: 4 }), async (owners) => {
      const parts = owners.map((owner) => new ConfidentialText('word', owner));
      const isMixed =
        new Set(owners.filter((one) => one !== 'given').map((one) => JSON.stringify(one))).size > 1;
      if (isMixed) {
        expect(() => ConfidentialText.joined(parts, ' ')).toThrow('two owners');
        return;
      }
      const whole = ConfidentialText.joined(parts, ' ');
      for (const place of [...places, undefined])
        expect(whole.textIn(place) !== undefined).toBe(parts.every((one) => one.textIn(place)));
      for (const id of ['ana', 'ben']) {
        const open = await Promise.all(
          parts.map((one) => one.textFor(id, async (at) => at === 'den')),
        );
        const found = await whole.textFor(id, async (at) => at === 'den');
        expect(found !== undefined).toBe(open.every((text) => text !== undefined));
      }
    }),
    { numRuns: runs(200) },
  );
});

test('printing a text tells nothing of it', () => {
  expect([JSON.stringify(said), `${said}`].join()).not.toContain('eight');
});
