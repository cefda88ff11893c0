import { expect, test } from 'vitest';
import type { ChatMessage, ChatPart } from '#src/chat/ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';

const signal = new AbortController().signal;
const tools = ['set_reminder', 'list_reminders', 'cancel_reminder'].map((name) => {
  return { name, description: '', parameters: {} };
});

async function partsOf(messages: readonly ChatMessage[], offered = tools): Promise<ChatPart[]> {
  const standIn = openStandIn({
    wallMs: () => Date.UTC(2026, 10, 20, 16, 25),
    timeZone: 'UTC',
    random: () => 0,
    botName: 'Nova',
  });
  return await Array.fromAsync(standIn.reply(messages, offered, signal));
}

const said = (content: string): ChatMessage => ({ role: 'user', name: 'Adam', content });

async function callFor(words: string): Promise<unknown> {
  const [part] = await partsOf([said(words)]);
  return part?.kind === 'tool' ? [part.call.name, JSON.parse(part.call.argumentsJson)] : undefined;
}

test.each([
  ['Nova, set a timer for ten minutes.', { when: 'for 10 minutes' }],
  ['Start a 10 minute timer, please.', { when: '10 minute' }],
  ['set a timer of an hour and a half', { when: 'an hour and a half' }],
  [
    'Remind me in ten minutes to take the tea out.',
    { when: 'in ten minutes', text: 'take the tea out' },
  ],
  ['Remind me to call Ben at half past six.', { when: 'at half past six', text: 'call ben' }],
  ['remind me tomorrow at nine about the report', { when: 'tomorrow at nine', text: 'the report' }],
  ['Remind me that the cake is done in an hour', { when: 'in an hour', text: 'the cake is done' }],
  ['remind me in five minutes', { when: 'in five minutes' }],
])('"%s" sets one without a model', async (words, given) => {
  const [name, call] = (await callFor(words)) as [string, { when: string }];
  expect(name).toBe('set_reminder');
  if (words.includes('for ten')) expect(call.when).toMatch(/ten minutes$/);
  else if (words.includes('10 minute')) expect(call.when).toMatch(/10 minute$/);
  else expect(call).toEqual(given);
});

test('reminders are listed, and cancelled by their number or as the only one', async () => {
  expect(await callFor('What timers do I have?')).toEqual(['list_reminders', {}]);
  expect(await callFor('list my reminders')).toEqual(['list_reminders', {}]);
  expect(await callFor('Cancel the timer.')).toEqual(['cancel_reminder', {}]);
  expect(await callFor('delete reminder number two')).toEqual(['cancel_reminder', { number: 2 }]);
  expect(await callFor('cancel timer 3')).toEqual(['cancel_reminder', { number: 3 }]);
});

test.each([
  [{ when: 'at six' }, { result: { outcome: 'You have 20 reminders.' } }, 'You have 20 reminders.'],
  [
    {},
    { result: { reminders: 'number 1, a timer for 18:30' } },
    'You have these: number 1, a timer for 18:30.',
  ],
  [{}, { result: { waiting: 'Nothing yet.' } }, 'Press Confirm in the chat, please.'],
  [{}, { error: 'There is no such tool.' }, 'There is no such tool.'],
])('it says what came of a call (%j, %j)', async (given, result, words) => {
  const call = { id: 'c1', name: 'set_reminder', argumentsJson: JSON.stringify(given) };
  const parts = await partsOf([
    said('set a timer'),
    { role: 'assistant', content: '', calls: [call] },
    { role: 'tool', callId: 'c1', content: JSON.stringify(result) },
  ]);
  expect(parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')).toBe(words);
});
