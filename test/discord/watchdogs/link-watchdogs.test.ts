import '#src/discord/library/sodium.ts';
import { EventEmitter } from 'node:events';
import { type Networking, NetworkingStatusCode, type VoiceConnection } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { discoveryRequest } from '#src/discord/link/discovery.ts';
import { RejoinLimit } from '#src/discord/link/voice-link-opener.ts';
import { type LinkAlert, LinkAlerts } from '#src/discord/watchdogs/link-alerts.ts';
import { LinkWatchdogs } from '#src/discord/watchdogs/link-watchdogs.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const ssrc = 7;

/** A server's answer to a request for IP discovery. */
function answer(port: number): Buffer {
  const datagram = discoveryRequest(ssrc);
  datagram.writeUInt16BE(2, 0);
  datagram.write('127.0.0.1', 8);
  datagram.writeUInt16BE(port, 72);
  return datagram;
}

/** A ready connection with one other person, as far as the watchdogs look at it. */
function open() {
  const timing = new SteppedTiming();
  const output = { isBusy: false, counts: { sent: 0 } };
  const call = { settled: true, others: 1, port: 5 as number | undefined, output };
  const packets = new Map<string, number>();
  const log = { resets: [] as number[], ended: [] as unknown[], requests: 0, cuts: 0 };
  const reported: LinkAlert[] = [];
  const udp = Object.assign(new EventEmitter(), {
    send() {
      log.requests++;
      if (call.port !== undefined) udp.emit('message', answer(call.port));
    },
  });
  const socket = { terminate: () => void log.cuts++ };
  const ws = Object.assign(new EventEmitter(), { ws: socket });
  const connectedClients = new Set(['ann']);
  const members = new Set(['bot', 'ann']);
  const dave = { session: { ready: true, getUserIds: () => [...members] } };
  const connectionData = { ssrc, connectedClients };
  const state = { code: NetworkingStatusCode.Ready, udp, ws, dave, connectionData };
  const networking = Object.assign(new EventEmitter(), { state }) as unknown as Networking;
  const connection = { state: { status: 'ready', networking } } as unknown as VoiceConnection;
  const limit = new RejoinLimit();
  const alerts = new LinkAlerts((alert) => reported.push(alert));
  const make = () => {
    const watchdogs: LinkWatchdogs = new LinkWatchdogs({
      connection,
      timing,
      alerts,
      settled: () => call.settled,
      others: () => call.others,
      speakers: {
        recovery: { resetAt: (atMs) => log.resets.push(atMs) > 0 },
        mayHear: (id) => id !== 'nobody',
        lastPacketAtMs: (id) => packets.get(id),
      },
      output: call.output,
      mayRejoin: (name) => limit.take('lobby', name, timing.nowMs()),
      end: (error) => {
        log.ended.push(error);
        watchdogs.stop();
      },
    });
    watchdogs.restart(networking);
    networking.emit('stateChange', state, state);
    udp.emit('message', answer(5));
  };
  make();
  const changes = () => reported.map(({ name, state: change }) => `${name} ${change}`);
  const send = (op: number, d: object) => ws.emit('packet', { op, d });
  const speaks = (id: string, flag = 1) => send(5, { user_id: id, ssrc: 9, speaking: flag });
  return {
    timing,
    call,
    log,
    alerts: reported,
    changes,
    make,
    packets,
    send,
    speaks,
    connectedClients,
    members,
  };
}

test('a link on which all is well raises no alert in an hour', () => {
  const { timing, log, alerts } = open();
  timing.passMs(3_600_000);
  expect([alerts, log.ended, log.resets]).toEqual([[], [], []]);
});

test('a UDP path that dies is told within twelve seconds, and the link ends to be opened anew', () => {
  const { timing, call, log, changes } = open();
  timing.passMs(60_100);
  call.port = undefined;
  timing.passMs(9_000);
  expect(changes()).toEqual([]);
  timing.passMs(3_000);
  expect(changes()).toEqual(['udp-dead raised']);
  expect(log.ended).toMatchObject([{ code: 'link.lost', retryable: true }]);
});

test('a second death of the path within five minutes waits for its rejoin, and one that heals is cleared', () => {
  const { timing, call, log, changes, make } = open();
  timing.passMs(5_000);
  call.port = 6;
  timing.passMs(2_000);
  expect(log.ended).toHaveLength(1);
  call.port = 5;
  make();
  timing.passMs(5_000);
  expect(changes()).toEqual(['udp-dead raised', 'udp-dead cleared']);
  call.port = undefined;
  timing.passMs(120_000);
  expect(log.ended).toHaveLength(1);
  expect(changes()).toHaveLength(3);
  call.port = 5;
  timing.passMs(2_000);
  expect(changes().at(-1)).toBe('udp-dead cleared');
  call.port = undefined;
  timing.passMs(200_000);
  expect(log.ended).toHaveLength(2);
});

test('a server that never answers on an open link is not taken for a dead path', () => {
  const { timing, call, log, alerts } = open();
  call.port = undefined;
  timing.passMs(3_600_000);
  expect(log.requests).toBeGreaterThan(3_000);
  expect(alerts).toEqual([]);
});

test('a group that does not settle is told and reset after 5 s and rejoined at 12 s, once in ten minutes', () => {
  const { timing, call, log, changes, make } = open();
  timing.passMs(1_000);
  call.settled = false;
  timing.passMs(4_500);
  expect(changes()).toEqual([]);
  timing.passMs(1_000);
  expect(changes()).toEqual(['encryption-unsettled raised']);
  timing.passMs(6_000);
  expect(log.resets).toHaveLength(1);
  expect(log.resets[0]).toBeGreaterThanOrEqual(6_000);
  expect(log.ended).toEqual([]);
  timing.passMs(1_000);
  expect(log.ended).toMatchObject([{ code: 'link.lost', retryable: true }]);
  make();
  timing.passMs(560_000);
  expect(log.ended).toHaveLength(1);
  expect(changes()).toHaveLength(1);
  call.settled = true;
  timing.passMs(500);
  expect(changes()).toEqual(['encryption-unsettled raised', 'encryption-unsettled cleared']);
});

test('a group that lacks somebody who is connected is told, reset and rejoined as one that does not settle', () => {
  const { timing, log, changes, connectedClients, members } = open();
  timing.passMs(1_000);
  connectedClients.add('eve');
  timing.passMs(4_500);
  expect(changes()).toEqual([]);
  timing.passMs(1_000);
  expect(changes()).toEqual(['encryption-unsettled raised']);
  expect(log.resets).toEqual([]);
  timing.passMs(5_000);
  expect(log.resets).toHaveLength(1);
  members.add('eve');
  timing.passMs(60_000);
  expect(changes()).toEqual(['encryption-unsettled raised', 'encryption-unsettled cleared']);
  expect([log.resets.length, log.ended]).toEqual([1, []]);
  members.delete('eve');
  timing.passMs(20_500);
  expect(log.ended).toMatchObject([{ code: 'link.lost', retryable: true }]);
});

test('somebody who comes every second, and is in the group after 300 ms, is nobody it lacks', () => {
  const { timing, log, alerts, connectedClients, members } = open();
  for (let second = 0; second < 60; second++) {
    connectedClients.add(`${second}`);
    timing.passMs(300);
    members.add(`${second}`);
    timing.passMs(700);
  }
  expect([alerts, log.resets, log.ended]).toEqual([[], [], []]);
});

test('a bot that is alone for an hour neither resets a group nor rejoins', () => {
  const { timing, call, log, alerts } = open();
  Object.assign(call, { settled: false, others: 0 });
  timing.passMs(3_600_000);
  expect([alerts, log.resets, log.ended]).toEqual([[], [], []]);
});

test('the coming and going of one person a second for a minute is no unsettled group', () => {
  const { timing, call, log, alerts } = open();
  for (let second = 0; second < 60; second++) {
    call.settled = false;
    timing.passMs(300);
    call.settled = true;
    timing.passMs(700);
  }
  expect([alerts, log.resets, log.ended]).toEqual([[], [], []]);
});

test('a bug in what the watchdogs look at ends the link instead of the watch', () => {
  const { timing, call, log } = open();
  const bug = new TypeError('bug');
  Object.defineProperty(call, 'others', {
    get() {
      throw bug;
    },
  });
  expect(() => timing.passMs(1_000)).not.toThrow();
  expect(log.ended).toEqual([bug]);
});

test('somebody shown as speaking of whom nothing arrives for ten seconds is told of, and a proved path is kept', () => {
  const { timing, log, alerts, speaks } = open();
  timing.passMs(5_000);
  speaks('ann');
  timing.passMs(9_500);
  expect(alerts).toEqual([]);
  timing.passMs(1_000);
  expect(alerts).toMatchObject([{ name: 'unheard-speaker', state: 'raised', speakerId: 'ann' }]);
  timing.passMs(60_000);
  expect(log.ended).toEqual([]);
});

test('where the server answers no request, somebody of whom nothing arrives has the link opened anew', () => {
  const { timing, call, log, speaks } = open();
  call.port = undefined;
  timing.passMs(5_000);
  speaks('ann');
  timing.passMs(10_500);
  expect(log.ended).toMatchObject([{ code: 'link.lost', retryable: true }]);
});

test('who is heard, stops, leaves, may not be heard or spoke before the link opened is not missed', () => {
  const { timing, alerts, packets, speaks, send } = open();
  timing.passMs(500);
  speaks('earlier');
  timing.passMs(4_500);
  for (const id of ['heard', 'stops', 'leaves', 'nobody']) speaks(id);
  packets.set('heard', timing.nowMs() + 100);
  timing.passMs(1_000);
  speaks('stops', 0);
  send(13, { user_id: 'leaves' });
  timing.passMs(600_000);
  expect(alerts).toEqual([]);
});

test('frames that wait for 500 ms on a settled link are told, and the link ends to be opened anew', () => {
  const { timing, call, log, changes } = open();
  timing.passMs(1_000);
  call.output.isBusy = true;
  for (let n = 0; n < 100; n++) {
    call.output.counts.sent++;
    timing.passMs(20);
  }
  call.settled = false;
  timing.passMs(2_000);
  expect(changes()).toEqual([]);
  call.settled = true;
  timing.passMs(1_000);
  expect(changes()).toEqual(['frames-stuck raised']);
  expect(log.ended).toMatchObject([{ code: 'link.lost' }]);
});

test('a process that stood still for a minute finds nothing stuck, dead or unheard', () => {
  const { timing, call, log, alerts, speaks, send } = open();
  send(8, { heartbeat_interval: 13_750 });
  timing.passMs(5_000);
  speaks('ann');
  call.output.isBusy = true;
  timing.stallMs(60_000);
  timing.passMs(100);
  call.output.isBusy = false;
  speaks('ann', 0);
  timing.passMs(5_000);
  expect([alerts, log.ended, log.cuts]).toEqual([[], [], 0]);
});

test('a voice socket whose heartbeats go unanswered is cut after two and a half intervals', () => {
  const { timing, log, send } = open();
  send(8, { heartbeat_interval: 13_750 });
  for (let n = 0; n < 5; n++) {
    timing.passMs(13_750);
    send(6, { t: n });
  }
  timing.passMs(34_000);
  expect(log.cuts).toBe(0);
  timing.passMs(1_000);
  expect(log.cuts).toBe(1);
});
