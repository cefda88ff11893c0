import { type VoiceConnection, VoiceReceiver, VoiceUDPSocket } from '@discordjs/voice';
import { onTestFinished } from 'vitest';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { ConsentedReceiver } from '#src/discord/link/consented-receiver.ts';
import {
  makeEncryption,
  makeSealedDatagram,
  type UnboundSocket,
} from '#test/discord/setup/sealed-datagram.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const server = { address: '127.0.0.1', port: 9 };

/** 20 ms of Opus, as its first byte tells. */
export function makeVoicedPacket() {
  return Buffer.concat([Buffer.from([0xf8]), Buffer.alloc(40, 1)]);
}

/** The library's own receiver and unbound UDP socket under an ear; no datagram leaves the process. */
export function openReceiver(mayHear: (speakerId: string) => boolean) {
  const [key, timing] = [Buffer.alloc(32, 7), new VirtualClock()];
  const connection = { state: { status: 'none' } } as unknown as VoiceConnection;
  const receiver = new VoiceReceiver(connection);
  Object.assign(connection, { receiver });
  const heardPackets: Packet[] = [];
  const failed: unknown[] = [];
  const voiceReceiver = new ConsentedReceiver(
    connection,
    mayHear,
    (packet) => heardPackets.push(packet),
    (error) => failed.push(error),
    timing,
  );
  voiceReceiver.restart();
  const udp = new VoiceUDPSocket({ ip: server.address, port: server.port });
  const inner = udp as unknown as UnboundSocket;
  inner.keepAlive = () => {};
  onTestFinished(() => udp.destroy());
  udp.on('message', receiver.onUdpMessage);
  receiver.connectionData = makeEncryption(key);
  const arriveAt = (datagram: Buffer) => inner.socket.emit('message', datagram);
  let nonce = 0;
  const sealVoice = (ssrc: number, opus = makeVoicedPacket()) =>
    makeSealedDatagram(opus, key, ssrc, nonce++);
  const sayVoice = (ssrc: number, opus = makeVoicedPacket()) =>
    arriveAt(sealVoice(ssrc, opus));
  const nameSpeaker = (ssrc: number, userId: string) =>
    receiver.ssrcMap.update({ audioSSRC: ssrc, userId });
  return {
    receiver,
    voiceReceiver,
    heard: heardPackets,
    failed,
    key,
    arrive: arriveAt,
    sealed: sealVoice,
    say: sayVoice,
    name: nameSpeaker,
    timing,
  };
}

/** Counts what is really decrypted, behind the tap. */
export function countOpened(receiver: VoiceReceiver) {
  const count = { opened: 0 };
  const inner = receiver as unknown as { decrypt: (...words: unknown[]) => Buffer };
  const decrypt = inner.decrypt.bind(receiver);
  inner.decrypt = (...words) => {
    count.opened++;
    return decrypt(...words);
  };
  return count;
}
