import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { messagesOf } from '#src/conversation/answering/begin-answer.ts';
import { tools } from '#src/features/features.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, toolCall } from '#test/fakes/chat.ts';

const speech = 'human-goforward';
const check = () => toolCall('find_in_captions', { question: 'What about five?', about: 'all' });

/** Adam has said "five five" while captions were on, and asks about it; the model does these things in turn. */
async function asked(rounds: readonly (readonly ChatStep[])[], { asker = adam } = {}) {
  const parts = { rounds, pieces: 2, tools, addressing: 'off' } as const;
  const fixture = openSessionFixture(parts, [adam]);
  const { chat, clock } = fixture;
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  await pass(fixture, 4_000, await words(speech, adam, clock.nowMs()));
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 500);
  void fixture.talk.ask('g', 'What about five?', asker, 'voice');
  await pass(fixture, 6_000);
  return { fixture, chat, answered: fixture.of('answered').at(-1) };
}

test('what was said is quoted by the bot itself, and nothing that the model says follows it', async () => {
  const { fixture, chat, answered } = await asked([[check()], ['[1]'], ['Adam says you owe him.']]);
  expect(answered).toMatchObject({
    finish: 'completed',
    heardText: expect.stringMatching(/^Adam, \d\d:\d\d: five five$/),
  });
  expect(chat.asked).toHaveLength(2);
  expect(fixture.of('tool')).toMatchObject([{ tool: 'find_in_captions', how: 'ran' }]);
  const talk = fixture.sessions.session('g')?.loop;
  const kept = talk && messagesOf(talk.state.history.exchanges);
  expect(kept?.at(-1)).toMatchObject({ role: 'assistant', content: answered?.heardText });
});

test('where no line is chosen the transcript does not say it, whatever the model would', async () => {
  const { answered } = await asked([[check()], ['[0]'], ['Adam said seven.']]);
  expect(answered?.heardText).toBe('I found nothing about that in what you may read.');
});

test('a person who came later hears what was said before, and a program nothing', async () => {
  const { answered } = await asked([[check()], ['[1]']], { asker: eva });
  expect(answered?.heardText).toMatch(/^Adam, \d\d:\d\d: five five$/);
  const program = { ...adam, id: 'token:radio', name: 'radio' };
  const { answered: told, chat } = await asked([[check()], ['[1]']], { asker: program });
  expect(told?.heardText).toBe('I found nothing about that in what you may read.');
  expect(chat.asked).toHaveLength(1);
});

test('lines that no model chose are not said aloud', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.');
  const { answered } = await asked([[check()], [{ error }]]);
  expect(answered?.heardText).toMatch(/^I can't think right now: /);
});
