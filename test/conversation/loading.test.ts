import { BotError } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { adam, joinLounge, passTime } from './setup/session-fixture.ts';

test('who waits for a model that is still loading is told so, and then gets the answer', async () => {
  const clock = new VirtualClock();
  const loading = { error: new BotError('provider.loading', true, 'It loads.') };
  const rounds: ChatStep[][] = [...Array(8).fill([loading]), ['You said five.']];
  const { chain } = makeChain('chat', [new FakeChat(rounds, clock)], clock);
  const overrides = { chat: createChatChain(chain), pieces: 2 };
  const fixture = await joinLounge(overrides, [adam], clock);
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passTime(fixture, 12_000);
  const lines = fixture.panelContents.map(({ lines }) => lines[1]?.id);
  expect(lines).toContain('fail.loading');
  expect(lines.at(-1)).toBe('panel.listening');
  expect(fixture.synthesizer.texts).toEqual([
    'My model is still loading.',
    'You said five.',
  ]);
});
