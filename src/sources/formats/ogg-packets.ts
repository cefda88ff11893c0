import type { OggPage } from './ogg-page.ts';

/** Of a packet; a comment with pictures is longer and nobody needs it. */
const longestPacketBytes = 128 * 1024;

/** Joins packets that go over several pages. What is longer than 128 KiB, or lost its beginning, is left out. */
export class OggPackets {
  #begun: Buffer[] = [];
  #beganBytes = 0;
  #isOpen = false;

  push({ pieces, isContinued, goesOn }: OggPage): Buffer[] {
    const packets: Buffer[] = [];
    pieces.forEach((piece, n) => {
      const isRest = n === 0 && isContinued;
      const isUnfinished = n === pieces.length - 1 && goesOn;
      if (!isRest) this.#begin();
      if (this.#isOpen) this.#add(piece);
      if (!isUnfinished && this.#isOpen) packets.push(this.#close());
    });
    return packets;
  }

  #begin(): void {
    this.#begun = [];
    this.#beganBytes = 0;
    this.#isOpen = true;
  }

  #add(piece: Buffer): void {
    this.#beganBytes += piece.length;
    if (this.#beganBytes > longestPacketBytes) this.#begun = [];
    else this.#begun.push(piece);
  }

  /** Ends the packet; one that was too long is empty. */
  #close(): Buffer {
    this.#isOpen = false;
    const [only, ...others] = this.#begun;
    return only && others.length === 0 ? only : Buffer.concat(this.#begun);
  }
}
