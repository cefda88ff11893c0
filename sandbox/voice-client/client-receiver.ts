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

/** Turns datagrams into sound, person by person. */
export class ClientReceiver {
  readonly #codec;
  readonly #cipher;
  readonly #dave;
  readonly #onFrame;
  readonly #speakers = new Map<number, Speaker>();
  /** Packets that were sealed for another group, or were not Opus. */
  unheardPackets = 0;
  #held: { readonly datagram: Buffer; readonly atMs: number }[] = [];

  constructor(
    codec: OpusCodec,
    cipher: VoiceCipher,
    dave: DaveMember | undefined,
    hear: (frame: HeardFrame) => void,
  ) {
    this.#codec = codec;
    this.#cipher = cipher;
    this.#dave = dave;
    this.#onFrame = hear;
  }

  /**
   * Notes the speaker of an SSRC (op 5). Earlier packets of this SSRC are heard now.
   */
  nameSpeaker(ssrc: number, userId: string) {
    if (this.#speakers.get(ssrc)?.userId === userId) return;
    this.forgetSpeaker(userId);
    this.#speakers.set(ssrc, { userId, decoder: this.#codec.createDecoder(48_000) });
    const held = this.#held;
    this.#held = [];
    for (const { datagram, atMs } of held) this.receiveDatagram(datagram, atMs);
  }

  /** Forgets a speaker (op 13). */
  forgetSpeaker(userId: string) {
    for (const [ssrc, speaker] of this.#speakers) {
      if (speaker.userId !== userId) continue;
      this.#speakers.delete(ssrc);
    }
  }

  receiveDatagram(datagram: Buffer, atMs: number) {
    const ssrc = parseSsrc(datagram);
    if (ssrc === undefined) return;
    const speaker = this.#speakers.get(ssrc);
    if (speaker) this.#openDatagram(speaker, datagram, atMs);
    else this.#held = [...this.#held, { datagram, atMs }].slice(-maxHeldDatagrams);
  }

  close() {
    this.#speakers.clear();
  }

  #openDatagram(speaker: Speaker, datagram: Buffer, atMs: number) {
    const packet = decryptPacket(datagram, this.#cipher);
    if (!packet) return;
    const { userId, decoder } = speaker;
    try {
      const plain = { opus: packet.payload, sealed: false };
      const { opus, sealed } = this.#dave?.openFrame(userId, packet.payload) ?? plain;
      const samples = decoder.decode(opus).slice();
      this.#onFrame({
        fromUserId: userId,
        atMs,
        samples,
        audible: !isSilenceFrame(opus),
        sealed,
      });
    } catch {
      this.unheardPackets++;
    }
  }
}
