import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Glimpses } from '#src/conversation/ear/glimpses.ts';
import type { GlimpseOptions, RoomView } from '#src/ports/room-view.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** A page that hears "five" so far, and is open or not. */
function openView(isWatched: boolean) {
  const glimpses: GlimpseOptions[] = [];
  const view: RoomView = {
    isWatched,
    show: () => undefined,
    async glimpse(_pcm, options) {
      glimpses.push(options);
      return `five ${glimpses.length}`;
    },
  };
  return { asked: glimpses, view };
}

/** Words that a page shows while somebody speaks, and at the end. */
function listShown({ of }: SessionFixture) {
  return of('words').flatMap(({ isWhole, name, text }) =>
    isWhole || name !== adam.name ? [] : [text],
  );
}

/** What is paid for one question of two seconds, with a page that is open or not. */
async function hearQuestion(isWatched: boolean) {
  const { asked, view } = openView(isWatched);
  const ears = new FakeTranscriber({ texts: ['five five'] });
  const clock = new VirtualClock();
  const { budgets: spending, paid } = openBudgets(clock);
  const overrides = { transcriber: ears, roomView: view, spending };
  const fixture = await joinLounge(overrides, [adam], clock);
  await hearSpeech(fixture, 6_000);
  return { asked, fixture, requests: ears.heard.length, paid };
}

test('an open page shows the words so far between those of pauses, and takes them away once they are said', async () => {
  const { asked, fixture } = await hearQuestion(true);
  expect(asked.length).toBeGreaterThan(0);
  // Of a first pause, while Adam speaks on, of the last pause, and none once the line is whole.
  expect(listShown(fixture)).toEqual(['five five', 'five 1', 'five five', '']);
  expect(asked[0]).toMatchObject({ language: { kind: 'likely' } });
  expect(asked[0]?.hints).toContain('Adam');
});

test('words so far are asked of nobody who is paid: as many requests, and the same bill, as without a page', async () => {
  const open = await hearQuestion(true);
  const closed = await hearQuestion(false);
  expect(closed.asked).toEqual([]);
  expect(listShown(closed.fixture)).toEqual([]);
  expect(open.requests).toBe(closed.requests);
  expect(open.paid).toEqual(closed.paid);
  expect(open.paid.length).toBeGreaterThan(0);
});

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

/** Notes what it is told to expect. */
function collectHints(texts: readonly string[]) {
  const reported: (readonly string[])[] = [];
  const fake = new FakeTranscriber({ texts });
  const transcriber: Transcriber = {
    transcribe(pcm, signal, options) {
      reported.push(options?.hints ?? []);
      return fake.transcribe(pcm, signal);
    },
  };
  return { reported, transcriber };
}

const hostile = { ...eva, id: toPersonId('mallory'), name: '<b>\r\nMallory</b>' };

test('the recogniser expects the names of the bot, and of those present who agreed', async () => {
  const { reported, transcriber } = collectHints(['what time is it']);
  const overrides = { transcriber, names: ['Computer'] };
  const fixture = await joinLounge(overrides, [adam, eva, hostile]);
  await passTime(fixture, 11_000);
  await hearSpeech(fixture, 6_000);
  expect(reported.at(-1)).toEqual(expect.arrayContaining(['Computer', 'Adam']));
  expect(reported.at(-1)?.join()).not.toMatch(/Eva|Mallory/);
  await fixture.privacy.allow(toGuildId('g'), toPersonId('mallory'));
  await hearSpeech(fixture, 6_000);
  expect(reported.at(-1)?.at(-1)).toMatch(/^[^<>\r\n]*Mallory[^<>\r\n]*$/);
});
