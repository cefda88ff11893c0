import '#src/discord/library/sodium.ts';
import { EventEmitter } from 'node:events';
import {
  type Networking,
  type VoiceConnection,
  VoiceReceiver,
  VoiceUDPSocket,
} from '@discordjs/voice';
import { onTestFinished } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { nonceFor, sealedDatagram } from '#src/discord/library/cipher-check.ts';
import { guardLibrary } from '#src/discord/library/library-guards.ts';
import { innerUdp } from '#src/discord/library/voice-library.ts';
import { ConsentedReceiver } from '#src/discord/link/receiver.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

export const mode = 'aead_aes256_gcm_rtpsize';
const server = { address: '127.0.0.1', port: 9 };

/** 20 ms of Opus, as its first byte tells. */
export function voiced(): Buffer {
  return Buffer.concat([Buffer.from([0xf8]), Buffer.alloc(40, 1)]);
}

/** The library's own receiver and unbound UDP socket under an ear; no datagram leaves the process. */
export function listen(mayHear: (speakerId: string) => boolean) {
  guardLibrary();
  const [key, timing] = [Buffer.alloc(32, 7), new SteppedTiming()];
  const connection = { state: { status: 'none' } } as unknown as VoiceConnection;
  const receiver = new VoiceReceiver(connection);
  Object.assign(connection, { receiver });
  const heard: Packet[] = [];
  const failed: unknown[] = [];
  const voiceReceiver = new ConsentedReceiver(
    connection,
    mayHear,
    (packet) => heard.push(packet),
    (error) => failed.push(error),
    timing,
  );
  const networking = new EventEmitter() as unknown as Networking;
  voiceReceiver.restart(networking);
  const udp = new VoiceUDPSocket({ ip: server.address, port: server.port });
  innerUdp(udp).keepAlive = () => {};
  onTestFinished(() => udp.destroy());
  udp.on('message', receiver.onUdpMessage);
  receiver.connectionData = { encryptionMode: mode, nonceBuffer: nonceFor(mode), secretKey: key };
  networking.emit('stateChange', {}, { udp });
  const arrive = (datagram: Buffer, from = server) =>
    innerUdp(udp).socket.emit('message', datagram, from);
  let nonce = 0;
  const sealed = (ssrc: number, opus = voiced()) => sealedDatagram(opus, mode, key, ssrc, nonce++);
  const say = (ssrc: number, opus = voiced()) => arrive(sealed(ssrc, opus));
  const name = (ssrc: number, userId: string) =>
    receiver.ssrcMap.update({ audioSSRC: ssrc, userId });
  return {
    receiver,
    voiceReceiver,
    heard,
    failed,
    key,
    networking,
    arrive,
    sealed,
    say,
    name,
    timing,
  };
}

/** Counts what is really decrypted, behind the tap. */
export function countOpened(receiver: VoiceReceiver): { opened: number } {
  const count = { opened: 0 };
  const inner = receiver as unknown as { decrypt: (...words: unknown[]) => Buffer };
  const decrypt = inner.decrypt.bind(receiver);
  inner.decrypt = (...words) => {
    count.opened++;
    return decrypt(...words);
  };
  return count;
}
