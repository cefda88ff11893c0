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

test('a dropped ellipsis alone repeats no line', () => {
  const layout = shownPartial();
  layout.put(line(1, 'Ana', 'one'), 100);
  expect(layout.outcome({ kind: 'too-old', key: 'captions 1' }, 200).desired).toEqual([]);
});

test('a message older than 50 minutes is not tried: its late words stand in the newest with their time', () => {
  const layout = shownPartial();
  const change = layout.put(line(1, 'Ana', 'one two'), 50 * 60_000);
  expect(textsOf(change)).toContain('captions 2: **Ana** <t:1700000010:T> one two');
});

test('lines of a message that somebody deleted are told, and never shown again', () => {
  const layout = shownPartial();
  layout.put(line(2, 'Ben', 'unseen', { state: 'partial' }), 100);
  const change = layout.outcome({ kind: 'gone', key: 'captions 1', what: 'message' }, 200);
  expect(change.deletedLines).toEqual([1]);
  expect(textsOf(change)).toEqual(['captions 2: **Ben** unseen…']);
  expect(layout.put(line(1, 'Ana', 'one two'), 300).desired).toEqual([]);
});

test('messages are also known as deleted by their ids', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(2, 'Ana', 'x '.repeat(1_500)), line(3, 'Ben', 'three'));
  const ids = chat.layout.placesOf(2).map(({ messageId }) => messageId);
  chat.delete(ids[1] ?? '');
  expect(chat.changes.flatMap(({ deletedLines }) => deletedLines)).toEqual([2]);
  expect(chat.lines()).toEqual(['**Ana** one', '**Ben** three']);
});

test('after a chat is gone nothing is requested', () => {
  const layout = shownPartial();
  layout.put(line(2, 'Ben', 'two'), 100);
  const gone = layout.outcome({ kind: 'gone', key: 'captions 1', what: 'chat' }, 200);
  expect([gone.deletedLines, gone.desired]).toEqual([[1], []]);
  expect(layout.put(line(3, 'Cem', 'three'), 300).desired).toEqual([]);
});

test('after a chat is closed to the bot nothing is requested', () => {
  const layout = shownPartial();
  layout.put(line(2, 'Ben', 'two'), 100);
  layout.outcome({ kind: 'forbidden', key: 'captions 1' }, 200);
  expect(layout.put(line(2, 'Ben', 'too'), 300).desired).toEqual([]);
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

test('a message too old to lose a forgotten line is deleted, and its other lines are shown anew', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(2, 'Ben', 'two'));
  chat.atMs = 55 * 60_000;
  const change = chat.layout.remove([1], chat.atMs);
  expect(textsOf(change)).toEqual(['captions 1: **Ben** two']);
  chat.answer({ kind: 'too-old', key: 'captions 1' });
  expect(chat.messages()).toEqual(['**Ben** <t:1700000020:T> two']);
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

test('lines older than an hour are forgotten, and shown no second time', () => {
  const chat = new InstantChat();
  for (let n = 1; n <= 9_000; n++) {
    chat.atMs = n * 1_000;
    chat.put(line(n, 'Ana', `word ${n}`, { startMs: n * 1_000, endMs: n * 1_000 + 800 }));
  }
  const posted = chat.messages().length;
  chat.put(line(5_000, 'Ana', 'word 5000', { startMs: 5_000_000, translation: 'wort' }));
  expect(chat.messages()).toHaveLength(posted);
});
