import type { DaveMember } from '#sandbox/dave/dave-member.ts';
import {
  decryptPacket,
  type PacketCipher,
  parseSsrc,
} from '#sandbox/voice/rtp-packet.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import {
  isSilenceFrame,
  type OpusCodec,
  type OpusDecoder,
} from '#src/audio/opus/opus-codec.ts';
import type { PersonId } from '#src/base/ids.ts';

type Speaker = { readonly userId: PersonId; readonly decoder: OpusDecoder };

/** Datagrams kept of SSRCs nobody has named yet: half a second of one person. The oldest is dropped first. */
const maxEarlyDatagrams = 25;

/** Turns datagrams into sound, person by person. */
export class ClientReceiver {
  readonly #codec: OpusCodec;
  readonly #cipher: PacketCipher;
  readonly #dave: DaveMember | undefined;
  readonly #onFrame: (frame: HeardFrame) => void;
  readonly #speakers = new Map<number, Speaker>();
  #unheardPackets = 0;
  #earlyDatagrams: { readonly datagram: Buffer; readonly atMs: number }[] = [];

  /** Creates the receiver of one call. Without `dave` frames are opened as they are. */
  constructor(
    codec: OpusCodec,
    cipher: PacketCipher,
    dave: DaveMember | undefined,
    onFrame: (frame: HeardFrame) => void,
  ) {
    this.#codec = codec;
    this.#cipher = cipher;
    this.#dave = dave;
    this.#onFrame = onFrame;
  }

  /** Counts packets that were sealed for another group, or were not Opus. */
  get unheardPackets(): number {
    return this.#unheardPackets;
  }

  /**
   * Notes the speaker of an SSRC (op 5). Earlier packets of this SSRC are heard now.
   */
  nameSpeaker(ssrc: number, userId: PersonId): void {
    if (this.#speakers.get(ssrc)?.userId === userId) return;
    this.forgetSpeaker(userId);
    this.#speakers.set(ssrc, { userId, decoder: this.#codec.createDecoder(48_000) });
    const earlyDatagrams = this.#earlyDatagrams;
    this.#earlyDatagrams = [];
    for (const { datagram, atMs } of earlyDatagrams)
      this.receiveDatagram(datagram, atMs);
  }

  /** Forgets a speaker (op 13). */
  forgetSpeaker(userId: PersonId): void {
    for (const [ssrc, speaker] of this.#speakers) {
      if (speaker.userId !== userId) continue;
      this.#speakers.delete(ssrc);
    }
  }

  /** Passes on the sound of a datagram, or keeps the datagram until its SSRC has a speaker. */
  receiveDatagram(datagram: Buffer, atMs: number): void {
    const ssrc = parseSsrc(datagram);
    if (ssrc === undefined) return;
    const speaker = this.#speakers.get(ssrc);
    if (speaker) this.#openDatagram(speaker, datagram, atMs);
    else {
      const datagrams = [...this.#earlyDatagrams, { datagram, atMs }];
      this.#earlyDatagrams = datagrams.slice(-maxEarlyDatagrams);
    }
  }

  /** Forgets all speakers, at the end of the call. */
  close(): void {
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
        opus,
        audible: !isSilenceFrame(opus),
        sealed,
      });
    } catch {
      this.#unheardPackets++;
    }
  }
}
