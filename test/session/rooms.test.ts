import { expect, test } from 'vitest';
import { loadOpus } from '#src/audio/load-opus.ts';
import { loadSilero } from '#src/audio/silero.ts';
import { BotError } from '#src/base/errors.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { SessionEvent } from '#src/session/events.ts';
import type { Person } from '#src/session/link.ts';
import { VoiceRooms } from '#src/session/rooms.ts';
import { endpointRules } from '#src/turn/endpointing.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeDoor } from '#test/fakes/link.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const lounge = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };
const den = { guildId: 'g', channelId: 'den', name: 'Den' };
const adam: Person = { id: 'adam', name: 'Adam', isBot: false };
const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);

function house(people: readonly Person[] = [adam], failures: readonly unknown[] = []) {
  const clock = new VirtualClock();
  const door = new FakeDoor(people);
  door.failures.push(...failures);
  const synthesizer = new FakeSynthesizer();
  const events: SessionEvent[] = [];
  const rooms = new VoiceRooms({
    clock,
    door,
    scribe: { write: async () => undefined },
    codec,
    weights,
    transcriber: new FakeTranscriber({ texts: [''] }),
    pipeline: chained({ chat: new FakeChat([[]]), synthesizer }),
    synthesizer,
    style: { instructions: '', voice: {} },
    chatName: 'chat',
    consentPolicy: 'ask',
    endpointRules,
    onEvent: (_guildId, event) => void events.push(event),
  });
  return { clock, door, rooms, events };
}

const late = new BotError('link.timeout', true, 'Late.');

test('a second call into the same channel opens no second link', async () => {
  const { door, rooms } = house();
  expect(await rooms.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
  expect(await rooms.join(lounge, 'eva')).toMatchObject({ kind: 'already' });
  expect(door.links).toHaveLength(1);
});

test('calls that come at once are served one after the other', async () => {
  const { door, rooms } = house();
  const joinings = await Promise.all([rooms.join(lounge, 'adam'), rooms.join(lounge, 'eva')]);
  expect(joinings.map(({ kind }) => kind)).toEqual(['joined', 'already']);
  expect(door.links).toHaveLength(1);
});

test('it stays with its company when called elsewhere, and says where it is', async () => {
  const { rooms } = house();
  await rooms.join(lounge, 'adam');
  expect(await rooms.join(den, 'eva')).toEqual({ kind: 'busy', other: 'Lounge', people: 1 });
  expect(rooms.at('g')).toBe(lounge);
});

test('it comes along when nobody keeps it', async () => {
  const { door, rooms } = house([]);
  await rooms.join(lounge, 'adam');
  expect(await rooms.join(den, 'adam')).toMatchObject({ kind: 'joined' });
  expect([door.links.map(({ closed }) => closed), rooms.at('g')]).toEqual([[true, false], den]);
});

test('servers do not know of each other', async () => {
  const { rooms } = house();
  await rooms.join(lounge, 'adam');
  expect(await rooms.join({ ...den, guildId: 'h' }, 'adam')).toMatchObject({ kind: 'joined' });
  expect([rooms.at('g')?.name, rooms.at('h')?.name]).toEqual(['Lounge', 'Den']);
});

test('a voice server that did not answer is tried again by itself', async () => {
  const { clock, door, rooms } = house([adam], [late, late]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'timeout', nextTryMs: 5000 });
  await clock.advance(5000);
  expect(door.links).toHaveLength(0);
  await clock.advance(10_000);
  expect(door.links).toHaveLength(1);
});

test('after three more tries it gives up, and a new call starts afresh', async () => {
  const { clock, door, rooms } = house([adam], [late, late, late, late]);
  await rooms.join(lounge, 'adam');
  await clock.advance(60_000);
  expect([door.links, rooms.at('g')]).toEqual([[], undefined]);
  expect(await rooms.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
});

test('leaving ends the tries', async () => {
  const { clock, door, rooms } = house([adam], [late]);
  await rooms.join(lounge, 'adam');
  expect(await rooms.leave('g')).toMatchObject({ kind: 'left' });
  await clock.advance(60_000);
  expect([door.links, clock.sleeping]).toEqual([[], 0]);
});

test('a new call does not wait for the next try', async () => {
  const { rooms } = house([adam], [late]);
  await rooms.join(lounge, 'adam');
  expect(await rooms.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
});

test('a link that voice cannot stand on fails with its code', async () => {
  const { rooms, events } = house([adam], [new BotError('link.unsupported', false, 'No.')]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'failed', code: 'link.unsupported' });
  expect(events).toMatchObject([{ kind: 'failed', code: 'link.unsupported' }]);
});

test('leaving where it is not says so', async () => {
  expect(await house().rooms.leave('g')).toEqual({ kind: 'nowhere' });
});

test('closing leaves every channel', async () => {
  const { clock, door, rooms } = house();
  await rooms.join(lounge, 'adam');
  await rooms.join({ ...den, guildId: 'h' }, 'adam');
  await rooms[Symbol.asyncDispose]();
  expect(door.links.map(({ closed }) => closed)).toEqual([true, true]);
  expect(clock.sleeping).toBe(0);
});
