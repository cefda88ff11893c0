import type { DaveMember } from '#sandbox/dave/dave-member.ts';
import {
  decryptPacket,
  parseSsrc,
  type VoiceCipher,
} from '#sandbox/voice/rtp-packet.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus-codec.ts';
import { isSilenceFrame } from '#src/audio/opus/opus-packet.ts';

type Speaker = { readonly userId: string; readonly decoder: OpusDecoder };

/** Datagrams kept of SSRCs nobody has named yet: half a second of one person. The oldest is dropped first. */
const maxHeldDatagrams = 25;

export type ClientReceiver = ReturnType<typeof createClientReceiver>;

/** Turns datagrams into sound, person by person. */
export function createClientReceiver(
  codec: OpusCodec,
  cipher: VoiceCipher,
  dave: DaveMember | undefined,
  hear: (frame: HeardFrame) => void,
) {
  const speakers = new Map<number, Speaker>();
  /** Packets that were sealed for another group, or were not Opus. */
  let unheardPackets = 0;
  let heldPackets: { readonly datagram: Buffer; readonly atMs: number }[] = [];

  /** Forgets a speaker (op 13). */
  function forgetSpeaker(userId: string) {
    for (const [ssrc, speaker] of speakers) {
      if (speaker.userId !== userId) continue;
      speakers.delete(ssrc);
    }
  }

  function receiveDatagram(datagram: Buffer, atMs: number) {
    const ssrc = parseSsrc(datagram);
    if (ssrc === undefined) return;
    const speaker = speakers.get(ssrc);
    if (speaker) openDatagram(speaker, datagram, atMs);
    else heldPackets = [...heldPackets, { datagram, atMs }].slice(-maxHeldDatagrams);
  }

  function openDatagram(speaker: Speaker, datagram: Buffer, atMs: number) {
    const packet = decryptPacket(datagram, cipher);
    if (!packet) return;
    const { userId, decoder } = speaker;
    try {
      const plain = { opus: packet.payload, sealed: false };
      const { opus, sealed } = dave?.openFrame(userId, packet.payload) ?? plain;
      const samples = decoder.decode(opus).slice();
      hear({
        fromUserId: userId,
        atMs,
        samples,
        audible: !isSilenceFrame(opus),
        sealed,
      });
    } catch {
      unheardPackets++;
    }
  }

  return {
    get unheardPackets() {
      return unheardPackets;
    },

    /**
     * Notes the speaker of an SSRC (op 5). Earlier packets of this SSRC are heard now.
     */
    nameSpeaker(ssrc: number, userId: string) {
      if (speakers.get(ssrc)?.userId === userId) return;
      forgetSpeaker(userId);
      speakers.set(ssrc, { userId, decoder: codec.createDecoder(48_000) });
      const held = heldPackets;
      heldPackets = [];
      for (const { datagram, atMs } of held) receiveDatagram(datagram, atMs);
    },
    forgetSpeaker,
    receiveDatagram,

    close() {
      speakers.clear();
    },
  };
}
