import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  den,
  lounge,
  makePerson,
  openSessionFixture,
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

/** 26 people, of whom the bot hears 25 at once. */
const [last, first, ...others] = Array.from({ length: 26 }, (_, n) =>
  makePerson(`Pam${String.fromCharCode(97 + n)}`),
);
/** 3.6 s of speech, and 1.6 s. */
const [longSpeech, shortSpeech] = ['human-cards-005', 'human-cards-004'] as const;

test('the 26th person who speaks at once reads once that 25 are heard, and is heard as soon as one of them has finished', async () => {
  if (!first || !last) throw new Error('There are 26 people.');
  const room = await openRoom({}, [last, first, ...others]);
  const fromMs = room.clock.nowMs();
  const spoken = await Promise.all([
    ...others.map((person) => sayWords(longSpeech, person, fromMs)),
    sayWords(shortSpeech, first, fromMs),
    sayWords(shortSpeech, last, fromMs + 300),
    // The first person has finished by now, and all others still speak.
    sayWords(shortSpeech, last, fromMs + 3_200),
  ]);
  await passTime(room, 3_200, spoken.flat());
  expect(room.of('recognised').map(({ name }) => name)).toEqual([first.name]);
  await passTime(
    room,
    3_800,
    spoken.flat().filter(({ atMs }) => atMs > room.clock.nowMs()),
  );
  expect(room.of('recognised').map(({ name }) => name)).toContain(last.name);
  expect(room.notified.flat()).toEqual([
    {
      personId: last.id,
      text: 'I hear 25 people at once, and 25 speak now. Say it again when somebody has finished.',
    },
  ]);
});

/** A channel of another server. */
const cellar: ChannelRef = {
  guildId: toGuildId('h'),
  channelId: toChannelId('cellar'),
  name: 'Cellar',
};

test('a process that is late joins no further channel, says so, and serves those that it has', async () => {
  let isOverloaded = true;
  const fixture = openSessionFixture({ isOverloaded: () => isOverloaded }, [adam]);
  const { sessions } = fixture;
  // Without a channel nothing is served that could stutter.
  expect(await sessions.join(lounge, adam.id)).toMatchObject({ kind: 'joined' });
  await passTime(fixture, 200);
  expect(await sessions.join(cellar, adam.id)).toEqual({ kind: 'overloaded' });
  expect(await sessions.enterUncalled(cellar)).toBeUndefined();
  expect(sessions.at(cellar.guildId)).toBeUndefined();
  // Another channel of the same server takes the place of the former one.
  fixture.linkOpener.people.splice(0);
  await sessions.leave(lounge.guildId);
  expect(await sessions.join(den, adam.id)).toMatchObject({ kind: 'joined' });
  isOverloaded = false;
  expect(await sessions.join(cellar, adam.id)).toMatchObject({ kind: 'joined' });
});
