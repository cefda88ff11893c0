import { BotError } from '#src/base/errors.ts';
import { toChatMessages } from '#src/conversation/answering/answer-request.ts';
import { tools } from '#src/features/features.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, makeToolCall } from '#test/fakes/fake-chat.ts';

const speech = 'human-goforward';
const check = () =>
  makeToolCall('find_in_captions', { question: 'What about five?', about: 'all' });

/** Adam has said "five five" while captions were on, and asks about it; the model does these things in turn. */
async function asked(rounds: readonly (readonly ChatStep[])[], { asker = adam } = {}) {
  const parts = { rounds, pieces: 2, tools, addressing: 'off' } as const;
  const fixture = await joinLounge(parts, [adam]);
  await fixture.privacy.allow('g', 'eva');
  await passTime(fixture, 100);
  const turning = fixture.captions.turnOn('g', {});
  await passTime(fixture, 4_000);
  await turning;
  await hearSpeech(fixture, 4_000, speech);
  fixture.linkOpener.link.present.push(eva);
  await passTime(fixture, 500);
  void fixture.talk.askQuestion('g', 'What about five?', asker, 'voice');
  await passTime(fixture, 6_000);
  return { fixture, chat: fixture.chat, answered: fixture.of('answered').at(-1) };
}

test('the bot itself quotes the transcript, and no words of the model follow the quote', async () => {
  const { fixture, chat, answered } = await asked([
    [check()],
    ['[1]'],
    ['Adam says you owe him.'],
  ]);
  expect(answered).toMatchObject({
    finish: 'completed',
    heardText: expect.stringMatching(/^Adam, \d\d:\d\d: five five$/),
  });
  expect(chat.asked).toHaveLength(2);
  expect(fixture.of('tool')).toMatchObject([{ tool: 'find_in_captions', how: 'ran' }]);
  const talk = fixture.sessions.findSession('g')?.loop;
  const kept = talk && toChatMessages(talk.state.history.exchanges);
  expect(kept?.at(-1)).toMatchObject({
    role: 'assistant',
    content: answered?.heardText,
  });
});

test('if the model chooses no line, the bot says that the transcript does not hold it', async () => {
  const { answered } = await asked([[check()], ['[0]'], ['Adam said seven.']]);
  expect(answered?.heardText).toBe('I found nothing about that in what you may read.');
});

test('a person who came later hears what was said before, and a program nothing', async () => {
  const { answered } = await asked([[check()], ['[1]']], { asker: eva });
  expect(answered?.heardText).toMatch(/^Adam, \d\d:\d\d: five five$/);
  const program = { ...adam, id: 'token:radio', name: 'radio' };
  const { answered: told, chat } = await asked([[check()], ['[1]']], {
    asker: program,
  });
  expect(told?.heardText).toBe('I found nothing about that in what you may read.');
  expect(chat.asked).toHaveLength(1);
});

test('lines that no model chose are not said aloud', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.');
  const { answered } = await asked([[check()], [{ error }]]);
  expect(answered?.heardText).toMatch(/^I can't think right now: /);
});
