import '#src/discord/library/sodium.ts';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { VoiceConnection, VoiceReceiver, VoiceUDPSocket, VoiceWebSocket } from '@discordjs/voice';
import { DAVESession } from '@snazzah/davey';
import { expect, onTestFinished, test } from 'vitest';
import { checkVoiceHooks } from '#src/discord/library/hook-check.ts';
import { guardLibrary } from '#src/discord/library/library-guards.ts';
import { proveVoice } from '#src/discord/link/voice-link-opener.ts';
import { countOpened, listen } from '#test/discord/link/unbound-receiver.ts';

test('the hooks and ciphers voice stands on are proved without a network', async () => {
  expect(() => checkVoiceHooks()).not.toThrow();
  await expect(proveVoice()).resolves.toBeTypeOf('string');
});

/** Replaces a method that the bot hooks into, as if a version of the library no longer called it. */
function replaced(prototype: object, name: string): void {
  const former = Reflect.get(prototype, name);
  Reflect.set(prototype, name, () => undefined);
  onTestFinished(() => void Reflect.set(prototype, name, former));
}

test.each([
  [
    'VoiceConnection.updateReceiveBindings',
    () => replaced(VoiceConnection.prototype, 'updateReceiveBindings'),
  ],
  ['VoiceReceiver.parsePacket', () => replaced(VoiceReceiver.prototype, 'parsePacket')],
  ['VoiceUDPSocket.onMessage', () => replaced(VoiceUDPSocket.prototype, 'onMessage')],
  ['DAVESession.getUserIds', () => replaced(DAVESession.prototype, 'getUserIds')],
  ['VoiceWebSocket.onMessage', () => replaced(VoiceWebSocket.prototype, 'emit')],
])('a voice library whose %s has changed is refused, by that name', (name, change) => {
  guardLibrary();
  change();
  expect(() => checkVoiceHooks()).toThrow(
    expect.objectContaining({ code: 'link.unsupported', message: expect.stringContaining(name) }),
  );
});

test('without consent nothing is decrypted and no subscription exists', () => {
  const { name, say, heard, receiver, voiceReceiver } = listen(() => false);
  const count = countOpened(receiver);
  name(5, 'ann');
  for (let n = 0; n < 10; n++) say(5);
  expect(heard).toEqual([]);
  expect(count.opened).toBe(0);
  expect(receiver.subscriptions.size).toBe(0);
  expect(voiceReceiver.counts.notAllowed).toBe(10);
});

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
    arrive(randomBytes(length), { address: '127.0.0.2', port: 9 });
    arrive(randomBytes(length));
  }
  const forged = Buffer.concat([Buffer.from([0x80, 120]), Buffer.alloc(60)]);
  forged.writeUInt32BE(5, 8);
  arrive(forged);
  say(5);
  expect(heard).toHaveLength(1);
  expect(receiver.counts.foreign).toBe(41);
  expect(receiver.counts.short).toBe(23);
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
  guardLibrary();
  const ws: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
  EventEmitter.call(ws);
  const errors: unknown[] = [];
  ws.on('error', (error) => errors.push(error));
  ws.on('binary', () => {
    throw new Error('NoGroup');
  });
  const target = {} as Parameters<typeof ws.onMessage>[0]['target'];
  ws.onMessage({ data: Buffer.from([0]), type: 'message', target });
  ws.onMessage({ data: Buffer.from([0, 1, 27, 0]), type: 'message', target });
  expect(errors).toHaveLength(2);
  expect(errors[1]).toMatchObject({ code: 'link.lost', retryable: true });
});
