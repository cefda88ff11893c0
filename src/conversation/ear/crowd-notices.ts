import type { PersonId } from '#src/base/ids.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';

/** Packets of a person that found no place before the bot says so: a second of sound. Shorter sound is hardly a question. */
const minUnheardPackets = 50;

/** People who can speak at once in one channel and all be heard. */
export const maxSpeakers = 25;

type CrowdNoticesDeps = {
  readonly notices: Pick<ChannelNotices, 'notifyPerson'>;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
};

/** Tells each person once in a session who speaks while 25 others do, and so is not heard. */
export class CrowdNotices {
  readonly #deps;
  readonly #packetCounts = new Map<PersonId, number>();

  constructor(deps: CrowdNoticesDeps) {
    this.#deps = deps;
  }

  /** Counts a packet that found no place. Never throws. */
  onUnheardPacket(speakerId: PersonId): void {
    const count = (this.#packetCounts.get(speakerId) ?? 0) + 1;
    this.#packetCounts.set(speakerId, count);
    if (count !== minUnheardPackets) return;
    const { notices, signal } = this.#deps;
    const line = { id: 'hearing.crowd', with: { n: maxSpeakers } } as const;
    notices.notifyPerson(speakerId, [line], signal, []);
  }
}
