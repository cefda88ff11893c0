import { expect, test } from 'vitest';
import { soundChosen, soundsMeant } from '#src/features/tracks/sound-matching.ts';

const sounds = [
  { name: 'bell' },
  { name: 'music/01', title: 'An Ending', artist: 'Brian Eno' },
  { name: 'music/02', title: 'Ambre', artist: 'Nils Frahm' },
  { name: 'nature/forest/birds' },
  { name: 'nature/rain', title: 'Rain on a tin roof' },
  { name: 'rain' },
  { name: 'Straßenbahn' },
  { name: '雨の音' },
  { name: 'été' },
];
const heard = { isHeard: true };

function meant(words: string, how?: typeof heard) {
  return soundsMeant(words, sounds, how).map(({ name }) => name);
}

test.each([
  ['bell', ['bell']],
  ['BELL!', ['bell']],
  ['birds', ['nature/forest/birds']],
  ['nature rain', ['nature/rain']],
  ['nature/rain', ['nature/rain']],
  ['tin roof', ['nature/rain']],
  ['an ending', ['music/01']],
  ['An Ending Brian Eno', ['music/01']],
  ['Nils Frahm', ['music/02']],
  ['ete', ['été']],
  ['雨', ['雨の音']],
  ['rain', ['nature/rain', 'rain']],
  ['music', ['music/01', 'music/02']],
  ['nature', ['nature/forest/birds', 'nature/rain']],
  ['thunder', []],
  ['', []],
  ['?!', []],
])('%j means %j, typed and heard', (words, names) => {
  expect(meant(words)).toEqual(names);
  expect(meant(words, heard)).toEqual(names);
});

test.each([
  ['the bell', ['bell']],
  ['some birds please', ['nature/forest/birds']],
  ['the rain on a tin roof', ['nature/rain']],
  ['ambra', ['music/02']],
  ['Strassenbahnen', ['Straßenbahn']],
])('%j is forgiven where it was heard, and not where it was typed', (words, names) => {
  expect(meant(words, heard)).toEqual(names);
  expect(meant(words)).toEqual([]);
});

test('three letters are not corrected', () => {
  expect(soundsMeant('cut', [{ name: 'cat' }], heard)).toEqual([]);
});

const offered = [
  { name: 'nature/rain', title: 'Rain on a tin roof' },
  { name: 'rain' },
  { name: 'city/rain' },
];
const ordinals = [
  ['first', 'second', 'third'],
  ['erste', 'zweite', 'dritte'],
];

test.each([
  ['the nature one', 'nature/rain'],
  ['the tin roof', 'nature/rain'],
  ['rain', 'rain'],
  ['City rain, please.', 'city/rain'],
  ['the second one', 'rain'],
  ['die dritte bitte', 'city/rain'],
  ['3', 'city/rain'],
])('%j chooses %s of those that were offered', (answer, name) => {
  expect(soundChosen(answer, offered, ordinals)?.name).toBe(name);
});

test.each([
  ...['what time is it', 'nature or city', 'the fourth', 'none of them', ''],
  ...['How is the city?', 'The first one?', 'we went to the city by train today'],
  'let me tell you about the first time that we met',
])('%j chooses none', (answer) => {
  expect(soundChosen(answer, offered, ordinals)).toBeUndefined();
});
