import { QuietReplies } from '#sandbox/page/quiet-replies.ts';
import { RoomFacts } from '#sandbox/page/room-facts.ts';
import { LocalGlimpser } from '#src/app/sandbox/local-glimpser.ts';
import { PageView } from '#src/app/sandbox/page-view.ts';
import { toMessageId, toPersonId } from '#src/base/ids.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { toLogged } from '#test/fakes/to-logged.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

function openView() {
  const view = new PageView('Nova');
  const sent: PageEvent[] = [];
  view.connect((event) => sent.push(event));
  return { view, listSent: () => sent.slice(1) };
}

test('what is read out without being an answer stays on the page once it is over', () => {
  const { view, listSent } = openView();
  view.onSession({ kind: 'words', text: 'Adam. Time', isWhole: false });
  view.onSession({ kind: 'words', text: "Adam. Time's up.", isWhole: true });
  expect(listSent()).toEqual([
    { kind: 'live', who: 'Nova', text: 'Adam. Time' },
    { kind: 'said', who: 'Nova', text: "Adam. Time's up." },
  ]);
});

test('a typed line without a reply gets the reason as a sentence of the page, and one with a reply none', () => {
  const { view, listSent } = openView();
  const typed = { kind: 'typed', speakerId: toPersonId('a'), outcome: 'full' } as const;
  view.onSession(typed);
  view.onSession({ ...typed, reason: { id: 'ask.dropped' } });
  const line = { id: 'ask.dropped', with: {} };
  expect(listSent()).toEqual([{ kind: 'ignored', who: '', why: 'typed', line }]);
});

test.each(['no-voice', 'empty', 'hallucination'] as const)(
  'speech without words (%s) is one kind of line on the page',
  (why) => {
    const { view, listSent } = openView();
    view.onSession({ kind: 'ignored', speakerId: toPersonId('a'), name: 'Adam', why });
    expect(listSent()).toEqual([{ kind: 'ignored', who: 'Adam', why: 'empty' }]);
  },
);

test('an answer has its id from its beginning, with the words so far', () => {
  const { view, listSent } = openView();
  const adam = { speakerId: toPersonId('a'), name: 'Adam' };
  view.onSession({ kind: 'answering', answerId: 7, ...adam });
  view.onSession({ kind: 'words', text: 'It is', answerId: 7, isWhole: false });
  expect(listSent()).toEqual([
    { kind: 'answering', answerId: 7, who: 'Adam' },
    { kind: 'live', who: 'Nova', text: 'It is', answerId: 7 },
  ]);
});

test('an answer without a word leaves a line', () => {
  const { view, listSent } = openView();
  const instants = { heardAtMs: 1_000, endedAtMs: 1_180 };
  const adam = { speakerId: toPersonId('a'), name: 'Adam', instants };
  view.onSession({
    kind: 'answered',
    answerId: 1,
    ...adam,
    text: '',
    heardText: '',
    finish: 'empty',
  });
  expect(listSent()).toMatchObject([{ kind: 'answered', text: '', finish: 'empty' }]);
});

test('a tool call has one place on the page, from its beginning to its end', () => {
  const { view, listSent } = openView();
  const call = { kind: 'tool', id: 'c1', tool: toLogged('set_reminder') } as const;
  view.show({ ...call, state: 'running' });
  view.show({ ...call, id: 'c2', state: 'running' });
  view.show({ ...call, state: 'ran' });
  expect(listSent().at(-1)).toMatchObject({
    kind: 'tools',
    tools: [
      { id: 'c1', state: 'ran' },
      { id: 'c2', state: 'running' },
    ],
  });
});

test('words so far go away with their utterance, and the same words are shown again in the next', () => {
  const { view, listSent } = openView();
  const yes = { kind: 'words', name: 'Adam', text: 'Yes', isWhole: false } as const;
  view.onSession(yes);
  view.onSession({ ...yes, text: '' });
  view.onSession(yes);
  expect(listSent()).toEqual(
    ['Yes', '', 'Yes'].map((text) => ({ kind: 'live', who: 'Adam', text })),
  );
});

const file = { name: 'voice.wav', type: 'audio/wav', sizeBytes: 9, url: '/voice.wav' };
const reply = {
  ...{ id: toMessageId('7'), interactionId: '1', isPrivate: true },
  ...{ buttonCount: 0, files: [file] },
};

test('a reply to a quiet command is kept out of the conversation, as each edit of it is, and its files are known', () => {
  const replies = new QuietReplies();
  replies.expect('1');
  expect(replies.take(reply)).toBe(true);
  expect(replies.take({ ...reply, isPrivate: false })).toBe(true);
  expect(replies.listFiles(reply.id)).toEqual([file]);
});

test('other messages are for the conversation, as is a reply that asks everybody something', () => {
  const replies = new QuietReplies();
  replies.expect('1');
  expect(replies.take({ ...reply, interactionId: '2' })).toBe(false);
  expect(replies.take({ ...reply, interactionId: undefined })).toBe(false);
  expect(replies.take({ ...reply, isPrivate: false, buttonCount: 1 })).toBe(false);
});

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

const never = new AbortController().signal;
const pcm = {
  samples: new Int16Array(16_000).fill(3_000),
  rateHz: 16_000,
  channels: 1,
} as const;

function openGlimpser(tookMs: number) {
  const clock = new VirtualClock();
  const ears = new FakeTranscriber({ texts: ['what time'], clock, tookMs });
  const machine = { isFull: false };
  const glimpser = new LocalGlimpser({
    clock,
    isMachineFull: () => machine.isFull,
    open: async () => ears,
  });
  return { clock, ears, machine, glimpseOnce: () => glimpser.glimpse(pcm, {}, never) };
}

test('words so far are recognised one glimpse at a time, and not while other work fills the machine', async () => {
  const { clock, ears, glimpseOnce, machine } = openGlimpser(200);
  machine.isFull = true;
  expect(await glimpseOnce()).toBeUndefined();
  expect(ears.heard).toHaveLength(0);
  machine.isFull = false;
  const first = glimpseOnce();
  expect(await glimpseOnce()).toBeUndefined();
  await clock.advance(200);
  expect(await first).toBe('what time');
  expect(ears.heard).toHaveLength(1);
});

test('a glimpse that comes too late is given up, and the next one waits', async () => {
  const { clock, ears, glimpseOnce } = openGlimpser(10_000);
  const rejected = expect(glimpseOnce()).rejects.toThrow('other work');
  await clock.advance(2_500);
  await rejected;
  expect(await glimpseOnce()).toBeUndefined();
  await clock.advance(5_000);
  const next = glimpseOnce();
  next.catch(() => undefined);
  await clock.advance(20);
  expect(ears.heard).toHaveLength(2);
});
