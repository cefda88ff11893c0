import { expect, test } from 'vitest';
import type { DesiredMessage } from '#src/conversation/ports/desired-message.ts';
import { renderMessage } from '#src/features/captions/live/line-rendering.ts';
import { InstantChat, line, openLive, texts } from './captioned.ts';

const place = { channelId: 'c', messageId: 'm' };

test('whole words are urgent, words that go on and a dropped ellipsis are not', () => {
  const chat = new InstantChat();
  const urgencies = (state: 'partial' | 'whole' | 'final', text: string) => {
    const before = chat.desired.length;
    chat.put(line(1, 'Ana', text, { state }));
    return chat.desired.slice(before).map(({ urgency }) => urgency);
  };
  expect(urgencies('partial', 'one')).toEqual(['partial']);
  expect(urgencies('whole', 'one two')).toEqual(['whole']);
  expect(urgencies('final', 'one two')).toEqual(['partial']);
  expect(urgencies('final', 'one two')).toEqual([]);
  expect(chat.reported.shown).toEqual([1]);
});

test('a line that began before the message goes last, with its time', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(3, 'Ana', 'three'), line(2, 'Ben', 'two'));
  expect(chat.messages()).toEqual(['**Ana** one\n**Ben** two\n**Ana** three']);
  chat.atMs = 11 * 60_000;
  chat.put(line(9, 'Ana', 'nine'), line(2.5, 'Ben', 'late'), line(10, 'Ana', 'ten'));
  expect(chat.messages()[1]).toBe('**Ana** nine\n**Ben** <t:1700000025:T> late\n**Ana** ten');
});

test('a message takes lines until it is full, and a line that grows beyond it moves on', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'x'.repeat(700), { state: 'partial' }), line(2, 'Ben', 'y'.repeat(700)));
  chat.put(line(1, 'Ana', 'x'.repeat(1_400)));
  expect(chat.messages().map((text) => text.slice(0, 28))).toEqual([
    `**Ben** ${'y'.repeat(20)}`,
    `**Ana** <t:1700000010:T> xxx`,
  ]);
});

test('a translation stands below its line, however long both are', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(2, 'Ben', 'two'));
  chat.live.translate(1, '# eins');
  expect(chat.messages()).toEqual(['**Ana** one\n-# \\# eins\n**Ben** two']);
  chat.put(line(3, 'Cem', 'x '.repeat(900), { translation: 'y '.repeat(900) }));
  expect(chat.messages().every((text) => text.length <= 2_000)).toBe(true);
  expect(chat.lines().filter((one) => one.startsWith('-# **Cem** y y'))).not.toEqual([]);
});

test('a stored line that is longer than a message is shown by each as before', () => {
  const chat = new InstantChat();
  const all = [
    line(1, 'Ana', 'one'),
    line(2, 'Ben', 'x '.repeat(1_900)),
    line(3, 'Cem', 'three'),
  ] as const;
  chat.put(...all);
  const stored = all.map((one) => {
    const [post, ...morePosts] = chat.live.placesOf(one.number);
    return { sessionId: 's', ...one, ...(post && { post, morePosts }) };
  });
  const ids = chat.keys().map((key) => `message ${key}`);
  expect(ids.map((id) => renderMessage(id, stored, texts))).toEqual(chat.messages());
  expect(chat.messages().length).toBeGreaterThan(2);
});

test('the lines of a message that is too old for a change are posted again', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(2, 'Ben', 'two'));
  chat.refuses = ({ key, text }) =>
    key === 'captions 1' && text !== '' ? { kind: 'too-old', key } : undefined;
  chat.live.remove([1]);
  expect(chat.lines()).toEqual(['**Ben** two']);
  expect(chat.keys()).toEqual(['captions 2']);
});

test('lines of a message that a person deleted are gone, and what it did not show yet is shown elsewhere', () => {
  const desired: DesiredMessage[] = [];
  const { answer, deleted, live } = openLive((one) => desired.push(one));
  live.put(line(1, 'Ana', 'one', { state: 'partial' }));
  answer({ kind: 'shown', key: 'captions 1', place, text: '**Ana** one…', atMs: 0 });
  live.put(line(2, 'Ben', 'unseen'));
  answer({ kind: 'gone', key: 'captions 1', what: 'message' });
  expect(deleted).toEqual([1]);
  live.put(line(1, 'Ana', 'one two'));
  expect(desired.slice(2)).toMatchObject([{ key: 'captions 2', text: '**Ben** unseen' }]);
});

test('after a chat is gone nothing is shown, and its lines are kept', () => {
  const desired: DesiredMessage[] = [];
  const { answer, deleted, live, troubles } = openLive((one) => desired.push(one));
  live.put(line(1, 'Ana', 'one'));
  answer({ kind: 'gone', key: 'captions 1', what: 'chat' });
  live.put(line(2, 'Ben', 'two'));
  expect([desired.length, deleted, troubles]).toEqual([1, [], ['gone']]);
});

test('a refused message goes as plain text, and its lines are given up where that is refused, too', () => {
  const chat = new InstantChat();
  chat.refuses = ({ key }) => ({ kind: 'refused', key, why: '' });
  chat.put(line(1, 'Ana', 'one *two*'));
  expect(chat.desired.map(({ text }) => text).slice(0, 2)).toEqual([
    '**Ana** one \\*two\\*',
    'Ana one two',
  ]);
  expect(chat.reported.troubles).toEqual(['refused']);
  chat.refuses = undefined;
  chat.put(line(2, 'Ana', 'next'));
  expect(chat.lines()).toEqual(['**Ana** next']);
});

test('a forgotten line goes from its message, and a message without lines is deleted', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(2, 'Ben', 'two'));
  chat.live.remove([1]);
  expect(chat.messages()).toEqual(['**Ben** two']);
  expect(chat.desired.at(-1)?.urgency).toBe('whole');
  chat.put(line(1, 'Ana', 'one'));
  chat.live.remove([2, 99]);
  chat.put(line(99, 'Ana', 'late'));
  expect(chat.messages()).toEqual([]);
});
