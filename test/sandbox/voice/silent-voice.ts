import type { VoiceHalf } from '#sandbox/sandbox.ts';
import type {
  HeardFrame,
  Microphone,
  VoiceFaults,
  VoiceRights,
  VoiceTicket,
} from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';

/** A voice half without sound: it notes who was let in and thrown out, with what microphone and rights, and plays frames it is handed. */
export function silentVoice() {
  const admitted: VoiceTicket[] = [];
  const expelled: { userId: string; closeCode: number }[] = [];
  const microphones: Microphone[] = [];
  const rights = new Map<string, VoiceRights>();
  const lives: (Buffer | Int16Array | 'end')[] = [];
  const listeners: ((frame: HeardFrame) => void)[] = [];
  const half: VoiceHalf = {
    open: async () => ({
      endpoint: 'localhost:1',
      certificate: 'no certificate',
      admit: (ticket) => void admitted.push(ticket),
      expel: (_guildId, userId, closeCode) => void expelled.push({ userId, closeCode }),
      allow: (_guildId, userId, may) => void rights.set(userId, may),
      faults: noFaults,
      [Symbol.asyncDispose]: async () => undefined,
    }),
    connect: async () => ({
      speak: async () => ({ firstPacketAtMs: 1, firstVoicedAtMs: 2, lastVoicedAtMs: 3 }),
      live: (frame) => void lives.push(frame),
      endLive: () => void lives.push('end'),
      useMicrophone: (microphone) => void microphones.push(microphone),
      onFrame: (listener) => void listeners.push(listener),
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
  const play = (frame: HeardFrame) => {
    for (const listener of listeners) listener(frame);
  };
  return { half, admitted, expelled, microphones, lives, rights, play };
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
