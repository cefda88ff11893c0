import { beforeAll, expect, test } from 'vitest';
import { loadOpus } from '#src/audio/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { loadSilero, type SileroWeights } from '#src/audio/silero.ts';
import { BotError } from '#src/base/errors.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { SessionEvent } from '#src/session/events.ts';
import type { Person } from '#src/session/link.ts';
import type { SessionParts } from '#src/session/parts.ts';
import { VoiceRooms } from '#src/session/rooms.ts';
import { endpointRules } from '#src/turn/endpointing.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeDoor } from '#test/fakes/link.ts';
import { packetsOf } from '#test/fakes/speaker.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const lounge = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };
const adam: Person = { id: 'adam', name: 'Adam', isBot: false };
const eva: Person = { id: 'eva', name: 'Eva', isBot: false };

let codec: OpusCodec;
let weights: SileroWeights;
beforeAll(async () => {
  [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);
});

type Room = ReturnType<typeof room>;

function room(over: Partial<SessionParts> = {}, people: readonly Person[] = [adam, eva]) {
  const clock = new VirtualClock();
  const door = new FakeDoor(people);
  const chat = new FakeChat([['You said five.']]);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const events: SessionEvent[] = [];
  const written: string[] = [];
  const rooms = new VoiceRooms({
    clock,
    door,
    scribe: { write: async (_channel, words) => void written.push(words) },
    codec,
    weights,
    transcriber: new FakeTranscriber({ texts: ['five five'] }),
    pipeline: chained({ chat, synthesizer }),
    synthesizer,
    style: { instructions: 'Be brief.', voice: {} },
    chatName: 'localhost:1',
    consentPolicy: 'ask',
    endpointRules,
    onEvent: (_guildId, event) => void events.push(event),
    ...over,
  });
  const of = <K extends SessionEvent['kind']>(kind: K) =>
    events.filter((event): event is Extract<SessionEvent, { kind: K }> => event.kind === kind);
  return { clock, door, chat, synthesizer, events, written, rooms, of };
}

/** Lets time pass on the 20 ms grid, with these packets on the way. */
async function pass(
  { clock, door }: Room,
  ms: number,
  packets: readonly Packet[] = [],
): Promise<void> {
  const waiting = packets.toSorted((a, b) => a.atMs - b.atMs);
  for (let passed = 0; passed < ms; passed += 20) {
    await clock.advance(20);
    while (waiting[0] && waiting[0].atMs <= clock.nowMs()) {
      const packet = waiting.shift();
      if (packet) door.link.arrive(packet);
    }
    door.link.tick(clock.nowMs());
  }
}

const words = (fixture: string, who: Person, fromMs: number) =>
  packetsOf(fixture, who.id, fromMs, codec);

test('what somebody says is recognised, answered, and kept as what was heard', async () => {
  const here = room();
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect(here.of('recognised')).toMatchObject([{ name: 'Adam', text: 'five five' }]);
  expect(here.of('answered')).toMatchObject([
    { name: 'Adam', text: 'You said five.', heardText: 'You said five.', finish: 'completed' },
  ]);
  expect(here.door.link.sent).toBe(50);
});

test('the instants of a turn come in the order of the stream', async () => {
  const here = room();
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  const instants = here.of('answered')[0]?.instants;
  const {
    heardAtMs,
    endedAtMs,
    recognisedAtMs,
    firstTokenAtMs,
    firstClauseAtMs,
    firstSpeechAtMs,
    firstSentAtMs,
  } = instants ?? { heardAtMs: 0, endedAtMs: 0 };
  const order = [
    heardAtMs,
    endedAtMs,
    recognisedAtMs,
    firstTokenAtMs,
    firstClauseAtMs,
    firstSpeechAtMs,
    firstSentAtMs,
  ];
  expect(order).not.toContain(undefined);
  expect(order).toEqual(order.toSorted((a = 0, b = 0) => a - b));
});

test('two who speak at once are heard apart and answered one after the other', async () => {
  const here = room();
  await here.rooms.join(lounge, 'adam');
  await here.rooms.join(lounge, 'eva');
  const both = [await words('human-cards-004', adam, 0), await words('human-goforward', eva, 0)];
  await pass(here, 8000, both.flat());
  expect(
    here
      .of('recognised')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['Adam', 'Eva']);
  expect(here.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Eva']);
});

test('who did not call the bot is not heard under the policy ask', async () => {
  const here = room();
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', eva, 0));
  expect(here.of('recognised')).toEqual([]);
});

test('everybody is heard under the policy notice', async () => {
  const here = room({ consentPolicy: 'notice' });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', eva, 0));
  expect(here.of('answered')).toMatchObject([{ name: 'Eva' }]);
});

test('an answer sees what was said and heard before', async () => {
  const here = room();
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  await pass(here, 4000, await words('human-cards-004', adam, here.clock.nowMs()));
  expect(here.chat.asked[1]?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Adam', content: 'five five' },
    { role: 'assistant', content: 'You said five.' },
    { role: 'user', name: 'Adam', content: 'five five' },
  ]);
});

test('leaving falls silent at once and keeps only what was heard', async () => {
  const here = room({ synthesizer: new FakeSynthesizer(), pipeline: slow() });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 2500, await words('human-cards-004', adam, 0));
  const sent = here.door.link.sent;
  expect(sent).toBeGreaterThan(10);
  expect(await here.rooms.leave('g')).toMatchObject({ kind: 'left', channel: 'Lounge' });
  await pass(here, 1000);
  expect(here.door.link.sent).toBe(sent);
  expect(here.door.link.closed).toBe(true);
  expect(here.of('left')).toMatchObject([{ why: 'asked' }]);
});

/** Speaks for a minute. */
function slow(): Pipeline {
  return {
    async *answer() {
      const pcm = { samples: new Int16Array(24_000).fill(1), rateHz: 24_000, channels: 1 } as const;
      for (let second = 0; second < 60; second++) yield { kind: 'audio', pcm, ofText: 'la' };
    },
  };
}

function broken(error: unknown): Pipeline {
  const failing = { next: () => Promise.reject(error) };
  return { answer: () => ({ [Symbol.asyncIterator]: () => failing }) };
}

test('a model that is down is told to the room by voice and to the operator by code', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.', undefined, 'think');
  const here = room({ pipeline: broken(error) });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 5000, await words('human-cards-004', adam, 0));
  expect(here.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.unreachable' }]);
  expect(here.synthesizer.asked.map(({ text }) => text)).toEqual([
    "I can't think right now: localhost:1 is not answering.",
  ]);
  expect(here.door.link.sent).toBeGreaterThan(0);
});

test('a voice that is out writes its answer', async () => {
  const error = new BotError('provider.late', true, 'Late.', undefined, 'speak');
  const mute: Pipeline = {
    async *answer() {
      yield { kind: 'text', text: 'It is five.' };
      throw error;
    },
  };
  const here = room({ pipeline: mute });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect(here.written).toEqual(["My voice is out, so I'm writing: It is five."]);
});

test('words that could not be recognised are asked for again', async () => {
  const error = new BotError('provider.refused', false, 'No.');
  const here = room({ transcriber: new FakeTranscriber({ texts: [''], error }) });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 5000, await words('human-cards-004', adam, 0));
  expect(here.synthesizer.asked.map(({ text }) => text)).toEqual([
    "I couldn't make that out, please repeat.",
  ]);
});

test('a sound without words is not answered', async () => {
  const here = room({ transcriber: new FakeTranscriber({ texts: [' '] }) });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect([here.chat.asked, here.of('answered'), here.door.link.sent]).toEqual([[], [], 0]);
});

test('a bug ends one session loudly, and the session is rebuilt once', async () => {
  const here = room({ pipeline: broken(new TypeError('oops')) });
  await here.rooms.join(lounge, 'adam');
  await pass(here, 3000, await words('human-cards-004', adam, 0));
  expect(here.of('failed')).toMatchObject([{ stage: 'bug', code: 'bug' }]);
  expect(here.door.links.map(({ closed }) => closed)).toEqual([true, false]);
  await pass(here, 3000, await words('human-cards-004', adam, here.clock.nowMs()));
  expect(here.of('left')).toMatchObject([{ why: 'lost' }]);
  expect(here.rooms.at('g')).toBeUndefined();
});

test('a lost link ends the stay and says why', async () => {
  const here = room();
  await here.rooms.join(lounge, 'adam');
  here.door.link.lose();
  await pass(here, 100);
  expect(here.of('failed')).toMatchObject([{ stage: 'link', code: 'link.lost' }]);
  expect(here.rooms.at('g')).toBeUndefined();
});

test('after a minute without company it leaves', async () => {
  const here = room({}, [{ id: 'other', name: 'Other bot', isBot: true }]);
  await here.rooms.join(lounge, 'adam');
  await pass(here, 59_000);
  expect(here.of('left')).toEqual([]);
  await pass(here, 1500);
  expect(here.of('left')).toMatchObject([{ why: 'alone' }]);
});
