import type { VoiceHalf } from '#sandbox/sandbox.ts';
import type { VoiceFaults } from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';

/** A voice half without sound: it notes who was thrown out. */
export function silentVoice() {
  const expelled: { userId: string; closeCode: number }[] = [];
  const half: VoiceHalf = {
    open: async () => ({
      endpoint: 'localhost:1',
      certificate: 'no certificate',
      admit: () => undefined,
      expel: (_guildId, userId, closeCode) => void expelled.push({ userId, closeCode }),
      allow: () => undefined,
      faults: noFaults,
      [Symbol.asyncDispose]: async () => undefined,
    }),
    connect: async () => ({
      speak: async () => ({ firstPacketAtMs: 1, firstVoicedAtMs: 2, lastVoicedAtMs: 3 }),
      live: () => undefined,
      endLive: () => undefined,
      useMicrophone: () => undefined,
      onFrame: () => undefined,
      settled: async () => undefined,
      counts: () => ({
        sentPackets: 0,
        latePackets: 0,
        receivedPackets: 0,
        unopened: 0,
        stillSealed: 0,
        undecodable: 0,
        unmapped: 0,
      }),
      [Symbol.asyncDispose]: async () => undefined,
    }),
    codec: async () => noCodec,
  };
  return { half, expelled };
}

const noFaults: VoiceFaults = {
  network: () => undefined,
  forge: () => undefined,
  freeze: () => undefined,
  send: () => undefined,
  close: () => undefined,
  late: () => undefined,
  closeAt: () => undefined,
  connections: () => undefined,
  heal: () => undefined,
};

const noCodec: OpusCodec = {
  name: 'none',
  decoder: () => {
    throw new Error('Nothing is decoded here.');
  },
  encoder: () => {
    throw new Error('Nothing is encoded here.');
  },
  stereoDecoder: () => {
    throw new Error('Nothing is decoded here.');
  },
  stereoEncoder: () => {
    throw new Error('Nothing is encoded here.');
  },
};
