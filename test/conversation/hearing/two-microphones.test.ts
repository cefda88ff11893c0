import type { ChatModel } from '#src/chat/chat-model.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  eva,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Adam asks beside Eva, whose microphone hears him too, `farDb` louder and `lateMs` later. */
async function askBesideEva(
  farDb: number,
  lateMs: number,
  farWords = 'nova what time is that',
) {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({
    texts: ({ samples }) =>
      samples.some((sample) => Math.abs(sample) > 10_000)
        ? 'Nova, what time is it?'
        : farWords,
    tookMs: 150,
    clock,
  });
  const questions: string[] = [];
  const chat: ChatModel = {
    async *reply(messages, _tools, signal) {
      questions.push(messages.at(-1)?.content ?? '');
      await clock.sleep(300, signal);
      yield { kind: 'text', text: 'It is seven in the evening.' };
    },
  };
  const rooms = { transcriber, chat, addressing: 'auto', names: ['Nova'] } as const;
  const fixture = await openRoom(rooms, [adam, eva], clock);
  const fromMs = clock.nowMs();
  const near = await sayWords('human-cards-004', adam, fromMs);
  const far = await sayWords('human-cards-004', eva, fromMs + lateMs, farDb);
  await passTime(fixture, 12_000, [...near, ...far]);
  return {
    answered: fixture.of('answered').map(({ name }) => name),
    ignored: fixture.of('ignored').map(({ name, why }) => `${name}: ${why}`),
    questions,
  };
}

test('a question that the microphone of a neighbour hears too is answered once', async () => {
  const { answered, ignored } = await askBesideEva(-14, 20);
  expect(answered).toEqual(['Adam']);
  expect(new Set(ignored)).toEqual(new Set(['Eva: same-voice']));
});

test('friends who ask the same at once are both answered', async () => {
  const { answered } = await askBesideEva(0, 20);
  expect(answered.toSorted()).toEqual(['Adam', 'Eva']);
});

test('a soft voice that asks something else at the same time is answered', async () => {
  const { answered } = await askBesideEva(-14, 20, 'nova play some music');
  expect(answered.toSorted()).toEqual(['Adam', 'Eva']);
});

test('a soft voice that repeats a question later is answered', async () => {
  const { answered } = await askBesideEva(-14, 1_500);
  expect(answered.toSorted()).toEqual(['Adam', 'Eva']);
});
