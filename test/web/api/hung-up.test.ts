import { setImmediate } from 'node:timers/promises';
import { toGuildId } from '#src/base/ids.ts';
import {
  openSessionFixture,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeProgramPorts, openApi } from './api-setup.ts';
import { openCompletions } from './completions-setup.ts';

test('a program that hangs up ends its question at the model, and what was set aside', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([['stall']]);
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(1) } });
  const { talk } = openSessionFixture({ chat, spending: budgets }, undefined, clock);
  const askQuestion = talk.askQuestion.bind(talk);
  await using api = await openApi(makeProgramPorts({ askQuestion, ...places }));
  await api.add('bell', { guildId: toGuildId('g') });
  const program = new AbortController();
  const asking = api.ask('bell', '/v1/servers/g/ask', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"question":"Well?"}',
    signal: program.signal,
  });
  const countRunning = async () => {
    await clock.advance(20);
    return chat.running;
  };
  await expect.poll(countRunning).toBe(1);
  expect(ledger.getReserved(toGuildId('g'))).toBeGreaterThan(0);
  program.abort();
  await asking.catch(() => undefined);
  await expect.poll(countRunning).toBe(0);
  expect([ledger.getReserved(toGuildId('g')), api.bugs]).toEqual([0, []]);
});

const text = { input: 'It is ready.', response_format: 'pcm' };

test.each([
  ['a completion before its first word', 'chat/completions', {}, 0],
  ['a streamed completion', 'chat/completions', { stream: true }, 1],
  [
    'a streamed completion before its first word',
    'chat/completions',
    { stream: true },
    0,
  ],
  ['speech before its first sound', 'audio/speech', text, 0],
  ['speech', 'audio/speech', text, 1],
  ['speech as events', 'audio/speech', { ...text, stream_format: 'sse' }, 1],
])(
  '%s that is hung up is no bug, and nothing of it is written to the console',
  async (_, path, body, afterPieces) => {
    const written = vi.spyOn(console, 'error');
    const chat = new FakeChat([afterPieces > 0 ? ['Yes, ', 'stall'] : ['stall']]);
    const synthesizer = new FakeSynthesizer({
      fault: () => ({ afterPieces, error: 'stall' }),
    });
    await using served = await openCompletions({ chat, synthesizer });
    const program = new AbortController();
    const asking = served.post(path, body, program.signal);
    const read = asking.then((response) => response.body?.getReader().read());
    read.catch(() => undefined);
    await expect.poll(() => chat.running + synthesizer.running).toBe(1);
    if (afterPieces > 0) await read;
    program.abort();
    await expect.poll(() => chat.running + synthesizer.running).toBe(0);
    await asking.catch(() => undefined);
    for (let n = 0; n < 20; n++) await setImmediate();
    expect([served.api.bugs, written.mock.calls]).toEqual([[], []]);
  },
);
