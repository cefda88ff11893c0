import type { ChatMessage } from '#src/chat/chat-model.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import { tools } from '#src/features/features.ts';

const standIn = createStandIn({
  wallMs: () => 0,
  timeZone: 'UTC',
  random: () => 0,
  botName: 'Nova',
});

const makeQuestion = (content: string): ChatMessage => ({
  role: 'user',
  name: 'Adam',
  content,
});
const partsOf = (messages: readonly ChatMessage[]) =>
  Array.fromAsync(standIn.reply(messages, tools, new AbortController().signal));

/** The call for these words, if its arguments fit the tool of the bot that it names. */
async function callFor(text: string) {
  const [part] = await partsOf([makeQuestion(text)]);
  if (part?.kind !== 'tool') return undefined;
  const { argumentsJson, name } = part.call;
  const fit = tools
    .find((tool) => tool.name === name)
    ?.bind({})
    .parseArguments(argumentsJson);
  expect(fit).toHaveProperty('effect');
  return [name, JSON.parse(argumentsJson)];
}

test.each([
  ['Louder, please.', 'volume', { change: 20 }],
  ['slower', 'speed', { change: 'slower' }],
  ['Say that again.', 'repeat', {}],
  ['Captions on.', 'captions', { on: true }],
  ['Follow me.', 'follow', { follow: true }],
  ['Nova, play me some rain, please', 'play_sound', { sound: 'rain' }],
  ['Pause the music.', 'change_track', { deed: 'pause' }],
  [
    'Nova, set a timer for ten minutes.',
    'set_reminder',
    { when: expect.stringMatching(/ten minutes$/) },
  ],
  ['set a timer of an hour and a half', 'set_reminder', { when: 'an hour and a half' }],
  [
    'Remind me in ten minutes to take the tea out.',
    'set_reminder',
    { when: 'in ten minutes', text: 'take the tea out' },
  ],
  [
    'remind me tomorrow at nine about the report',
    'set_reminder',
    { when: 'tomorrow at nine', text: 'the report' },
  ],
  ['What timers do I have?', 'list_reminders', {}],
  ['Cancel the timer.', 'cancel_reminder', {}],
])('the stand-in calls a tool for %j', async (text, name, fields) =>
  expect(await callFor(text)).toEqual([name, fields]),
);

test.each([
  'What time is it?',
  'I play the piano.',
  'She is a skipper.',
  'Who follows me?',
])('the stand-in calls no tool for %j', async (text) =>
  expect(await callFor(text)).toBeUndefined(),
);

test.each([
  [
    { when: 'at six' },
    { result: { outcome: 'You have 20 reminders.' } },
    'You have 20 reminders.',
  ],
  [
    {},
    { result: { reminders: 'number 1, a timer for 18:30' } },
    'number 1, a timer for 18:30',
  ],
  [{}, { result: { waiting: 'Nothing yet.' } }, 'Press Confirm in the chat, please.'],
  [{}, { error: 'There is no such tool.' }, 'There is no such tool.'],
])('it says what came of a call (%j, %j)', async (fields, result, text) => {
  const call = {
    id: 'c1',
    name: 'set_reminder',
    argumentsJson: JSON.stringify(fields),
  };
  const chatParts = await partsOf([
    makeQuestion('set a timer'),
    { role: 'assistant', content: '', calls: [call] },
    { role: 'tool', callId: 'c1', content: JSON.stringify(result) },
  ]);
  expect(
    chatParts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
  ).toBe(text);
});

test('it says what came of a call in the language of the request', async () => {
  const call = { id: 'c1', name: 'set_reminder', argumentsJson: '{}' };
  const chatParts = await partsOf([
    makeQuestion('Stell einen Timer auf zehn Sekunden.'),
    { role: 'assistant', content: '', calls: [call] },
    {
      role: 'tool',
      callId: 'c1',
      content: '{"result":{"outcome":"Timer 1 for 10 seconds is set."}}',
      lines: [{ id: 'reminder.set.seconds', with: { n: 1, seconds: 10 } }],
    },
  ]);
  expect(
    chatParts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
  ).toBe('Timer 1 läuft: 10 Sekunden.');
});
