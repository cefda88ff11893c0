import '#src/discord/library/sodium.ts';
import { EventEmitter } from 'node:events';
import type { VoiceUDPSocket } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { enlargeReceiveBuffer } from '#src/discord/library/voice-library.ts';

/** A socket of a kernel that grants at most `mostBytes`. */
function granted(mostBytes: number) {
  let bytes = 0;
  const socket = Object.assign(new EventEmitter(), {
    setRecvBufferSize: (asked: number) => {
      bytes = Math.min(asked, mostBytes);
    },
    getRecvBufferSize: () => bytes,
  });
  const reported: string[] = [];
  const udp = { socket } as unknown as VoiceUDPSocket;
  enlargeReceiveBuffer(udp, (message) => reported.push(message));
  socket.emit('listening');
  return { reported, bytes: () => bytes };
}

test('a voice socket gets a receive buffer for a stall of a second with 25 people talking', () => {
  const { reported, bytes } = granted(8 * 1024 * 1024);
  expect(bytes()).toBe(2 * 1024 * 1024);
  expect(reported).toEqual([]);
});

test('a kernel that gives less is told of', () => {
  expect(granted(212_992).reported).toEqual([
    expect.stringMatching(/buffer of 212992 bytes: .*sysctl -w net.core.rmem_max=2097152$/),
  ]);
});
