import { PageView } from '#src/app/sandbox/page-view.ts';
import { toPersonId } from '#src/base/ids.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import type { TypedOutcome } from '#src/ports/typed-messages.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

function open() {
  const view = new PageView('Nova');
  const sent: PageEvent[] = [];
  view.connect((event) => sent.push(event));
  return { view, sent: () => sent.slice(1) };
}

test('what is read out without being an answer stays on the page once it is over', () => {
  const { view, sent } = open();
  view.onSession({ kind: 'words', text: 'Adam. Time', isWhole: false });
  view.onSession({ kind: 'words', text: "Adam. Time's up.", isWhole: true });
  expect(sent()).toEqual([
    { kind: 'live', who: 'Nova', text: 'Adam. Time' },
    { kind: 'said', who: 'Nova', text: "Adam. Time's up." },
  ]);
});

/** Outcomes that need no sentence: there is a reply or a voice, or no person waits for one. */
type Settled = (typeof settled)[number];
const settled = [
  'answered',
  'failed',
  'deleted',
  'elsewhere',
  'bot',
  'webhook',
  'read',
] as const;

const unreplied: Record<Exclude<TypedOutcome, Settled>, true> = {
  off: true,
  refused: true,
  unasked: true,
  paused: true,
  unread: true,
  empty: true,
  'not-meant': true,
  full: true,
  absent: true,
  silent: true,
};

test.each([
  ...Object.keys(unreplied).map((outcome) => [outcome as TypedOutcome, 1] as const),
  ...settled.map((outcome) => [outcome, 0] as const),
])('a typed line that is %s gets %i sentences of the page', (outcome, count) => {
  const { view, sent } = open();
  view.onSession({ kind: 'typed', speakerId: toPersonId('a'), outcome });
  const sentence = { kind: 'ignored', who: '', why: 'typed' };
  expect(sent()).toEqual(Array.from({ length: count }, () => sentence));
});

test('an answer has its id from its beginning, with the words so far', () => {
  const { view, sent } = open();
  const adam = { speakerId: toPersonId('a'), name: 'Adam' };
  view.onSession({ kind: 'answering', answerId: 7, ...adam });
  view.onSession({ kind: 'words', text: 'It is', answerId: 7, isWhole: false });
  expect(sent()).toEqual([
    { kind: 'answering', answerId: 7, who: 'Adam' },
    { kind: 'live', who: 'Nova', text: 'It is', answerId: 7 },
  ]);
});

test('an answer without a word leaves a line', () => {
  const { view, sent } = open();
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
  expect(sent()).toMatchObject([{ kind: 'answered', text: '', finish: 'empty' }]);
});

test('a tool call has one place on the page, from its beginning to its end', () => {
  const { view, sent } = open();
  const call = { kind: 'tool', id: 'c1', tool: toLogged('set_reminder') } as const;
  view.show({ ...call, state: 'running' });
  view.show({ ...call, id: 'c2', state: 'running' });
  view.show({ ...call, state: 'ran' });
  expect(sent().at(-1)).toMatchObject({
    kind: 'tools',
    tools: [
      { id: 'c1', state: 'ran' },
      { id: 'c2', state: 'running' },
    ],
  });
});

test('words so far go away with their utterance, and the same words are shown again in the next', () => {
  const { view, sent } = open();
  const yes = { kind: 'words', name: 'Adam', text: 'Yes', isWhole: false } as const;
  view.onSession(yes);
  view.onSession({ ...yes, text: '' });
  view.onSession(yes);
  expect(sent()).toEqual(
    ['Yes', '', 'Yes'].map((text) => ({ kind: 'live', who: 'Adam', text })),
  );
});
