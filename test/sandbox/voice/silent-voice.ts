import { openSandbox, type SandboxOptions, type VoiceHalf } from '#sandbox/sandbox.ts';
import type { VoiceFaults } from '#sandbox/voice-server/voice-faults.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';

/** A Discord without sound. */
export function openSilentSandbox(options: Partial<SandboxOptions> = {}) {
  return openSandbox({ voice: openSilentVoice().half, ...options });
}

/** A voice half without sound: it notes who was thrown out. */
export function openSilentVoice() {
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
      speak: async () => ({
        firstPacketAtMs: 1,
        firstVoicedAtMs: 2,
        lastVoicedAtMs: 3,
      }),
      sendLive: () => undefined,
      endLive: () => undefined,
      useMicrophone: () => undefined,
      onFrame: () => undefined,
      waitUntilSettled: async () => undefined,
      counts: () => ({
        sentPackets: 0,
        latePackets: 0,
        unheardPackets: 0,
      }),
      [Symbol.asyncDispose]: async () => undefined,
    }),
    makeCodec: async () => noCodec,
  };
  return { half, expelled };
}

const noFaults = new Proxy({} as VoiceFaults, { get: () => () => undefined });

function makeSilentClient(): never {
  throw new Error('There is no sound here.');
}

const noCodec: OpusCodec = {
  name: 'none',
  createDecoder: makeSilentClient,
  createEncoder: makeSilentClient,
};
