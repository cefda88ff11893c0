import type { ChatModel } from '#src/chat/chat-model.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  makePerson,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const answer = 'It is seven in the evening. It rains over the hills.';
/** Time, in ms, in which twenty questions are asked, and four answers heard. */
const untilAnsweredMs = 80_000;

/** People who ask one after the other, `gapMs` apart, and what becomes of it. */
async function askInTurn(count: number, gapMs: number) {
  const clock = new VirtualClock();
  const names = Array.from(
    { length: count },
    (_, n) => `Pam${String.fromCharCode(97 + n)}`,
  );
  const people = names.map((name) => makePerson(name));
  const transcriber = new FakeTranscriber({
    texts: () => 'Nova, what time is it?',
    tookMs: 150,
    clock,
  });
  const chat: ChatModel = {
    async *reply(_messages, _tools, signal) {
      await clock.sleep(300, signal);
      yield { kind: 'text', text: answer };
    },
  };
  const rooms = { transcriber, chat, addressing: 'auto', names: ['Nova'] } as const;
  const fixture = await openRoom(rooms, people, clock);
  const fromMs = clock.nowMs();
  const spoken = await Promise.all(
    people.map((person, n) => sayWords('human-cards-004', person, fromMs + n * gapMs)),
  );
  const packets = spoken.flat();
  while (clock.nowMs() < fromMs + untilAnsweredMs) {
    const nowMs = clock.nowMs();
    const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 100);
    await passTime(fixture, 100, due);
  }
  const answered = fixture.of('answered');
  const spokenWords = fixture.of('words').map(({ text }) => text);
  return {
    names,
    whole: answered.filter(({ text }) => text === answer).map(({ name }) => name),
    cut: answered.filter(({ finish }) => finish !== 'completed'),
    refused: fixture.of('dropped').map(({ name }) => name),
    toldAloud: spokenWords.filter(
      (text, n) =>
        text.startsWith('Not answered') && !spokenWords[n + 1]?.startsWith(text),
    ),
  };
}

test.each([
  [20, 50],
  [20, 1_000],
  [8, 300],
])(
  'of %i people who ask %i ms apart, the first are answered and each other one is told once',
  async (count, gapMs) => {
    const { cut, names, refused, toldAloud, whole } = await askInTurn(count, gapMs);
    expect(whole.slice(0, 4)).toEqual(names.slice(0, 4));
    expect(cut).toEqual([]);
    expect(refused).toEqual([...new Set(refused)]);
    expect([...new Set([...whole, ...refused])].toSorted()).toEqual(names);
    // Of many at once the voice names the first. Who goes on once there is a place is answered.
    const [aloud, unanswered] = [
      toldAloud.join(' '),
      refused.filter((name) => !whole.includes(name)),
    ];
    for (const name of unanswered.slice(0, 3))
      expect(aloud.split(name)).toHaveLength(2);
  },
);

test('the panel names who found no place, but not while that person goes on', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({
    texts: () => 'Nova, what time is it?',
    tookMs: 150,
    clock,
  });
  const chat: ChatModel = {
    async *reply(_messages, _tools, signal) {
      await clock.sleep(60_000, signal);
      yield { kind: 'text', text: answer };
    },
  };
  const people = ['Pama', 'Pamb', 'Pamc', 'Pamd', 'Pame'].map(makePerson);
  const last = people.at(-1) ?? makePerson('nobody');
  const rooms = { transcriber, chat, addressing: 'auto', names: ['Nova'] } as const;
  const fixture = await openRoom(rooms, people, clock);
  const showsUnanswered = () =>
    fixture.panelContents.at(-1)?.lines.some(({ id }) => id === 'panel.lost.late');
  const fromMs = clock.nowMs();
  const spoken = await Promise.all(
    people.map((person, n) => sayWords('human-cards-004', person, fromMs + n * 100)),
  );
  await passTime(fixture, 4_500, spoken.flat());
  expect(fixture.of('dropped').map(({ name }) => name)).toEqual([last.name]);
  expect(showsUnanswered()).toBe(true);
  await passTime(
    fixture,
    2_000,
    await sayWords('human-cards-005', last, clock.nowMs()),
  );
  expect(showsUnanswered()).toBe(false);
});
