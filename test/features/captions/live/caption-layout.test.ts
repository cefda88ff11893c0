import { expect, test } from 'vitest';
import { renderMessage } from '#src/features/captions/live/line-rendering.ts';
import { InstantChat, line, openLayout, texts } from './captioned.ts';

test('a line begins with its speaker in bold, and several stand in one message', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'the bridge is 343 metres'), line(2, 'Ben', 'that is tall'));
  expect(chat.messages()).toEqual(['**Ana** the bridge is 343 metres\n**Ben** that is tall']);
});

test('what is not final ends in an ellipsis, and the final takes its place', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'the bridge', { state: 'partial' }));
  expect(chat.messages()).toEqual(['**Ana** the bridge…']);
  chat.put(line(1, 'Ana', 'the bridge is', { state: 'whole' }));
  expect(chat.messages()).toEqual(['**Ana** the bridge is…']);
  chat.put(line(1, 'Ana', 'The bridge is.'));
  expect(chat.messages()).toEqual(['**Ana** The bridge is.']);
});

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

test('whole words of an utterance are urgent once: who waits for them is not told so again', () => {
  const layout = openLayout();
  layout.put(line(1, 'Ana', 'one'), 0);
  const [desired] = layout.put(line(2, 'Ben', 'two', { state: 'partial' }), 0).desired;
  expect(desired).toEqual({
    key: 'captions 1',
    text: '**Ana** one\n**Ben** two…',
    urgency: 'partial',
  });
});

test('the line of a bot that was stopped says so', () => {
  const chat = new InstantChat();
  const speaker = { kind: 'bot', name: 'Nova', answeredIds: ['1'] } as const;
  chat.put({ ...line(1, 'Nova', 'The Millau Viaduct, at 343', { isCut: true }), speaker });
  expect(chat.messages()).toEqual(['**Nova** The Millau Viaduct, at 343— (stopped)']);
});

test('what was not understood says so, and what has no words goes', () => {
  const chat = new InstantChat();
  chat.put(
    line(1, 'Ana', 'hm', { state: 'partial' }),
    line(2, 'Ben', 'hm', { state: 'partial' }),
    line(1, 'Ana', '', { state: 'not-understood' }),
    line(2, 'Ben', '', { state: 'no-words' }),
  );
  expect(chat.messages()).toEqual(['**Ana** (not understood)']);
});

test('a message whose only line has no words is deleted', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'hm', { state: 'partial' }));
  chat.put(line(1, 'Ana', '', { state: 'no-words' }));
  expect(chat.messages()).toEqual([]);
  chat.put(line(2, 'Ben', 'two'));
  expect(chat.messages()).toEqual(['**Ben** two']);
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

test('lines stand in order of speech, whenever their words come', () => {
  const chat = new InstantChat();
  chat.put(line(3, 'Ana', 'three'), line(1, 'Ben', 'one'), line(2, 'Cem', 'two'));
  expect(chat.lines()).toEqual(['**Ben** one', '**Cem** two', '**Ana** three']);
});

test('a line without words takes no place, but keeps its place in order', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', '', { state: 'partial' }), line(2, 'Ben', 'two'));
  expect(chat.lines()).toEqual(['**Ben** two']);
  chat.put(line(1, 'Ana', 'one', { startMs: 90_000 }));
  expect(chat.lines()).toEqual(['**Ana** one', '**Ben** two']);
});

test('lines of one speaker less than 1 s apart are one, with nobody between', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one,', { startMs: 0, endMs: 1_000 }));
  chat.put(line(2, 'Ana', 'two,', { startMs: 1_999, endMs: 3_000 }));
  chat.put(line(4, 'Ana', 'three', { startMs: 4_000, endMs: 5_000, state: 'partial' }));
  expect(chat.lines()).toEqual(['**Ana** one, two,', '**Ana** three…']);
  chat.put(line(3, 'Ben', 'and', { startMs: 1_500, endMs: 1_800 }));
  expect(chat.lines()).toEqual(['**Ana** one,', '**Ben** and', '**Ana** two,', '**Ana** three…']);
});

test('people who speak at once keep lines of their own', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one', { startMs: 0, endMs: 3_000 }));
  chat.put(line(2, 'Ben', 'two', { startMs: 1_000, endMs: 2_000 }));
  chat.put(line(3, 'Ana', 'three', { startMs: 3_100, endMs: 4_000 }));
  expect(chat.lines()).toEqual(['**Ana** one', '**Ben** two', '**Ana** three']);
});

test('neither what was stopped nor what was not understood is merged with what follows', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one', { startMs: 0, endMs: 1_000, isCut: true }));
  chat.put(line(2, 'Ana', '', { startMs: 1_100, endMs: 2_000, state: 'not-understood' }));
  chat.put(line(3, 'Ana', 'three', { startMs: 2_100, endMs: 3_000 }));
  expect(chat.lines()).toEqual([
    '**Ana** one— (stopped)',
    '**Ana** (not understood)',
    '**Ana** three',
  ]);
});

test('a message takes no more lines after 1,500 characters', () => {
  const chat = new InstantChat();
  for (let n = 1; n <= 16; n++) chat.put(line(n, 'Ana', 'x'.repeat(98)));
  const [first = '', second = ''] = chat.messages();
  expect(first.length).toBeLessThanOrEqual(1_500);
  expect([first, second].map((text) => text.split('\n').length)).toEqual([14, 2]);
});

test('a message takes no more lines 10 minutes after its first', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one'));
  chat.atMs = 10 * 60_000 - 1;
  chat.put(line(2, 'Ben', 'two'));
  chat.atMs += 1;
  chat.put(line(3, 'Cem', 'three'));
  expect(chat.messages()).toEqual(['**Ana** one\n**Ben** two', '**Cem** three']);
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

test('a late line without space in its message stands in the newest with its time of day', () => {
  const chat = new InstantChat();
  for (let n = 1; n <= 30; n++) chat.put(line(n, 'Ana', 'x'.repeat(98), { startMs: n * 10_000 }));
  chat.put(line(31, 'Ben', `late ${'y'.repeat(600)}`, { startMs: 15_000 }));
  expect(chat.lines().at(-1)).toMatch(/^\*\*Ben\*\* <t:1700000015:T> late y+$/);
  chat.put(line(31, 'Ben', 'later', { startMs: 15_000 }), line(32, 'Cem', 'next'));
  expect(chat.lines().slice(-2)).toEqual(['**Ben** <t:1700000015:T> later', '**Cem** next']);
});

test('a line that grows beyond its message moves on, with those after it', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'x'.repeat(1_400)), line(2, 'Ben', 'y', { state: 'partial' }));
  chat.put(line(3, 'Cem', 'z'));
  expect(chat.messages()).toHaveLength(1);
  chat.put(line(2, 'Ben', 'y'.repeat(700), { state: 'partial' }));
  expect(chat.messages().map((text) => text.replace(/(.)\1+/g, '$1'))).toEqual([
    '*Ana* x',
    '*Ben* y…\n*Cem* z',
  ]);
});

test('an utterance of 4,000 characters is split between words, and nothing of it is lost', () => {
  const chat = new InstantChat();
  const words = Array.from({ length: 800 }, (_, n) => `w${String(n).padStart(3, '0')}`).join(' ');
  chat.put(line(1, 'Ana', words.slice(0, 3_000), { state: 'partial' }), line(2, 'Ben', 'yes'));
  chat.put(line(1, 'Ana', words));
  expect(words).toHaveLength(3_999);
  expect(chat.messages().every((text) => text.length <= 2_000)).toBe(true);
  const [parts, others] = [0, 1].map((n) =>
    chat.lines().filter((one) => one.startsWith('**Ana** ') === (n === 0)),
  );
  expect(parts?.map((part) => part.slice(8)).join(' ')).toBe(words);
  expect(others).toEqual(['**Ben** yes']);
  expect(chat.lines().at(-1)).toBe('**Ben** yes');
});

test('a text without spaces is split between its characters', () => {
  const chat = new InstantChat();
  const text = '橋は三百四十三メートルです。👩‍👩‍👧'.repeat(200);
  chat.put(line(1, 'Ana', text));
  const parts = chat.lines().map((part) => part.slice(8));
  expect(parts.join('')).toBe(text);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.every((part) => !/^\u200d|^[\udc00-\udfff]/.test(part))).toBe(true);
});

test('a translation stands below its line, however long both are', () => {
  const chat = new InstantChat();
  chat.put(line(1, 'Ana', 'one', { translation: '# eins' }), line(2, 'Ben', 'two'));
  expect(chat.messages()).toEqual(['**Ana** one\n-# \\# eins\n**Ben** two']);
  chat.put(line(3, 'Cem', 'x '.repeat(900), { translation: 'y '.repeat(900) }));
  expect(chat.messages().every((text) => text.length <= 2_000)).toBe(true);
  expect(chat.lines().filter((one) => one.startsWith('-# **Cem** y y'))).not.toEqual([]);
});

test('stored lines are shown as they were, in order', () => {
  const stored = (number: number, name: string, text: string) => ({
    ...{ sessionId: 's', number, speaker: { kind: 'person', personId: name, name } as const, text },
    ...{ startMs: number * 10_000, endMs: number * 10_000 + 500 },
    post: { channelId: 'c', messageId: 'm' },
  });
  expect(renderMessage('m', [stored(2, 'Ben', ''), stored(1, '*Ana*', 'one')], texts)).toBe(
    '**\\*Ana\\*** one\n**Ben** (not understood)',
  );
  expect(renderMessage('m', [], texts)).toBe('');
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

test('a line knows its message as soon as that is posted', () => {
  const chat = new InstantChat();
  expect(chat.layout.placesOf(1)).toEqual([]);
  chat.put(line(1, 'Ana', 'one'));
  expect(chat.changes.flatMap(({ placed }) => placed)).toEqual([1]);
  expect(chat.layout.placesOf(1)).toEqual([{ channelId: 'c', messageId: 'message captions 1' }]);
  chat.put(line(2, 'Ana', 'x '.repeat(1_500)));
  expect(chat.layout.placesOf(2)).toHaveLength(3);
});
