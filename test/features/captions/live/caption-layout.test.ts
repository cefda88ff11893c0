import { expect, test } from 'vitest';
import { renderMessage } from '#src/features/captions/live/line-rendering.ts';
import { InstantChat, line, openLayout, texts } from './captioned.ts';

test('whole words are urgent, words that go on and a dropped ellipsis are not', () => {
  const layout = openLayout();
  const urgencies = (state: 'partial' | 'whole' | 'final', text: string) => {
    const { desired } = layout.put(line(1, 'Ana', text, { state }), 0);
    const [message] = desired;
    if (!message) return 'none';
    const place = { channelId: 'c', messageId: 'm' };
    layout.outcome({ kind: 'shown', key: message.key, place, text: message.text, atMs: 0 }, 0);
    return message.urgency;
  };
  expect(urgencies('partial', 'one')).toBe('partial');
  expect(urgencies('whole', 'one two')).toBe('whole');
  expect(urgencies('final', 'one two')).toBe('partial');
  expect(urgencies('final', 'one two')).toBe('none');
  expect(urgencies('final', 'one, two')).toBe('whole');
});

test('a line ends once: later only a final is corrected, and a translation comes', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(1, 'Ana', 'late', { state: 'partial' }));
  chat.put(
    line(1, 'Ana', '', { state: 'no-words' }),
    line(1, 'Ana', '', { state: 'not-understood' }),
  );
  expect(chat.lines()).toEqual(['**Ana** one']);
  chat.put(line(1, 'Ana', 'won'));
  expect(chat.lines()).toEqual(['**Ana** won']);
  chat.put(line(2, 'Ben', '', { state: 'no-words' }), line(2, 'Ben', 'late'));
  chat.put(line(3, 'Ben', '', { state: 'not-understood' }), line(3, 'Ben', 'late'));
  expect(chat.lines()).toEqual(['**Ana** won', '**Ben** (not understood)']);
  chat.put(line(1, 'Ana', '', { state: 'partial', translation: 'gewonnen' }));
  expect(chat.lines().slice(0, 2)).toEqual(['**Ana** won', '-# gewonnen']);
});

test('a late line goes into the older message it belongs to while that has space and is young', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'), line(3, 'Ana', 'three'));
  chat.atMs = 11 * 60_000;
  chat.put(line(9, 'Ana', 'nine'), line(2, 'Ben', 'two'));
  expect(chat.messages()).toEqual(['**Ana** one\n**Ben** two\n**Ana** three', '**Ana** nine']);
  chat.put(line(4, 'Ben', 'x'.repeat(1_450)));
  chat.put(line(5, 'Ben', 'y'.repeat(520)));
  expect(chat.messages()[1]).toMatch(/^\*\*Ben\*\* y+\n\*\*Ana\*\* nine$/);
  chat.atMs = 50 * 60_000;
  chat.put(line(8, 'Ana', 'eight', { startMs: 15_000 }));
  expect(chat.messages().at(-1)).toMatch(/^\*\*Ana\*\* <t:1700000015:T> eight$/);
  expect(chat.messages()).toHaveLength(3);
});

test('a translation stands below its line, however long both are', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one', { translation: '# eins' }), line(2, 'Ben', 'two'));
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
    const [post, ...morePosts] = chat.layout.placesOf(one.number);
    return { sessionId: 's', ...one, ...(post && { post, morePosts }) };
  });
  const ids = chat.keys().map((key) => `message ${key}`);
  expect(ids.map((id) => renderMessage(id, stored, texts))).toEqual(chat.messages());
  expect(chat.messages().length).toBeGreaterThan(2);
});
