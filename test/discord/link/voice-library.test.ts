import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { VoiceWebSocket } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { guardMessages } from '#src/discord/link/voice-library.ts';
import { countOpened, listen } from './unbound-receiver.ts';

test('consent that is taken back holds from the very next packet on, and can be given again', () => {
  const allowed = new Set(['ann']);
  const { name, say, heard, receiver } = listen((id) => allowed.has(id));
  name(5, 'ann');
  say(5);
  allowed.delete('ann');
  const count = countOpened(receiver);
  say(5);
  expect(count.opened).toBe(0);
  expect(receiver.subscriptions.size).toBe(0);
  allowed.add('ann');
  say(5);
  expect(heard).toHaveLength(2);
});

test('junk of any length, from anybody, neither throws nor ends hearing', () => {
  const { name, say, arrive, heard, voiceReceiver: receiver } = listen(() => true);
  name(5, 'ann');
  for (let length = 0; length <= 40; length++) {
    arrive(randomBytes(length));
  }
  const forged = Buffer.concat([Buffer.from([0x80, 120]), Buffer.alloc(60)]);
  forged.writeUInt32BE(5, 8);
  arrive(forged);
  say(5);
  expect(heard).toHaveLength(1);
  expect(receiver.counts.unparsed).toBe(1);
});

test('a fault in the consent rule is reported and counts as a no', () => {
  const bug = new Error('bug');
  const { name, say, heard, failed } = listen(() => {
    throw bug;
  });
  name(5, 'ann');
  say(5);
  expect(heard).toEqual([]);
  expect(failed).toEqual([bug]);
});

test('a voice message that breaks the library becomes an error of that connection', () => {
  const ws: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
  EventEmitter.call(ws);
  guardMessages(ws);
  const errors: unknown[] = [];
  ws.on('error', (error) => errors.push(error));
  ws.on('binary', () => {
    throw new Error('NoGroup');
  });
  const target = {} as Parameters<typeof ws.onMessage>[0]['target'];
  ws.onMessage({ data: Buffer.from([0]), type: 'message', target });
  ws.onMessage({ data: Buffer.from([0, 1, 27, 0]), type: 'message', target });
  const lost = expect.objectContaining({ code: 'link.lost', retryable: true });
  expect(errors).toEqual([lost, lost]);
});
