import type { ChatMessage } from '#src/chat/chat-model.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import { fc } from '#test/properties.ts';

const signal = new AbortController().signal;

function openStandIn(deps: { wallMs?: number; random?: number } = {}) {
  return createStandIn({
    wallMs: () => deps.wallMs ?? Date.UTC(2026, 10, 20, 16, 25),
    timeZone: 'UTC',
    random: () => deps.random ?? 0.1,
    botName: 'Nova',
  });
}

const makeQuestion = (content: string): ChatMessage => ({
  role: 'user',
  name: 'Adam',
  content,
});
const makeAnswer = (content: string): ChatMessage => ({ role: 'assistant', content });

async function answerMessages(messages: readonly (ChatMessage | string)[], deps = {}) {
  const allMessages = messages.map((each) =>
    typeof each === 'string' ? makeQuestion(each) : each,
  );
  const got = await Array.fromAsync(openStandIn(deps).reply(allMessages, [], signal));
  return got.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** Without tools it claims only what needs none. */
const honest =
  'I am only the built-in stand-in. I can tell the time, do sums, and tell jokes. For more, connect a model with npm run setup.';
const short = 'That needs a model. Try: what time is it.';

testChatModel('the stand-in', async () => ({
  model: openStandIn(),
  [Symbol.asyncDispose]: async () => undefined,
}));

test.each([
  [Date.UTC(2026, 10, 20, 16, 25), 'The time is now twenty five minutes past four.'],
  [Date.UTC(2026, 10, 20, 0, 0), "The time is now twelve o'clock."],
  [Date.UTC(2026, 10, 20, 11, 30), 'The time is now half past eleven.'],
  [Date.UTC(2026, 10, 20, 12, 59), 'The time is now one minute to one.'],
  [Date.UTC(2026, 10, 20, 9, 45), 'The time is now fifteen minutes to ten.'],
])('it tells the time', async (wallMs, text) => {
  for (const question of [
    'what time is it',
    'Nova, what time is it now?',
    'what time as it',
    'Can you tell me the time, please?',
  ]) {
    expect(await answerMessages([question], { wallMs })).toBe(text);
  }
});

test('it tells time and date, and reads times, in the zone that its instructions tell', async () => {
  const tokyo: ChatMessage = { role: 'system', content: '', timeZone: 'Asia/Tokyo' };
  const wallMs = Date.UTC(2026, 10, 20, 16, 25);
  expect(await answerMessages([tokyo, 'what time is it'], { wallMs })).toBe(
    'The time is now twenty five minutes past one.',
  );
  expect(await answerMessages([tokyo, 'what day is it'], { wallMs })).toBe(
    'Today is Saturday, 21 November 2026.',
  );
});

test('the built-in stand-in counts, so that people can try to interrupt it', async () =>
  expect(await answerMessages(['Count to twelve'])).toMatch(
    /^Talk over me.* twelve\.$/,
  ));

test('the built-in stand-in tosses a coin', async () => {
  expect(await answerMessages(['flip a coin'], { random: 0.49 })).toBe('It is heads.');
  expect(await answerMessages(['Toss a coin!'], { random: 0.5 })).toBe('It is tails.');
});

test('the built-in stand-in greets people, and says what it can do', async () => {
  expect(await answerMessages(['Hello!'])).toBe(
    'Hello, I am Nova. Ask me what time it is, or what I can do.',
  );
  for (const question of ['what can you do', 'help', 'Nova, who are you?'])
    expect(await answerMessages([question])).toMatch(/^I am Nova.*I can tell the time/);
});

test.each([
  'what is the capital of france',
  'stop the music',
  'what time is it in tokyo',
  '',
  'go somewhere and do something',
])('it admits what it is when asked: %s', async (question) =>
  expect(await answerMessages([question])).toBe(honest),
);

test('it tells its limit in full once to each person, then in ten words', async () => {
  const strange = 'What is the capital of France?';
  const toAdam = [makeQuestion(strange), makeAnswer(honest)];
  expect(await answerMessages([...toAdam, makeQuestion('And of Spain?')])).toBe(short);
  expect(short.split(' ').length).toBeLessThanOrEqual(10);
  const ben: ChatMessage = { role: 'user', name: 'Ben', content: strange };
  expect(await answerMessages([...toAdam, ben])).toBe(honest);
  const cut = [makeQuestion(strange), makeAnswer('I am only the built-in stand-in.')];
  expect(await answerMessages([...cut, makeQuestion('And of Spain?')])).toBe(short);
  const german: ChatMessage = { role: 'system', content: '', language: 'de-AT' };
  const told = await answerMessages([
    german,
    makeQuestion('Wie hoch ist der Eiffelturm?'),
  ]);
  expect(told).toMatch(
    /^Ich bin nur der eingebaute Ersatz\. Ich kann .* npm run setup\.$/,
  );
  expect(
    await answerMessages([
      german,
      makeQuestion('Wie hoch?'),
      makeAnswer(told),
      makeQuestion('Und wie breit ist er?'),
    ]),
  ).toBe('Dafür braucht es ein Modell. Versuch: Wie spät ist es?');
});

test('the built-in stand-in answers any input, in several parts without numerals', async () => {
  const role = fc.constantFrom<ChatMessage>(makeQuestion('x'), makeAnswer('y'), {
    role: 'system',
    content: 'z',
  });
  const message = fc
    .tuple(role, fc.string())
    .map(([base, content]) => ({ ...base, content }));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 4 }), async (messages) => {
      expect(await answerMessages(messages)).not.toBe('');
    }),
  );
  const chatParts = await Array.fromAsync(
    openStandIn().reply([makeQuestion('what time is it')], [], signal),
  );
  expect(chatParts.length).toBeGreaterThan(1);
});
