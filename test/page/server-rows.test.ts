import { expect, test } from 'vitest';
import { type Choice, nowWords, orderedIds } from '#page/owner/server-rows.js';

const nobody = { heard: 0, unheard: 0, usd: 0, minutes: 0 };
const servers = [
  { ...nobody, guildId: '10', guildName: 'Harbour 10' },
  { ...nobody, guildId: '9', guildName: 'harbour 9', state: 'listening', heard: 1 },
  {
    ...nobody,
    guildId: '30012345',
    guildName: 'Zoo',
    state: 'speaking',
    heard: 2,
    unheard: 3,
    usd: 1,
  },
  { ...nobody, guildId: '4', guildName: 'Attic', minutes: 5, process: 'there 2' },
];
const beside = { alerts: new Map([['4', 2]]), spent: new Map([['10', 7]]) };
const usual: Choice = { query: '', filter: 'all', sort: 'name', isReversed: false };
const found = (change: Partial<Choice>) => orderedIds(servers, { ...usual, ...change }, beside);

test('servers are found by words of their name, id, state and process, in any order', () => {
  expect(found({ query: 'HARB' })).toEqual(['9', '10']);
  expect(found({ query: ' 9  harbour ' })).toEqual(['9']);
  expect(found({ query: '0123' })).toEqual([]);
  expect(found({ query: '01234 zoo' })).toEqual(['30012345']);
  expect(found({ query: 'speaks' })).toEqual(['30012345']);
  expect(found({ query: 'no channel' })).toEqual(['4', '10']);
  expect(found({ query: 'there' })).toEqual(['4']);
  expect(found({ query: 'nowhere' })).toEqual([]);
});

test('servers are chosen by what they do, and by their alerts', () => {
  expect(found({ filter: 'joined' })).toEqual(['9', '30012345']);
  expect(found({ filter: 'talking' })).toEqual(['30012345']);
  expect(found({ filter: 'alerts' })).toEqual(['4']);
});

test('each column sorts, numbers in names as numbers, the most first, and equal ones by name', () => {
  expect(found({})).toEqual(['4', '9', '10', '30012345']);
  expect(found({ isReversed: true })).toEqual(['30012345', '10', '9', '4']);
  expect(found({ sort: 'id' })).toEqual(['4', '9', '10', '30012345']);
  expect(found({ sort: 'now' })).toEqual(['30012345', '9', '4', '10']);
  expect(found({ sort: 'people' })).toEqual(['30012345', '9', '4', '10']);
  expect(found({ sort: 'today' })).toEqual(['30012345', '4', '9', '10']);
  expect(found({ sort: 'days' })).toEqual(['10', '4', '9', '30012345']);
  expect(found({ sort: 'alerts' })).toEqual(['4', '9', '10', '30012345']);
});

test('a state that this page does not know stands after those that it knows', () => {
  const strange = { ...nobody, guildId: '1', guildName: 'A', state: 'juggling' };
  const ids = orderedIds([strange, ...servers], { ...usual, sort: 'now' }, beside);
  expect(ids).toEqual(['30012345', '9', '1', '4', '10']);
  expect([nowWords(strange), nowWords({})]).toEqual(['juggling', 'in no channel']);
});
