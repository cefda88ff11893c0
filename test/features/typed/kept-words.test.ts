import { KeptWords } from '#src/features/typed/program-answers.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const minuteMs = 60_000;

function openWords() {
  const clock = new VirtualClock();
  const kept = new KeptWords(clock);
  const made: string[] = [];
  const makeWords = (key: string) =>
    kept.getOrMake(key, async () => {
      made.push(key);
      return `words of ${key}`;
    });
  return { clock, kept, made, words: makeWords };
}

test('words are made once, and again 15 minutes after their last use', async () => {
  const { clock, made, words } = openWords();
  for (const waitMs of [0, 14 * minuteMs, 14 * minuteMs]) {
    await clock.advance(waitMs);
    expect(await words('a')).toBe('words of a');
  }
  expect(made).toEqual(['a']);
  await clock.advance(15 * minuteMs);
  await words('a');
  expect(made).toEqual(['a', 'a']);
});

test('of more than 1,000 texts the one unused for longest goes', async () => {
  const { made, words } = openWords();
  for (let n = 0; n < 1_000; n++) await words(`sound ${n}.`);
  await words('sound 0.');
  await words('one more');
  made.splice(0);
  for (const key of ['sound 0.', 'sound 2.', 'sound 1.']) await words(key);
  expect(made).toEqual(['sound 1.']);
});

test('a failure is told to whoever had the words made, and whoever waited for them makes them', async () => {
  const { kept, made, words } = openWords();
  const failing = Promise.withResolvers<string>();
  const first = kept.getOrMake('a', () => failing.promise);
  const second = words('a');
  expect(made).toEqual([]);
  failing.reject(new Error('hung up'));
  await expect(first).rejects.toThrow('hung up');
  expect([await second, made]).toEqual(['words of a', ['a']]);
});

test('forgotten words are gone, also where an answer with them is still being made', async () => {
  const { kept, made, words } = openWords();
  await words('g cat 1 a');
  const slow = Promise.withResolvers<string>();
  const making = kept.getOrMake('g cat 1 b', () => slow.promise);
  await words('h dog 1 a');
  kept.forget('g ');
  slow.resolve('late');
  expect(await making).toBe('late');
  expect(['g cat 1 a', 'g cat 1 b'].map((key) => kept.find(key))).toEqual([
    undefined,
    undefined,
  ]);
  await words('h dog 1 a');
  expect(made).toEqual(['g cat 1 a', 'h dog 1 a']);
});

test('words that one model heard stay beside those of a model with a shorter name', async () => {
  const { made, words } = openWords();
  await words('g cat 1 sound whisper-1');
  await words('g cat 1 sound whisper');
  await words('g cat 1 sound whisper-1');
  expect(made).toEqual(['g cat 1 sound whisper-1', 'g cat 1 sound whisper']);
});
