import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const mention = (who: { readonly id: string }, text: string) => [{ personId: who.id, text }];

/** Adam, who chose written answers, and Eva; the model answers so in turn. */
async function open(rounds: readonly (readonly ChatStep[])[], people = [adam, eva]) {
  const clock = new VirtualClock();
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer();
  const transcriber = new FakeTranscriber({ texts: ['what is the weather in Lima'] });
  const pipeline = chained({ chat, synthesizer });
  const options = {
    chat,
    pipeline,
    synthesizer,
    transcriber,
    consent: { policy: 'notice' },
  } as const;
  const fixture = openSessionFixture(options, people, clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 11_000);
  const spoken = synthesizer.asked.length;
  return {
    ...fixture,
    chat,
    spokenSince: () => synthesizer.asked.slice(spoken).map(({ text }) => text),
  };
}

async function says(fixture: SessionFixture, who = adam, ms = 6_000): Promise<void> {
  await pass(fixture, ms, await words('human-goforward', who, fixture.clock.nowMs()));
}

test('who chose written answers reads them with a mention, nothing is spoken, and the next request carries them', async () => {
  await using stack = new AsyncDisposableStack();
  const fixture = await open([['It rains in Lima.'], ['Take a coat.']]);
  stack.use(fixture.sessions);
  await fixture.peopleSettings.change('g', 'adam', { answers: 'written' });
  await says(fixture);
  await says(fixture);
  expect(fixture.notified).toEqual([
    mention(adam, 'It rains in Lima.'),
    mention(adam, 'Take a coat.'),
  ]);
  expect(fixture.written).toEqual([]);
  expect(fixture.spokenSince()).toEqual([]);
  expect(fixture.of('answered').map(({ finish, heardText }) => [finish, heardText])).toEqual([
    ['completed', ''],
    ['completed', ''],
  ]);
  expect(fixture.chat.asked.at(-1)?.messages.map(({ content }) => content)).toContain(
    'It rains in Lima.',
  );
});

test('others in the channel are answered aloud all the same', async () => {
  await using stack = new AsyncDisposableStack();
  const fixture = await open([['It rains in Lima.']]);
  stack.use(fixture.sessions);
  await fixture.peopleSettings.change('g', 'adam', { answers: 'written' });
  await says(fixture, eva);
  expect(fixture.notified).toEqual([]);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Eva', heardText: 'It rains in Lima.' }]);
});

test('whoever is deafened hears nothing, so their answer is written to them as well', async () => {
  await using stack = new AsyncDisposableStack();
  const fixture = await open([['It rains in Lima.']], [{ ...adam, isDeaf: true }, eva]);
  stack.use(fixture.sessions);
  await says(fixture);
  expect(fixture.notified).toEqual([mention(adam, 'It rains in Lima.')]);
  expect(fixture.of('answered')).toMatchObject([{ heardText: 'It rains in Lima.' }]);
});

test('what was said in the channel is part of an answer that stands in its chat', async () => {
  await using stack = new AsyncDisposableStack();
  const fixture = await open([['The code is 4711.'], ['It rains in Lima.']]);
  stack.use(fixture.sessions);
  await says(fixture, eva);
  await fixture.peopleSettings.change('g', 'adam', { answers: 'written' });
  await says(fixture);
  expect(fixture.chat.asked).toHaveLength(2);
  expect(JSON.stringify(fixture.chat.asked.at(-1)?.messages)).toContain('4711');
});

test('who chose written answers reads each time why there is none', async () => {
  await using stack = new AsyncDisposableStack();
  const down = new BotError('provider.unreachable', true, 'The chat server is away.');
  const fixture = await open([[{ error: down }]]);
  stack.use(fixture.sessions);
  await fixture.peopleSettings.change('g', 'adam', { answers: 'written' });
  await says(fixture);
  await says(fixture);
  const failed = mention(adam, expect.stringContaining('localhost:1') as never);
  expect(fixture.notified).toEqual([failed, failed]);
  expect(fixture.spokenSince()).toEqual([]);
});
