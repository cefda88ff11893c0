import type { GlimpseOptions, RoomView } from '#src/ports/room-view.ts';
import {
  adam,
  hearSpeech,
  joinLounge,
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
