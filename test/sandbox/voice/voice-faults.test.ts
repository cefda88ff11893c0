import { expect, test } from 'vitest';
import { encryptionModes } from '#sandbox/voice/voice-cipher.ts';
import type { VoiceStep } from '#sandbox/voice/voice-ports.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { identify, Raw, select } from './raw-voice.ts';
import {
  ada,
  bob,
  chirp,
  cleo,
  enter,
  guildId,
  heardFrames,
  record,
  settle,
  soon,
  ticketOf,
} from './voice-callers.ts';

/** Two people who hear each other. */
async function pair(options: Parameters<typeof openVoiceServer>[0] = {}) {
  const server = await openVoiceServer(options);
  const one = await enter(server, ada);
  const two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  return {
    server,
    one,
    two,
    async [Symbol.asyncDispose]() {
      for (const open of [one, two, server]) await open[Symbol.asyncDispose]();
    },
  };
}

test('the first offered cipher is taken, and people with either understand each other', async () => {
  for (const mode of encryptionModes) {
    await using call = await pair({ modes: [mode] });
    const heard = record(call.two);
    await call.one.speak(chirp(100, 300), soon());
    await heardFrames(heard, 10);
    expect(heard.frames.filter(({ sealed }) => sealed)).toHaveLength(5);
    const raw = new Raw(call.server);
    call.server.admit(ticketOf(cleo));
    await raw.say(identify(cleo));
    expect((await raw.hear(2)).d).toMatchObject({ modes: [mode] });
    const [other = ''] = encryptionModes.filter((one) => one !== mode);
    await raw.say(select(other));
    expect(await raw.closed).toBe(4016);
  }
});

test('a dead way stops one direction of one person, until it is healed', async () => {
  await using call = await pair();
  const { server, one, two } = call;
  const [heard, back] = [record(two), record(one)];
  server.faults.network(ada, { up: { dead: true } });
  await one.speak(chirp(100, 300), soon());
  await two.speak(chirp(100, 300), soon());
  await heardFrames(back, 10);
  expect(heard.frames).toEqual([]);
  server.faults.heal(ada);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 10);
  expect(heard.frames).toHaveLength(10);
});

test('what is lost, doubled or late on the way to one person is so for nobody else', async () => {
  await using call = await pair();
  const { server, one, two } = call;
  await using three = await enter(server, cleo);
  await settle({ [ada]: one, [bob]: two, [cleo]: three });
  const [worse, whole] = [record(two), record(three)];
  server.faults.network(bob, { down: { loss: 0.4, delayMs: 50, jitterMs: 30 } });
  await one.speak(chirp(400, 300), soon());
  await heardFrames(whole, 25);
  expect(whole.frames).toHaveLength(25);
  expect(worse.frames.length).toBeLessThan(25);
  expect(worse.frames.length).toBeGreaterThan(4);
});

test('somebody who enters over a dead way gets no address, and gets in once it is healed', async () => {
  await using server = await openVoiceServer();
  server.faults.network(ada, { down: { dead: true } });
  const entering = enter(server, ada);
  setTimeout(() => server.faults.heal(ada), 100);
  await using one = await entering;
  await one.settled([], soon());
});

test('requests for an address stay unanswered as often as wanted', async () => {
  await using server = await openVoiceServer();
  server.faults.ignoreDiscovery(ada, 2);
  const startMs = performance.now();
  await using one = await enter(server, ada); // asks every 500 ms
  await one.settled([], soon());
  expect(performance.now() - startMs).toBeGreaterThan(900);
});

test('forged datagrams reach a client, and mean nothing to it', async () => {
  await using call = await pair();
  const { server, one, two } = call;
  const heard = record(two);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 10);
  for (const datagram of ['junk', 'bad tag', Buffer.alloc(40, 0x80)] as const) {
    server.faults.forge(bob, { from: 'server', datagram });
  }
  for (let n = 0; n < 20; n++) server.faults.forge(bob, { from: 'server', datagram: 'short' });
  for (const datagram of ['junk', 'bad tag', 'short'] as const) {
    server.faults.forge(bob, { from: 'stranger', datagram });
  }
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 20);
  expect(heard.frames).toHaveLength(20);
  expect(two.counts().unopened).toBeGreaterThanOrEqual(3);
});

test.each([0, 1] as const)('garbled speech arrives, and no word of it (DAVE %i)', async (dave) => {
  await using call = await pair({ dave });
  const { server, one, two } = call;
  const heard = record(two);
  server.faults.garble(ada, true);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 5);
  const { receivedPackets, stillSealed, undecodable } = two.counts();
  expect({ receivedPackets, broken: stillSealed + undecodable }).toEqual({
    receivedPackets: 10,
    broken: 5,
  });
  server.faults.garble(ada, false);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 15);
  expect(heard.frames.filter(({ audible }) => audible)).toHaveLength(5);
});

test.each<[VoiceStep, object[], number[]]>([
  ['identify', [identify(ada)], [8]],
  ['ready', [identify(ada)], [8, 2]],
  ['select', [identify(ada), select(encryptionModes[0] ?? '')], [8, 2]],
  ['described', [identify(ada), select(encryptionModes[0] ?? '')], [8, 2, 4]],
  ['settled', [identify(ada), select(encryptionModes[0] ?? '')], [8, 2, 4]],
])('a socket can be closed at the step %s, as often as wanted', async (step, frames, reported) => {
  await using server = await openVoiceServer();
  server.faults.closeAt(ada, step, 4011, 2);
  for (const wanted of [4011, 4011, 1000]) {
    server.admit(ticketOf(ada));
    const raw = new Raw(server);
    await raw.say(...frames);
    if (wanted === 1000) {
      await raw.hear(frames.length === 1 ? 2 : 4);
      raw.socket.close(1000);
    }
    expect(await raw.closed).toBe(wanted);
    if (wanted !== 1000) expect(raw.reported.map(({ op }) => op)).toEqual(reported);
  }
});

test.each([1001, 1006, 4015])('after code %i a client resumes its session', async (code) => {
  await using call = await pair();
  const { server, one, two } = call;
  server.faults.close(ada, code);
  await using three = await enter(server, cleo);
  await settle({ [ada]: one, [bob]: two, [cleo]: three });
});

test.each([1000, 4006, 4011, 4021])('code %i ends the call of a simulated client', async (code) => {
  await using call = await pair();
  call.server.faults.close(ada, code);
  await expect(call.one.settled([], soon())).rejects.toThrow(`${code}`);
});

test('a refused resume ends the call', async () => {
  await using call = await pair();
  const { server, one, two } = call;
  server.faults.closeAt(ada, 'resume', 4006);
  server.faults.close(ada, 4015);
  await expect(one.settled([bob, cleo], soon())).rejects.toThrow('4006');
  await two.settled([], soon());
});

test('events come late or never, others overtake them', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, bob);
  server.faults.late(ada, 'ready', 100);
  server.faults.late(ada, 'connect', Number.POSITIVE_INFINITY);
  server.faults.late(ada, 'description', 100);
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(identify(ada));
  const startMs = performance.now();
  const { seq } = await raw.hear(2);
  await raw.say(select(encryptionModes[0] ?? ''));
  await raw.hear(4);
  expect(performance.now() - startMs).toBeGreaterThan(190);
  expect(seq).toBe(1);
  expect(raw.reported.map(({ op }) => op)).toEqual([8, 2, 4]);
  raw.socket.close(1000);
  await one.settled([], soon());
});

test('late changes of keys still settle', async () => {
  await using server = await openVoiceServer();
  server.faults.late(ada, 'dave', 150);
  await using one = await enter(server, ada);
  const startMs = performance.now();
  await using two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  expect(performance.now() - startMs).toBeGreaterThan(145);
});

test('a late name of a voice leaves its first words waiting', async () => {
  await using call = await pair();
  const heard = record(call.two);
  call.server.faults.late(bob, 'speaking', 100);
  await call.one.speak(chirp(200, 300), soon());
  await heardFrames(heard, 15);
  expect(heard.frames).toHaveLength(15);
});

test('behind a closed door a socket gets no word, or no handshake', async () => {
  await using server = await openVoiceServer();
  server.faults.connections('hang');
  const hanging = new Raw(server);
  await hanging.say(identify(ada));
  server.faults.connections('refuse');
  expect(await new Raw(server).closed).toBe(1006);
  server.faults.heal();
  await using one = await enter(server, bob);
  await one.settled([], soon());
  expect(hanging.reported).toEqual([]);
  hanging.socket.terminate();
});

test('a close code that no WebSocket can say is our mistake', async () => {
  await using server = await openVoiceServer();
  expect(() => server.faults.close(ada, 99)).toThrow('99');
  expect(() => server.faults.closeAt(ada, 'ready', 1005)).toThrow('1005');
  server.expel(guildId, ada, 4014);
});
