import { expect, test } from 'vitest';
import {
  alsoKnownTo,
  anybody,
  ConfidentialText,
  captionsIn,
  knownByAll,
  knownByPeople,
  knownToPeopleAlone,
  mayCaption,
  openText,
  peopleReading,
  placeReading,
  unknownReaders,
} from '#src/people/confidential-text.ts';

const said = new ConfidentialText('eight', knownByPeople(['ana', 'ben'], ['lounge']));

test('a text comes out only where all of its readers may know it', () => {
  expect(said.textFor(peopleReading(['ana', 'ben']))).toBe('eight');
  expect(said.textFor(peopleReading(['ana', 'cleo']))).toBeUndefined();
  expect(said.textFor(placeReading('lounge'))).toBe('eight');
  expect(said.textFor(placeReading('general'))).toBeUndefined();
  const cleo = { personId: 'cleo', openPlaceIds: ['lounge'] };
  expect(said.textFor({ people: [cleo] })).toBe('eight');
  expect(said.textFor({ people: [cleo], placeIds: ['general'] })).toBeUndefined();
});

test('what is made of several texts is known to those alone who may know each', () => {
  const other = new ConfidentialText('nine', knownByPeople(['ben', 'cleo'], ['general']));
  const both = ConfidentialText.joined([said, other, openText('ten')], ' ');
  expect(both.textFor(peopleReading(['ben']))).toBe('eight nine ten');
  for (const readers of [peopleReading(['ana']), placeReading('lounge'), placeReading('general')])
    expect(both.textFor(readers)).toBeUndefined();
  const reader = { personId: 'ana', openPlaceIds: ['general'] };
  expect(both.textFor({ people: [reader] })).toBe('eight nine ten');
});

test('where no reader is named only open words come out', () => {
  for (const readers of [{}, { people: [] }, unknownReaders]) {
    expect(said.textFor(readers)).toBeUndefined();
    expect(openText('ten').textFor(readers)).toBe('ten');
  }
});

test('pieces of a text are known to those who may know all of it', () => {
  const pieces = said.split((text) => [text.slice(0, 2), text.slice(2)]);
  expect(pieces.map((one) => one.textFor(peopleReading(['ana'])))).toEqual(['ei', 'ght']);
  expect(pieces.map((one) => one.textFor(placeReading('general')))).toEqual([undefined, undefined]);
});

test('of a text that was found to be known to somebody they are told, too', () => {
  const knownBy = alsoKnownTo(knownByAll([said.knownBy]), [{ personId: 'cleo' }]);
  expect(new ConfidentialText('eight', knownBy).textFor(peopleReading(['cleo']))).toBe('eight');
  expect(alsoKnownTo(anybody, [{ personId: 'cleo' }])).toEqual(anybody);
});

test('what is known to people alone is read in no chat, and captions go on where they showed it', () => {
  const known = knownByPeople(['ana'], ['lounge', captionsIn('general')]);
  const alone = new ConfidentialText('eight', knownToPeopleAlone(known));
  expect(alone.textFor(peopleReading(['ana']))).toBe('eight');
  expect(alone.textFor(placeReading('lounge'))).toBeUndefined();
  const captioned = ['lounge', 'general'].filter((place) => mayCaption(place, alone.knownBy));
  expect(captioned).toEqual(['general']);
});

test('printing a text tells nothing of it', () => {
  expect([JSON.stringify(said), `${said}`].join()).not.toContain('eight');
});
