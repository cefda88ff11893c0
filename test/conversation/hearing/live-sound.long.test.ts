import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  openServed,
  type ServedOptions,
  type ServedSession,
} from '#test/conversation/setup/served-session.ts';
import {
  adam,
  eva,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';

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
async function isHeardEarly(served: ServedSession, bytesBefore = 0) {
  await served.say('capital', undefined, 1_000);
  const { requests, talk } = served.providers;
  const isFed = talk.calls.some(({ soundMs }) => soundMs > 0);
  return (
    isFed || requests.slice(bytesBefore).some(({ endpoint }) => endpoint === 'chat')
  );
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

const talkMs = 130_000;

test.each([[100], [150], [600]])(
  'who talks for two minutes without a pause is answered after them, not in between, with words after %i ms',
  async (tookMs) => {
    const clock = new VirtualClock();
    const transcriber = new FakeTranscriber({
      texts: () => 'and so it went on',
      tookMs,
      clock,
    });
    const chat: ChatModel = {
      async *reply(_messages, _tools, signal) {
        await clock.sleep(250, signal);
        yield { kind: 'text', text: 'I see.' };
      },
    };
    const fixture = await openRoom({ transcriber, chat }, [adam], clock);
    // The clip without the silence around it, again and again.
    const voiced = (await sayWords('human-librivox-0930', adam, 0)).slice(5, -30);
    const fromMs = clock.nowMs();
    const packets = Array.from({ length: talkMs / 20 }, (_, n) => ({
      ...(voiced[n % voiced.length] as (typeof voiced)[number]),
      sequence: n & 0xffff,
      timestamp: n * 960,
      atMs: fromMs + n * 20,
    }));
    const { link } = fixture.linkOpener;
    const sentBefore = link.sent;
    await passTime(fixture, talkMs, packets);
    expect(link.sent).toBe(sentBefore);
    await passTime(fixture, 10_000);
    expect(fixture.of('answered').map(({ finish }) => finish)).toEqual(['completed']);
  },
);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Two minutes of speech are decoded. */
const timeout = 60_000;

/** Understands the same each time, and keeps nothing of what it heard. */
const transcriber: Transcriber = {
  async *transcribe() {
    yield { kind: 'final', transcript: { text: 'five five' } };
  },
};

async function callBot(people: readonly ChannelMember[]) {
  const byName = {
    addressing: 'name',
    names: ['Nova'],
    consent: { policy: 'notice' },
  } as const;
  const fixture = await joinLounge({ ...byName, transcriber }, people);
  await passTime(fixture, 5_000);
  return fixture;
}

/** Bytes of sound and other buffers that are still reachable. */
async function heldBytes() {
  for (let round = 0; round < 2; round++) {
    await waitUntilSettled();
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}

test('of somebody who never pauses only the last words are kept in memory', {
  timeout,
}, async () => {
  const fixture = await callBot([adam, eva]);
  const bytesBefore = await heldBytes();
  for (let said = 0; said < 12; said++) {
    const packets = await sayWords('human-goforward', adam, fixture.clock.nowMs());
    await passTime(fixture, packets.length * 20 + 100, packets);
  }
  expect((await heldBytes()) - bytesBefore).toBeLessThan(1_200_000); // 12 utterances are 3 MB
});
