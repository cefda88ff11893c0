import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  makePerson,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';

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
