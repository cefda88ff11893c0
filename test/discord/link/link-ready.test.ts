import '#src/discord/library/sodium.ts';
import { EventEmitter } from 'node:events';
import type { VoiceConnection } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { watchSettled } from '#src/discord/link/voice-link.ts';

type Dave = { protocolVersion: number; session?: { ready: boolean } };

/** A connection in state ready, as far as `watchSettled` looks at it. */
function open(dave: Dave | undefined, others: number) {
  const call = { status: 'ready', dave, others };
  const connection = new EventEmitter();
  Object.defineProperty(connection, 'state', {
    get: () => ({ status: call.status, networking: { state: { dave: call.dave } } }),
  });
  const settled = watchSettled(connection as unknown as VoiceConnection, () => call.others);
  return { call, settled, transition: () => connection.emit('transitioned', 1) };
}

test('a call without end-to-end encryption is settled once voice is ready', () => {
  const { call, settled } = open(undefined, 3);
  expect(settled()).toBe(true);
  call.status = 'connecting';
  expect(settled()).toBe(false);
});

test('a lonely bot is settled without a group', () => {
  const { settled } = open({ protocolVersion: 1, session: { ready: false } }, 0);
  expect(settled()).toBe(true);
});

test('with company the group must be open and its transition done', () => {
  const dave = { protocolVersion: 1, session: { ready: false } };
  const { settled, transition } = open(dave, 2);
  expect(settled()).toBe(false);
  dave.session.ready = true;
  expect(settled()).toBe(false);
  transition();
  expect(settled()).toBe(true);
});

test('the transition that comes when everybody has left settles nothing for the next one', () => {
  const dave = { protocolVersion: 1, session: { ready: true } };
  const { call, settled, transition } = open(dave, 1);
  transition();
  dave.session.ready = false;
  call.others = 0;
  transition();
  call.others = 1;
  expect(settled()).toBe(false);
});

test('a resumed voice socket keeps its group, a new one begins again', () => {
  const { call, settled, transition } = open({ protocolVersion: 1, session: { ready: true } }, 1);
  transition();
  call.status = 'connecting';
  expect(settled()).toBe(false);
  call.status = 'ready';
  expect(settled()).toBe(true);
  call.dave = { protocolVersion: 1, session: { ready: true } };
  expect(settled()).toBe(false);
});
