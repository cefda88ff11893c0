import '#src/discord/library/sodium.ts';
import { VoiceConnectionStatus } from '@discordjs/voice';

/** Most, in ms, that one look counts for, however long the process stood still before it. */
const longestCheckMs = 1_000;

/** Time that a condition has been seen to hold, by looks; a time in which the process stands still counts as one look. */
class SeenFor {
  readonly #longestCheckMs: number;
  #ms = 0;
  #held = false;
  #checkedAtMs: number | undefined;

  constructor(longestCheckMs: number) {
    this.#longestCheckMs = longestCheckMs;
  }

  /** Milliseconds since the first look at which it held. */
  check(holds: boolean, atMs: number): number {
    const passedMs = Math.min(this.#longestCheckMs, atMs - (this.#checkedAtMs ?? atMs));
    this.#checkedAtMs = atMs;
    this.#ms = holds && this.#held ? this.#ms + passedMs : 0;
    this.#held = holds;
    return this.#ms;
  }
}

/** Time, in ms, after which a link that is not ready is down, and most that one look counts for. */
const [downMs, downCheckMs] = [400, 300];

type ConnectionVerdict = 'up' | 'pending' | { readonly fault: string };

/** Watchdog of the status of one connection. Before it has been ready once, its opener waits for it. */
export class ConnectionWatchdog {
  readonly #down = new SeenFor(downCheckMs);
  #wasReady = false;

  check(status: VoiceConnectionStatus, atMs: number): ConnectionVerdict {
    const isReady = status === VoiceConnectionStatus.Ready;
    this.#wasReady ||= isReady;
    const ms = this.#down.check(this.#wasReady && !isReady, atMs);
    if (isReady) return 'up';
    if (ms < downMs) return 'pending';
    return { fault: `The voice link has been ${status} for ${(ms / 1_000).toFixed(1)} s.` };
  }
}

const reportedAfterMs = 5_000;
/**
 * Age, in ms, at which the group is reset, and the link opened anew: sooner while it is not open, as then the bot hears no
 * person at all.
 */
const [closedGroup, openGroup] = [
  { resetMs: 5_000, rejoinMs: 12_000 },
  { resetMs: 10_000, rejoinMs: 20_000 },
];
/** Interval, in ms, of further resets of a group that is not open. */
const resetAgainMs = 10_000;

type EncryptionVerdict = {
  /** Fault of a group that was seen unsettled, or without a connected person, in company; undefined below 5 s. */
  readonly fault?: string;
  /** True once, and every 10 s again while the group is not even open: then nothing is heard that a reset could spoil. */
  readonly reset: boolean;
  readonly rejoin: boolean;
};

/** Watchdog of the end-to-end group of one link. Alone there is no group, so time alone counts for nothing. */
export class EncryptionWatchdog {
  readonly #unsettled = new SeenFor(longestCheckMs);
  #lastResetMs: number | undefined;

  /** `inCompany`: the link is ready and another person is there; `isWhole`: all connected people are in the group, too. */
  check(inCompany: boolean, isOpen: boolean, isWhole: boolean, atMs: number): EncryptionVerdict {
    const ms = this.#unsettled.check(inCompany && !(isOpen && isWhole), atMs);
    if (ms === 0) this.#lastResetMs = undefined;
    if (ms < reportedAfterMs) return { reset: false, rejoin: false };
    const { resetMs, rejoinMs } = isOpen ? openGroup : closedGroup;
    const last = this.#lastResetMs;
    const reset = last === undefined ? ms >= resetMs : !isOpen && ms >= last + resetAgainMs;
    if (reset) this.#lastResetMs = ms;
    const fault = `The end-to-end group has been unsettled or incomplete for ${Math.round(ms / 1000)} s.`;
    return { fault, reset, rejoin: ms >= rejoinMs };
  }
}

const stuckMs = 500;
/** Longest look, in ms, as often as the watchdogs look: a stall of the process is no fault of the sender. */
const framesCheckMs = 250;

/** Watchdog of the bot's sending: frames to send, a settled link, and none left. */
export class FramesWatchdog {
  readonly #stuck = new SeenFor(framesCheckMs);
  #sent = 0;

  /** Fault in one sentence. `sent` counts frames that left. */
  fault(hasFrames: boolean, sent: number, atMs: number): string | undefined {
    const isStuck = hasFrames && sent === this.#sent;
    this.#sent = sent;
    const ms = this.#stuck.check(isStuck, atMs);
    return ms < stuckMs ? undefined : `No frame has left for ${Math.round(ms)} ms.`;
  }
}

/** Heartbeats go out once an interval, so two have no answer by then; the library waits for four and a close besides. */
const intervals = 2.5;

/** Watchdog of one voice socket, by the answers to its heartbeats. */
export class HeartbeatWatchdog {
  readonly #silent = new SeenFor(longestCheckMs);
  #intervalMs: number | undefined;
  #isAnswered = false;

  /** Op 8. */
  hello(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.#isAnswered = true;
  }

  /** Op 6. */
  answered(): void {
    this.#isAnswered = true;
  }

  isDead(atMs: number): boolean {
    const ms = this.#silent.check(!this.#isAnswered, atMs);
    this.#isAnswered = false;
    return this.#intervalMs !== undefined && ms >= intervals * this.#intervalMs;
  }
}

const unheardMs = 10_000;
/** Time, in ms, in which a new link is told of all people that have ever spoken, also of those that are silent now. */
const retoldMs = 2_000;
/** Packets may come shortly before Discord says whose they are. */
const earlyMs = 1_000;

type ShownSpeaker = { readonly sinceMs: number; readonly unheard: SeenFor };

/** View of one person for the watchdog. */
export type SpeakerWatch = {
  mayHear(speakerId: string): boolean;
  /** When their last packet came. */
  lastPacketAtMs(speakerId: string): number | undefined;
};

/** Watchdog of people whom Discord shows as speaking (op 5) without a packet from them. */
export class SpeakerWatchdog {
  readonly #shown = new Map<string, ShownSpeaker>();
  #readyAtMs: number | undefined;

  /** Op 5. */
  speaking(speakerId: string, isOn: boolean, atMs: number): void {
    if (!isOn) this.#shown.delete(speakerId);
    else if (this.#readyAtMs === undefined || atMs - this.#readyAtMs < retoldMs) return;
    else if (!this.#shown.has(speakerId)) {
      this.#shown.set(speakerId, { sinceMs: atMs, unheard: new SeenFor(longestCheckMs) });
    }
  }

  /** Op 13. */
  gone(speakerId: string): void {
    this.#shown.delete(speakerId);
  }

  /** The first person without a packet for 10 s; to be asked while the link is ready. */
  unheard(hearing: SpeakerWatch, atMs: number): string | undefined {
    this.#readyAtMs ??= atMs;
    let first: string | undefined;
    for (const [speakerId, { sinceMs, unheard }] of this.#shown) {
      if ((hearing.lastPacketAtMs(speakerId) ?? Number.NEGATIVE_INFINITY) >= sinceMs - earlyMs) {
        this.#shown.delete(speakerId);
      } else if (unheard.check(hearing.mayHear(speakerId), atMs) >= unheardMs) first ??= speakerId;
    }
    return first;
  }
}

/** Longest time, in ms, that a server that used to answer may leave our requests unanswered. */
const deadMs = 10_000;
/** Least unanswered requests for an alert: after a stall of the process a single one is old at once. */
const leastUnanswered = 8;

/**
 * Watchdog of one UDP path, by our own requests for IP discovery.
 *
 * A server that never answers them once the link is ready proves nothing by its silence.
 */
export class UdpWatchdog {
  #firstAddress: string | undefined;
  #address: string | undefined;
  #requested = false;
  #answers = false;
  #unanswered = 0;
  #unansweredSinceMs = 0;

  /** Whether the last request was answered, and so the path is known to be open. */
  get proven(): boolean {
    return this.#answers && this.#unanswered <= 1;
  }

  /** A request has left over the ready link. */
  requested(atMs: number): void {
    if (this.#unanswered === 0) this.#unansweredSinceMs = atMs;
    this.#unanswered++;
    this.#requested = true;
  }

  /** The server told our outside address, also while the link was opened. */
  answered(address: string): void {
    this.#firstAddress ??= address;
    this.#address = address;
    this.#answers = this.#requested;
    this.#unanswered = 0;
  }

  /** Fault of the path, in one sentence. */
  fault(atMs: number): string | undefined {
    if (this.#address !== this.#firstAddress) {
      return 'The outside address of the UDP socket has changed.';
    }
    const silentMs = atMs - this.#unansweredSinceMs;
    if (!this.#answers || this.#unanswered < leastUnanswered || silentMs < deadMs) return undefined;
    return `The voice server left ${this.#unanswered} IP discovery requests unanswered for ${Math.round(silentMs / 1000)} s.`;
  }
}
