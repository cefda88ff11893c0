import { expect, test } from 'vitest';
import type { LayoutChange } from '#src/features/captions/live/caption-line.ts';
import { InstantChat, line, openLayout } from './captioned.ts';

const place = { channelId: 'c', messageId: 'm' };

/** A layout whose first message shows `Ana one…`. */
function shownPartial() {
  const layout = openLayout();
  layout.put(line(1, 'Ana', 'one', { state: 'partial' }), 0);
  layout.outcome({ kind: 'shown', key: 'captions 1', place, text: '**Ana** one…', atMs: 0 }, 0);
  return layout;
}

function textsOf({ desired }: LayoutChange): readonly string[] {
  return desired.map(({ key, text }) => `${key}: ${text}`);
}

test('what a message too old for a change does not show moves into the newest, with its time', () => {
  const layout = shownPartial();
  layout.put(line(1, 'Ana', 'one two'), 100);
  layout.put(line(2, 'Ben', 'yes'), 100);
  const change = layout.outcome({ kind: 'too-old', key: 'captions 1' }, 200);
  expect(textsOf(change)).toEqual([
    'captions 1: ',
    'captions 2: **Ana** <t:1700000010:T> one two\n**Ben** <t:1700000020:T> yes',
  ]);
  expect(layout.outcome({ kind: 'too-old', key: 'captions 1' }, 300).desired).toEqual([]);
});

test('lines of a message that somebody deleted are told, and never shown again', () => {
  const layout = shownPartial();
  layout.put(line(2, 'Ben', 'unseen', { state: 'partial' }), 100);
  const change = layout.outcome({ kind: 'gone', key: 'captions 1', what: 'message' }, 200);
  expect(change.deletedLines).toEqual([1]);
  expect(textsOf(change)).toEqual(['captions 2: **Ben** unseen…']);
  expect(layout.put(line(1, 'Ana', 'one two'), 300).desired).toEqual([]);
});

test('after a chat is gone nothing is requested', () => {
  const layout = shownPartial();
  layout.put(line(2, 'Ben', 'two'), 100);
  const gone = layout.outcome({ kind: 'gone', key: 'captions 1', what: 'chat' }, 200);
  expect([gone.deletedLines, gone.desired]).toEqual([[1], []]);
  expect(layout.put(line(3, 'Cem', 'three'), 300).desired).toEqual([]);
});

test('a refused message goes as plain text, and its new lines are told where that is refused, too', () => {
  const layout = openLayout();
  const refused = { kind: 'refused', key: 'captions 1', why: '' } as const;
  layout.put(line(1, 'Ana', 'one *two*'), 0);
  expect(textsOf(layout.outcome(refused, 0))).toEqual(['captions 1: Ana one two']);
  expect(layout.outcome(refused, 0).refusedLines).toEqual([1]);
  expect(textsOf(layout.put(line(1, 'Ana', 'corrected'), 0))).toEqual([
    'captions 2: **Ana** corrected',
  ]);
});

test('a forgotten line goes from its message, and a message without lines is deleted', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(2, 'Ben', 'two'));
  chat.remove(1);
  expect(chat.messages()).toEqual(['**Ben** two']);
  expect(chat.changes.at(-2)?.desired[0]?.urgency).toBe('whole');
  chat.put(line(1, 'Ana', 'one'));
  chat.remove(2, 99);
  expect(chat.messages()).toEqual([]);
  chat.put(line(99, 'Ana', 'late'));
  expect(chat.messages()).toEqual([]);
});

test('what an old message still shows of a line that moved is forgotten, too', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one', { state: 'partial' }), line(2, 'Ben', 'two'));
  const { desired } = chat.layout.put(line(1, 'Ana', 'one two'), 0);
  expect(desired).toHaveLength(1);
  chat.answer({ kind: 'too-old', key: 'captions 1' });
  expect(chat.lines()).toEqual(['**Ana** one…', '**Ben** two', '**Ana** <t:1700000010:T> one two']);
  chat.remove(1);
  expect(chat.lines()).toEqual(['**Ben** two']);
});
