import { toRecord } from '#src/base/json.ts';
import {
  openServed,
  type ServedOptions,
} from '#test/conversation/setup/served-session.ts';

const usual: ServedOptions = {
  replies: [{ match: /./, text: 'Ten.' }],
  overProbability: 0.95,
};

test('a Realtime model hears a question while it is spoken, and once', async () => {
  await using served = await openServed('realtime', usual);
  await served.say('capital', undefined, 1_000);
  const [call] = served.providers.talk.calls.filter(({ soundMs }) => soundMs > 0);
  expect(call?.commits).toEqual([]);
  expect(call?.bufferMs).toBeGreaterThan(600);
  await using whole = await openServed('realtime', usual);
  await whole.ask('capital');
  const fed = whole.providers.talk.calls.filter(({ soundMs }) => soundMs > 0);
  expect(fed.flatMap(({ commits }) => commits)).toHaveLength(1);
  expect(fed).toHaveLength(1);
  const updates = fed[0]?.commands.filter(
    ({ session }) => toRecord(session).instructions !== undefined,
  );
  expect(updates).toHaveLength(1);
  expect(whole.shown.at(-1)).toBe('user: Adam: what is the capital of france');
});

test('where words must name the bot, no sound leaves before they did', async () => {
  await using served = await openServed('realtime', { ...usual, addressing: 'name' });
  await served.say('capital');
  await served.settle();
  expect(served.providers.talk.calls.every(({ soundMs }) => soundMs === 0)).toBe(true);
});
