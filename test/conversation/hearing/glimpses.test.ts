import { Glimpses } from '#src/conversation/ear/glimpses.ts';
import type { RoomView } from '#src/ports/room-view.ts';

type Glimpse = PromiseWithResolvers<string | undefined> & {
  readonly signal: AbortSignal;
};

function openGlimpses(isWatched = true) {
  const requests: Glimpse[] = [];
  const words: string[] = [];
  const view: RoomView = {
    isWatched,
    show: () => undefined,
    glimpse(_pcm, _options, signal) {
      const glimpse = { ...Promise.withResolvers<string | undefined>(), signal };
      requests.push(glimpse);
      return glimpse.promise;
    },
  };
  const glimpses = new Glimpses(view, {}, (text) => words.push(text));
  const speakFor = (ms: number) => {
    const samples = new Int16Array(16 * 20).fill(3_000);
    for (let n = 0; n < ms / 20; n++) glimpses.push([{ samples }]);
  };
  const answerGlimpse = async (text?: string) => {
    requests.at(-1)?.resolve(text);
    await vi.waitFor(() => expect(words.at(-1)).toBe(text));
  };
  return { asked: requests, words, glimpses, speak: speakFor, answer: answerGlimpse };
}

test('the words so far are looked at once a second, one glimpse at a time', async () => {
  const { asked, words, speak, answer } = openGlimpses();
  speak(900);
  expect(asked).toHaveLength(0);
  speak(2_000);
  expect(asked).toHaveLength(1);
  await answer('what time');
  speak(1_000);
  expect(asked).toHaveLength(2);
  await answer('what time is it');
  expect(words).toEqual(['what time', 'what time is it']);
});

test('a pause drops the glimpse, whose words come too late', async () => {
  const { asked, words, glimpses, speak } = openGlimpses();
  speak(1_000);
  glimpses.stop();
  expect(asked[0]?.signal.aborted).toBe(true);
  asked[0]?.resolve('late');
  await Promise.resolve();
  expect(words).toEqual([]);
});

test('nothing is looked at while no page is open, after 15 seconds, and after the end', () => {
  const unwatched = openGlimpses(false);
  unwatched.speak(5_000);
  expect(unwatched.asked).toHaveLength(0);
  const long = openGlimpses();
  long.speak(15_000);
  long.glimpses.stop();
  long.speak(5_000);
  expect(long.asked).toHaveLength(1);
  const overrides = openGlimpses();
  overrides.glimpses[Symbol.dispose]();
  overrides.speak(5_000);
  expect(overrides.asked).toHaveLength(0);
});
