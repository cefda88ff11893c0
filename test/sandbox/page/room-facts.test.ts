import { RoomFacts } from '#sandbox/page/room-facts.ts';

const makeTimer = (personId: string) => {
  const times = { setAtWallMs: 1_000, dueAtWallMs: 11_000 };
  return { id: personId, personId, text: 'tea', ...times };
};

test('a page is told the timers of its own person alone, as durations', () => {
  const facts = new RoomFacts('1');
  const event = { kind: 'timers', timers: [makeTimer('1'), makeTimer('2')] } as const;
  const told = { id: '1', text: 'tea', totalMs: 10_000 };
  expect(facts.keep(event, 2_000)('en')).toEqual({
    kind: 'timers',
    timers: [{ ...told, remainingMs: 9_000 }],
  });
  expect(facts.list(5_000, 'en')).toEqual([
    { kind: 'timers', timers: [{ ...told, remainingMs: 6_000 }] },
  ]);
});

test('a page shows tracks as faders, so the panel has no line about them', () => {
  const panel = {
    kind: 'panel',
    channel: 'Lounge',
    mood: 'listening',
    people: [],
    headline: { id: 'button.more' },
    notes: [
      { id: 'panel.tracks', with: { list: 'main: rain' } },
      { id: 'button.more' },
    ],
  } as const;
  expect(new RoomFacts('1').keep(panel, 0)('en')).toMatchObject({ notes: ['More'] });
});

test('a page that opens later gets the age of the tracks, and no tool that is over', () => {
  const facts = new RoomFacts('1');
  facts.keep({ kind: 'tracks', tracks: [] }, 1_000);
  const [ran, runs] = ['ran', 'running'].map((state) => ({
    id: state,
    tool: 'x',
    state,
  }));
  if (ran && runs) facts.keep({ kind: 'tools', tools: [ran, runs] }, 1_000);
  expect(facts.list(4_000, 'en')).toEqual([
    { kind: 'tracks', tracks: [], ageMs: 3_000 },
    { kind: 'tools', tools: [runs] },
  ]);
});
