import type { DaveMember } from '#sandbox/dave/dave-member.ts';
import { openVoice, readSsrc } from '#sandbox/voice/rtp.ts';
import type { VoiceCipher } from '#sandbox/voice/voice-cipher.ts';
import type { HeardFrame, VoiceCounts } from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { isSilenceFrame } from '#src/audio/packet.ts';

type Speaker = { readonly userId: string; readonly decoder: OpusDecoder };
type Counts = { -readonly [K in keyof Omit<VoiceCounts, 'sentPackets' | 'latePackets'>]: number };

/** Datagrams kept of SSRCs nobody has named yet: half a second of one person. The oldest is dropped first. */
const heldDatagrams = 25;

/** Turns datagrams into sound, person by person; counts what it cannot. */
export class ClientReceiver {
  readonly #codec: OpusCodec;
  readonly #cipher: VoiceCipher;
  readonly #dave: DaveMember | undefined;
  readonly #hear: (frame: HeardFrame) => void;
  readonly #speakers = new Map<number, Speaker>();
  readonly counts: Counts = {
    receivedPackets: 0,
    unopened: 0,
    stillSealed: 0,
    undecodable: 0,
    unmapped: 0,
  };
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
    this.#speakers.get(ssrc)?.decoder.free();
    this.#speakers.set(ssrc, { userId, decoder: this.#codec.decoder(48_000) });
    const held = this.#held;
    this.#held = [];
    for (const { datagram, atMs } of held) this.receive(datagram, atMs);
  }

  /** Op 13. */
  forget(userId: string): void {
    for (const [ssrc, speaker] of this.#speakers) {
      if (speaker.userId !== userId) continue;
      speaker.decoder.free();
      this.#speakers.delete(ssrc);
    }
  }

  receive(datagram: Buffer, atMs: number): void {
    const ssrc = readSsrc(datagram);
    const speaker = ssrc === undefined ? undefined : this.#speakers.get(ssrc);
    if (ssrc === undefined) this.counts.unopened++;
    else if (speaker) this.#open(speaker, datagram, atMs);
    else this.#hold(datagram, atMs);
  }

  close(): void {
    for (const { decoder } of this.#speakers.values()) decoder.free();
    this.#speakers.clear();
  }

  #hold(datagram: Buffer, atMs: number): void {
    if (this.#held.length >= heldDatagrams) {
      this.#held.shift();
      this.counts.unmapped++;
    }
    this.#held.push({ datagram, atMs });
  }

  #open(speaker: Speaker, datagram: Buffer, atMs: number): void {
    const packet = openVoice(datagram, this.#cipher);
    if (!packet) {
      this.counts.unopened++;
      return;
    }
    this.counts.receivedPackets++;
    const { payload } = packet;
    const plain = { kind: 'opened', opus: payload, sealed: false } as const;
    const opened = this.#dave?.open(speaker.userId, payload) ?? plain;
    if (opened.kind === 'still-sealed') this.counts.stillSealed++;
    else this.#decode(speaker, opened.opus, opened.sealed, atMs);
  }

  #decode({ userId, decoder }: Speaker, opus: Buffer, sealed: boolean, atMs: number): void {
    let samples: Int16Array;
    try {
      samples = decoder.decode(opus).slice();
    } catch {
      this.counts.undecodable++;
      return;
    }
    this.#hear({ fromUserId: userId, atMs, samples, audible: !isSilenceFrame(opus), sealed });
  }
}
