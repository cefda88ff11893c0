import { PageView } from '#src/app/sandbox/page-view.ts';
import { toPersonId } from '#src/base/ids.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

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
