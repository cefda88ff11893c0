/** Undecodable sound of one person, in ms, after which they are told. */
const lostMs = 5_000;
/** An utterance has as much of it at least; a change of end-to-end keys costs less in the middle of one. */
const utteranceMs = 600;
/** Pause, in ms, after the last packet that ends an utterance. */
const pauseMs = 500;
/**
 * Time, in ms, from the first failure to a new link: by then the end-to-end group has been reset, and that had 10 s to
 * help.
 */
const rejoinAfterMs = 12_000;
/** New keys help once; what lasts has another cause. */
const rejoinEveryMs = 600_000;

type DecodingFailure = {
  sinceMs: number;
  raised: boolean;
  /** Reported over the present link. */
  reported: boolean;
  /** All of it so far, in ms, and when its last packet came. */
  unheardMs: number;
  lastAtMs: number;
  /** Part of it, in ms, that belongs to utterances already reported. */
  reportedMs: number;
};

/** A change for one person: `rejoins` tells whether a new link is still to be tried. */
export type DecodingChange =
  | { readonly kind: 'raised'; readonly speakerId: string; readonly rejoins: boolean }
  /** All people can be decoded again, or have left. */
  | { readonly kind: 'cleared' };

/** Watchdog of people whose packets arrive and cannot be decoded, through all links of a session. */
export class DecodingWatchdog {
  readonly #troubles = new Map<string, DecodingFailure>();
  #rejoinedAtMs = Number.NEGATIVE_INFINITY;

  /** `unheardMs` of sound in a row could not be decoded at the last packet of this person. */
  missed(speakerId: string, unheardMs: number, atMs: number): DecodingChange | undefined {
    const trouble = this.#troubles.get(speakerId) ?? failureSince(atMs);
    this.#troubles.set(speakerId, trouble);
    if (unheardMs < trouble.unheardMs) trouble.reportedMs = 0; // a new link counts anew
    trouble.unheardMs = unheardMs;
    trouble.lastAtMs = atMs;
    if (trouble.reported || unheardMs < lostMs) return undefined;
    trouble.raised = trouble.reported = true;
    return { kind: 'raised', speakerId, rejoins: this.#mayRejoin(atMs) };
  }

  /** People who have just ended an utterance that could not be decoded, once each, unless they are told of anyway. */
  endedUtterances(atMs: number): readonly string[] {
    const ended: string[] = [];
    for (const [speakerId, trouble] of this.#troubles) {
      const { raised, unheardMs, reportedMs, lastAtMs } = trouble;
      if (raised || unheardMs - reportedMs < utteranceMs || atMs - lastAtMs < pauseMs) continue;
      trouble.reportedMs = unheardMs;
      ended.push(speakerId);
    }
    return ended;
  }

  /** Whether a person cannot be decoded. */
  get isWatching(): boolean {
    return this.#troubles.size > 0;
  }

  /** Whether this person has been told of, and still cannot be decoded. */
  isRaised(speakerId: string): boolean {
    return this.#troubles.get(speakerId)?.raised === true;
  }

  /** Sound of this person was decoded. */
  decoded(speakerId: string): DecodingChange | undefined {
    return this.#over([speakerId]);
  }

  /** Forgets people who left or may not be heard any more. */
  keep(isHeard: (speakerId: string) => boolean): DecodingChange | undefined {
    return this.#over([...this.#troubles.keys()].filter((speakerId) => !isHeard(speakerId)));
  }

  /** True once when the link is to be opened anew now; who cannot be decoded over the new one is told of again. */
  rejoins(atMs: number): boolean {
    const isDue = [...this.#troubles.values()].some(
      ({ raised, sinceMs }) => raised && atMs - sinceMs >= rejoinAfterMs,
    );
    if (!isDue || !this.#mayRejoin(atMs)) return false;
    this.#rejoinedAtMs = atMs;
    for (const trouble of this.#troubles.values()) {
      Object.assign(trouble, { reported: false, sinceMs: atMs });
    }
    return true;
  }

  #mayRejoin(atMs: number): boolean {
    return atMs - this.#rejoinedAtMs >= rejoinEveryMs;
  }

  #over(speakerIds: readonly string[]): DecodingChange | undefined {
    let wasRaised = false;
    for (const speakerId of speakerIds) {
      wasRaised ||= this.isRaised(speakerId);
      this.#troubles.delete(speakerId);
    }
    const isRaised = [...this.#troubles.values()].some(({ raised }) => raised);
    return wasRaised && !isRaised ? { kind: 'cleared' } : undefined;
  }
}

function failureSince(sinceMs: number): DecodingFailure {
  return {
    sinceMs,
    raised: false,
    reported: false,
    unheardMs: 0,
    lastAtMs: sinceMs,
    reportedMs: 0,
  };
}
