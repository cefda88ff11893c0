import { expect, test } from 'vitest';
import type { CommandCall } from '#src/conversation/command.ts';
import type { TrackOutcome } from '#src/features/tracks/track-outcomes.ts';
import { inLounge, type PortOverrides, ports } from './ports.ts';
import { rain, read, run, track } from './track-calls.ts';

const listing: PortOverrides = { list: () => [rain] };

test.each([
  ['seek', { to: '1:30' }, 'rain on main goes on at 1:30 / 2:05.'],
  ['seek', { to: '+10', track: 'bg' }, 'rain on bg goes on at 0:10 / 2:05.'],
  ['fade', { to: '20' }, 'main goes to 20 % over 5 s.'],
  ['fade', { to: '0', seconds: '600' }, 'main goes to 0 % over 600 s.'],
  ['mute', {}, 'main is muted and keeps playing.'],
  ['unmute', { track: 'bg' }, 'bg can be heard again.'],
  ['loop', { mode: 'on' }, 'rain repeats on main.'],
  ['loop', { mode: 'off' }, 'rain no longer repeats on main.'],
  ['remove', { item: ' 2. wind ' }, '2. wind removed from main.'],
])('/track %s with %j tells everybody what it did', async (name, words, sentence) => {
  expect(read(await run(name, words))).toEqual(['room', sentence]);
});

test.each([
  ['seek', { to: 'later' }, 'Give a position as 90, 1:30, +10 or -10.'],
  ['seek', {}, 'Give a position as 90, 1:30, +10 or -10.'],
  ['fade', { to: '201' }, 'Volume goes from 0 to 200.'],
  ['fade', { to: '20', seconds: '0' }, 'A fade takes 1 to 600 s.'],
  ['fade', { to: '20', seconds: '601' }, 'A fade takes 1 to 600 s.'],
  ['fade', { to: '20', seconds: '' }, 'A fade takes 1 to 600 s.'],
  ['remove', { item: ' ' }, 'Which sound? Give its number in /track queue, or its title.'],
])('/track %s with %j changes nothing and tells its caller why', async (name, words, sentence) => {
  const change = () => {
    throw new Error('changed');
  };
  expect(read(await run(name, words, { change }))).toEqual(['caller', sentence]);
});

test.each<[TrackOutcome, readonly string[]]>([
  [
    { kind: 'past-end', track: 'bg', title: 'rain', lengthMs: 125_000 },
    ['caller', 'rain ends at 2:05. Choose an earlier place.'],
  ],
  [
    { kind: 'unseekable', track: 'bg', title: 'radio' },
    ['caller', "radio is a live stream: it can't seek or repeat."],
  ],
  [
    { kind: 'no-item', track: 'bg', item: 'wind' },
    ['caller', 'No "wind" in the queue of bg. /track queue shows it.'],
  ],
])('%j is told to the caller alone', async (outcome, words) => {
  expect(read(await run('seek', { to: '5' }, { change: () => outcome }))).toEqual(words);
});

test('what waits is suggested for /track remove, by place and title of the track named so far', async () => {
  const item = track('remove').options.find(({ name }) => name === 'item');
  if (item?.kind !== 'text') throw new Error('no item');
  const suggested = (typed: string, words: CommandCall['words']) =>
    item.suggest?.(typed, { ...inLounge, words }, ports(listing));
  expect(await suggested('', { track: 'BG' })).toEqual(['1. wind', '2. sea']);
  expect(await suggested('sea', { track: 'bg' })).toEqual(['2. sea']);
  expect(await suggested('', {})).toEqual([]);
});

test('a muted track says so in the list', async () => {
  const muted = { ...rain, isMuted: true };
  expect(read(await run('list', {}, { list: () => [muted] }))[1]).toBe(
    'bg: rain, 0:40 / 2:05, on repeat, muted, 30 %',
  );
});
