import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import {
  openServed,
  type ServedOptions,
  type ServedSession,
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

/** Lets Adam speak, and gets whether a model heard any of it meanwhile. */
async function isHeardEarly(served: ServedSession, before = 0) {
  await served.say('capital', undefined, 1_000);
  const { requests, talk } = served.providers;
  const isFed = talk.calls.some(({ soundMs }) => soundMs > 0);
  return isFed || requests.slice(before).some(({ endpoint }) => endpoint === 'chat');
}

test.each(['realtime', 'audio-model'] as const)(
  '%s hears nobody while they speak whose words must name the bot, who reads answers, or for whom nothing is left',
  async (name) => {
    await using named = await openServed(name, { ...usual, addressing: 'name' });
    expect(await isHeardEarly(named)).toBe(false);
    await using reader = await openServed(name, usual);
    const { peopleSettings } = reader.fixture;
    await peopleSettings.changeSettings(toGuildId('g'), toPersonId('adam'), {
      answers: 'written',
    });
    expect(await isHeardEarly(reader)).toBe(false);
    await using spent = await openServed(name, usual);
    using _ = vi.spyOn(spent.spending, 'open').mockReturnValue({
      kind: 'refused',
      cap: 'person',
      line: { id: 'budget.rest.person' },
      isNews: () => false,
    });
    expect(await isHeardEarly(spent)).toBe(false);
    await using listener = await openServed(name, usual);
    expect(await isHeardEarly(listener)).toBe(true);
  },
);

test('an audio model gets a question while it is spoken, in one request', async () => {
  await using served = await openServed('audio-model', usual);
  await served.say('capital', undefined, 1_000);
  const begun = served.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  expect(begun.map(({ bodyAtMs }) => bodyAtMs)).toEqual([undefined]);
  await using whole = await openServed('audio-model', usual);
  await whole.ask('capital');
  const requests = whole.providers.requests.filter(
    ({ endpoint }) => endpoint === 'chat',
  );
  expect(requests.map(({ leftAtMs }) => leftAtMs)).toEqual([undefined]);
  expect(whole.shown.at(-1)).toBe('user: Adam: what is the capital of france');
});

test('an audio model that rests after a failure gets nothing while people speak', async () => {
  await using served = await openServed('audio-model', usual);
  served.providers.set({ trouble: { chat: 'bad-key' } });
  await served.ask('capital');
  await served.pass(8_000); // The failure is told.
  const { length } = served.providers.requests;
  expect(await isHeardEarly(served, length)).toBe(false);
});
