import { expect, test } from 'vitest';
import type { ChatMessage } from '#src/chat/ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import { chatModelContract } from '#test/contracts/chat-model.ts';
import { fc } from '#test/properties.ts';

const signal = new AbortController().signal;

function open(parts: { wallMs?: number; random?: number } = {}) {
  return openStandIn({
    wallMs: () => parts.wallMs ?? Date.UTC(2026, 10, 20, 16, 25),
    timeZone: 'UTC',
    random: () => parts.random ?? 0.1,
    botName: 'Nova',
  });
}

const said = (content: string, name = 'Adam'): ChatMessage => ({ role: 'user', name, content });
const answered = (content: string): ChatMessage => ({ role: 'assistant', content });

async function answer(messages: readonly (ChatMessage | string)[], parts = {}): Promise<string> {
  const all = messages.map((each) => (typeof each === 'string' ? said(each) : each));
  const got = await Array.fromAsync(open(parts).reply(all, [], signal));
  return got.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

const honest = 'I am only the built-in stand-in. Connect a model and I can answer that.';

chatModelContract('the stand-in', async () => ({
  model: open(),
  [Symbol.asyncDispose]: async () => undefined,
}));

test.each([
  [Date.UTC(2026, 10, 20, 16, 25), 'The time is now twenty five minutes past four.'],
  [Date.UTC(2026, 10, 20, 0, 0), "The time is now twelve o'clock."],
  [Date.UTC(2026, 10, 20, 11, 30), 'The time is now half past eleven.'],
  [Date.UTC(2026, 10, 20, 12, 59), 'The time is now one minute to one.'],
  [Date.UTC(2026, 10, 20, 9, 45), 'The time is now fifteen minutes to ten.'],
])('it tells the time', async (wallMs, words) => {
  for (const asked of [
    'what time is it',
    'Nova, what time is it now?',
    'what time as it',
    'Can you tell me the time, please?',
  ]) {
    expect(await answer([asked], { wallMs })).toBe(words);
  }
});

test('it tells the date', async () => {
  const words = 'Today is Friday, the twentieth of November.';
  expect(await answer(['what is the date'])).toBe(words);
  expect(await answer(["What's the date today?"])).toBe(words);
  expect(await answer(['what day is it'])).toBe(words);
  expect(await answer(['what is the date'], { wallMs: Date.UTC(2026, 0, 31) })).toBe(
    'Today is Saturday, the thirty first of January.',
  );
});

test.each([
  ['two nine three four zero', 'You said two nine three four zero. Together that makes eighteen.'],
  ['2 9 3 4 0', 'You said two nine three four zero. Together that makes eighteen.'],
  ['29340.', 'You said two nine three four zero. Together that makes eighteen.'],
  [
    'Two, nine, three, four, zero.',
    'You said two nine three four zero. Together that makes eighteen.',
  ],
  ['to nine three for oh', 'You said two nine three four zero. Together that makes eighteen.'],
  ['five five', 'You said five five. Together that makes ten.'],
  ['what is two plus three', 'You said two three. Together that makes five.'],
  ['add seven to nine', 'You said seven nine. Together that makes sixteen.'],
])('it repeats and adds the digits of: %s', async (heard, words) => {
  expect(await answer([heard])).toBe(words);
});

test.each([
  'eight of spades four of clubs seven of hearts',
  'ten of clubs',
  'go forward ten meters',
  'i have two dogs and three cats',
  'two',
])('a sentence with a number in it is not a row of digits: %s', async (heard) => {
  expect(await answer([heard])).toBe(honest);
});

test('it knows what you said first', async () => {
  const talk = [said('Hi all', 'Eve'), 'go forward ten meters.', answered(honest), 'five five'];
  expect(await answer([...talk, 'what did I say first'])).toBe(
    'You first said: go forward ten meters.',
  );
  expect(await answer(['what did i say first'])).toBe('This is the first thing you said.');
});

test('it says that again', async () => {
  const talk = ['what time is it', answered('It is four'), said('hello', 'Eve')];
  for (const asked of ['say that again', 'can you repeat that please', 'what did you say?']) {
    expect(await answer([...talk, asked])).toBe('It is four');
  }
  expect(await answer(['say that again'])).toBe('I have not said anything yet.');
});

test('it knows your name after you told it, and nobody takes it for the name of another', async () => {
  const talk = [
    'my name is adam',
    said('My name is Eve.', 'Eve'),
    answered('Nice to meet you, Adam.'),
  ];
  expect(await answer(['my name is adam'])).toBe('Nice to meet you, Adam.');
  expect(await answer([...talk, 'what is my name'])).toBe('Your name is Adam.');
  expect(await answer([...talk, said("what's my name?", 'Eve')])).toBe('Your name is Eve.');
  expect(await answer(['what is my name'])).toBe('You have not told me your name yet.');
});

test('it tosses a coin', async () => {
  expect(await answer(['flip a coin'], { random: 0.49 })).toBe('It is heads.');
  expect(await answer(['Toss a coin!'], { random: 0.5 })).toBe('It is tails.');
});

test('it tells what it can do', async () => {
  expect(await answer(['what can you do'])).toMatch(/^I can tell the time/);
  expect(await answer(['what is your name'])).toBe('I am Nova, or rather the built-in stand-in.');
});

test('it says goodbye', async () => {
  expect(await answer(['goodbye nova'])).toBe('Goodbye. It was nice to talk to you.');
});

test.each([
  'what is the capital of france',
  'stop the music',
  'what time is it in tokyo',
  'hello',
  '',
  'go somewhere and do something',
])('it admits what it is when asked: %s', async (asked) => {
  expect(await answer([asked])).toBe(honest);
});

test('it answers whatever it is shown, in several parts without numerals', async () => {
  const role = fc.constantFrom<ChatMessage>(said('x'), answered('y'), {
    role: 'system',
    content: 'z',
  });
  const message = fc.tuple(role, fc.string()).map(([base, content]) => ({ ...base, content }));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 4 }), async (messages) => {
      expect(await answer(messages)).not.toBe('');
    }),
  );
  const parts = await Array.fromAsync(open().reply([said('what time is it')], [], signal));
  expect(parts.length).toBeGreaterThan(1);
});
