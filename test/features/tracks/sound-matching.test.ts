import { matchSounds } from '#src/features/tracks/sound-matching.ts';

const sounds = [
  { name: 'bell' },
  { name: 'music/01', title: 'An Ending' },
  { name: 'music/02', title: 'Ambre' },
  { name: 'nature/forest/birds' },
  { name: 'nature/rain', title: 'Rain on a tin roof' },
  { name: 'rain' },
  { name: 'Straßenbahn' },
  { name: '雨の音' },
  { name: 'été' },
];

test.each([
  ['bell', ['bell']],
  ['BELL!', ['bell']],
  ['birds', ['nature/forest/birds']],
  ['nature rain', ['nature/rain']],
  ['nature/rain', ['nature/rain']],
  ['tin roof', ['nature/rain']],
  ['an ending', ['music/01']],
  ['ete', ['été']],
  ['雨', ['雨の音']],
  ['rain', ['rain']],
  ['music', ['music/01', 'music/02']],
  ['nature', ['nature/forest/birds', 'nature/rain']],
  ['thunder', []],
  ['', []],
  ['?!', []],
  ['the bell', ['bell']],
  ['some birds please', ['nature/forest/birds']],
  ['the rain on a tin roof', ['nature/rain']],
])('%j means %j', (text, names) =>
  expect(matchSounds(text, sounds).map(({ name }) => name)).toEqual(names),
);
