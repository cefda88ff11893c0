import type { DaveMember } from '#sandbox/dave/dave-member.ts';
import { openVoice, readSsrc, type VoiceCipher } from '#sandbox/voice/rtp.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { isSilenceFrame } from '#src/audio/opus/opus-packet.ts';

type Speaker = { readonly userId: string; readonly decoder: OpusDecoder };

/** Datagrams kept of SSRCs nobody has named yet: half a second of one person. The oldest is dropped first. */
const heldDatagrams = 25;

/** Turns datagrams into sound, person by person. */
export class ClientReceiver {
  readonly #codec: OpusCodec;
  readonly #cipher: VoiceCipher;
  readonly #dave: DaveMember | undefined;
  readonly #hear: (frame: HeardFrame) => void;
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
    this.#hear = hear;
  }

  /** Op 5. What came of this SSRC before is heard now. */
  name(ssrc: number, userId: string): void {
    if (this.#speakers.get(ssrc)?.userId === userId) return;
    this.forget(userId);
    this.#speakers.set(ssrc, { userId, decoder: this.#codec.decoder(48_000) });
    const held = this.#held;
    this.#held = [];
    for (const { datagram, atMs } of held) this.receive(datagram, atMs);
  }

  /** Op 13. */
  forget(userId: string): void {
    for (const [ssrc, speaker] of this.#speakers) {
      if (speaker.userId !== userId) continue;
      this.#speakers.delete(ssrc);
    }
  }

  receive(datagram: Buffer, atMs: number): void {
    const ssrc = readSsrc(datagram);
    if (ssrc === undefined) return;
    const speaker = this.#speakers.get(ssrc);
    if (speaker) this.#open(speaker, datagram, atMs);
    else this.#held = [...this.#held, { datagram, atMs }].slice(-heldDatagrams);
  }

  close(): void {
    this.#speakers.clear();
  }

  #open(speaker: Speaker, datagram: Buffer, atMs: number): void {
    const packet = openVoice(datagram, this.#cipher);
    if (!packet) return;
    const { userId, decoder } = speaker;
    try {
      const plain = { opus: packet.payload, sealed: false };
      const { opus, sealed } = this.#dave?.open(userId, packet.payload) ?? plain;
      const samples = decoder.decode(opus).slice();
      this.#hear({ fromUserId: userId, atMs, samples, audible: !isSilenceFrame(opus), sealed });
    } catch {
      this.unheardPackets++;
    }
  }
}
