import '#src/discord/sodium.ts';
import { EventEmitter } from 'node:events';
import { type Networking, NetworkingStatusCode, type VoiceConnection } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { discoveryRequest } from '#src/discord/discovery.ts';
import { type LinkAlert, LinkAlerts } from '#src/discord/link-alerts.ts';
import { LinkWatchdogs } from '#src/discord/link-watchdogs.ts';
import { RejoinLimit } from '#src/discord/rejoin-limit.ts';
import { SteppedTiming } from './stepped-timing.ts';

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
  const call = { settled: true, others: 1, port: 5 as number | undefined };
  const log = { resets: [] as number[], ended: [] as unknown[], requests: 0 };
  const told: LinkAlert[] = [];
  const udp = Object.assign(new EventEmitter(), {
    send() {
      log.requests++;
      if (call.port !== undefined) udp.emit('message', answer(call.port));
    },
  });
  const state = { code: NetworkingStatusCode.Ready, udp, connectionData: { ssrc } };
  const networking = Object.assign(new EventEmitter(), { state }) as unknown as Networking;
  const connection = { state: { status: 'ready', networking } } as unknown as VoiceConnection;
  const limit = new RejoinLimit();
  const alerts = new LinkAlerts((alert) => told.push(alert));
  const make = () => {
    const watchdogs: LinkWatchdogs = new LinkWatchdogs({
      ...{ connection, timing, alerts },
      settled: () => call.settled,
      others: () => call.others,
      recovery: { resetAt: (atMs) => log.resets.push(atMs) > 0 },
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
  const changes = () => told.map(({ name, state: change }) => `${name} ${change}`);
  return { timing, call, log, told, changes, make };
}

test('a link on which all is well raises no alert in an hour', () => {
  const { timing, log, told } = open();
  timing.passMs(3_600_000);
  expect([told, log.ended, log.resets]).toEqual([[], [], []]);
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
  const { timing, call, log, told } = open();
  call.port = undefined;
  timing.passMs(3_600_000);
  expect(log.requests).toBeGreaterThan(3_000);
  expect(told).toEqual([]);
});

test('a group that does not settle is told after 5 s, reset at 10 s and rejoined at 20 s, once in ten minutes', () => {
  const { timing, call, log, changes, make } = open();
  timing.passMs(1_000);
  call.settled = false;
  timing.passMs(4_500);
  expect(changes()).toEqual([]);
  timing.passMs(1_000);
  expect(changes()).toEqual(['encryption-unsettled raised']);
  timing.passMs(14_000);
  expect(log.resets).toHaveLength(1);
  expect(log.resets[0]).toBeGreaterThanOrEqual(11_000);
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

test('a bot that is alone for an hour neither resets a group nor rejoins', () => {
  const { timing, call, log, told } = open();
  Object.assign(call, { settled: false, others: 0 });
  timing.passMs(3_600_000);
  expect([told, log.resets, log.ended]).toEqual([[], [], []]);
});

test('the coming and going of one person a second for a minute is no unsettled group', () => {
  const { timing, call, log, told } = open();
  for (let second = 0; second < 60; second++) {
    call.settled = false;
    timing.passMs(300);
    call.settled = true;
    timing.passMs(700);
  }
  expect([told, log.resets, log.ended]).toEqual([[], [], []]);
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
