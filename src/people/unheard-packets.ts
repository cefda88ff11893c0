/** Header of a voice packet of a person who is not heard; the packet itself stays encrypted. */
export type PacketHeader = {
  readonly speakerId: string;
  /** RTP source. */
  readonly ssrc: number;
  /** RTP sequence, 16 bit, wraps. */
  readonly sequence: number;
  readonly atMs: number;
};

/** Packets that are 5 s of sound at 20 ms each, and the time in ms within which they have to arrive. */
const [enough, withinMs] = [250, 10_000];
/** People who are counted at the same time; further ones are not, until one of them is forgotten. */
const mostPeople = 100;

type Count = { readonly ssrc: number; sequence: number; readonly atMs: number[] };

/**
 * Counts the packets of people who are not heard, by their headers alone. Each new packet counts as 20 ms: silence frames cannot be
 * told from voice without decryption, and clients send at most five after a voice. At most 250 instants of 100 people are kept.
 */
export class UnheardPackets {
  readonly #counts = new Map<string, Count>();

  /** True where this person's packets have now arrived for 5 s within 10 s. A repeated or late packet does not count. */
  add({ speakerId, ssrc, sequence, atMs }: PacketHeader): boolean {
    const known = this.#counts.get(speakerId);
    if (!known && this.#counts.size >= mostPeople) return false;
    if (known?.ssrc === ssrc && !isAfter(sequence, known.sequence)) return false;
    const count = known?.ssrc === ssrc ? known : { ssrc, sequence, atMs: known?.atMs ?? [] };
    count.sequence = sequence;
    count.atMs.push(atMs);
    const from = count.atMs.findIndex((one) => atMs - one < withinMs);
    count.atMs.splice(0, from);
    this.#counts.set(speakerId, count);
    return count.atMs.length >= enough;
  }

  forget(speakerId: string): void {
    this.#counts.delete(speakerId);
  }

  /** Forgets all others. */
  keep(speakerIds: ReadonlySet<string>): void {
    for (const id of this.#counts.keys()) if (!speakerIds.has(id)) this.#counts.delete(id);
  }
}

/** Serial numbers of 16 bit (RFC 1982). */
function isAfter(sequence: number, last: number): boolean {
  const ahead = (sequence - last) & 0xffff;
  return ahead > 0 && ahead < 0x8000;
}
