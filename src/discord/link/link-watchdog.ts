import '#src/discord/library/sodium.ts';
import {
  type VoiceConnection,
  VoiceConnectionStatus,
  type VoiceWebSocket,
} from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { admitSetting, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import { getInnerSocket, opcodes } from './voice-library.ts';

/** Interval of checks, and the most that one check counts for after a stall of the process. */
const [checkMs, maxCheckMs] = [500, 1_000];
/** A fault of this length breaks the link. */
const brokenMs = 10_000;
const noFault = 'none';
/** Discord tells a new link of all former speakers during this time. */
const retoldMs = 2_000;
/** Packets may arrive this long before Discord names the speaker. */
const earlyMs = 1_000;

export type LinkWatchdogDeps = {
  readonly connection: VoiceConnection;
  readonly timing: SyncTiming;
  /** Returns whether people can hear frames. */
  readonly isSettled: () => boolean;
  /** Counts the people in the channel, without the bot. */
  readonly countOthers: () => number;
  readonly speakers: {
    /** Returns whether a person has consented. Nobody else can be unheard. */
    mayHear(speakerId: PersonId): boolean;
    /** Times of the last voice that could be decrypted, by person. */
    readonly openedAtMs: ReadonlyMap<PersonId, number>;
    /** Times of the last voice that could not be decrypted, by person. */
    readonly unopenedAtMs: ReadonlyMap<PersonId, number>;
  };
  readonly output: {
    readonly isBusy: boolean;
    readonly counts: { readonly sent: number };
  };
  /** Called with a sentence at each check while a fault has lasted 10 s or more. */
  onFault(fault: LoggedText): void;
  /** Called once when 10 s have passed without a fault. */
  onWhole(): void;
  /** Called with an error of a check. Later checks go on. */
  onFailure(error: unknown): void;
};

/**
 * Watches a voice link for faults that keep it from carrying sound, from its creation until `stop`. Call `watchSocket`
 * for each new voice socket and `restart` for each new voice server.
 */
export class LinkWatchdog {
  readonly #deps;
  /** How long each fault has lasted, in ms. */
  readonly #lastingMs = new Map<string, number>();
  /**
   * Times at which Discord began to show people as speaking who might be heard then.
   */
  readonly #shownAtMs = new Map<PersonId, number>();
  #socket: VoiceWebSocket | undefined;
  #readyAtMs: number | undefined;
  #checkedAtMs: number | undefined;
  #sentCount = 0;
  #isStopped = false;
  #cancelCheck: (() => void) | undefined;

  constructor(deps: LinkWatchdogDeps) {
    this.#deps = deps;
    this.#planCheck();
  }

  /** Forgets speakers of a former voice server. */
  restart(): void {
    this.#shownAtMs.clear();
    this.#readyAtMs = undefined;
  }

  /** Ends the checks for good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelCheck?.();
  }

  /** Watches the voice socket that is in use now, in place of the former one. */
  watchSocket(socket: VoiceWebSocket): void {
    this.#socket = socket;
    const { speakers, timing } = this.#deps;
    socket.on('packet', ({ op, d }) => {
      const isShown = op === opcodes.speaking && d.speaking !== 0;
      // Discord shows a person once, with the first packet. Silence after a later yes is no fault.
      if (isShown && speakers.mayHear(d.user_id))
        this.#shownAtMs.set(d.user_id, timing.nowMs());
      else if (op === opcodes.speaking || op === opcodes.clientDisconnect)
        this.#shownAtMs.delete(d.user_id);
    });
  }

  #planCheck() {
    const { timing } = this.#deps;
    this.#cancelCheck = timing.later(checkMs, () => {
      try {
        this.#checkFaults(timing.nowMs());
      } catch (error) {
        this.#deps.onFailure(error);
      }
      if (!this.#isStopped) this.#planCheck();
    });
  }

  #checkFaults(atMs: number) {
    const passedMs = Math.min(maxCheckMs, atMs - (this.#checkedAtMs ?? atMs));
    this.#checkedAtMs = atMs;
    this.#countFaults(this.#findFaults(atMs), passedMs);
    const [fault = noFault, ms = 0] =
      [...this.#lastingMs].find(([, lastingMs]) => lastingMs >= brokenMs) ?? [];
    if (fault !== noFault)
      this.#deps.onFault(writeSentence`For 10 s ${admitSetting(fault)}.`);
    else if (ms >= brokenMs && ms - passedMs < brokenMs) this.#deps.onWhole();
  }

  #countFaults(faults: Readonly<Record<string, boolean>>, passedMs: number) {
    const isWhole = !Object.values(faults).includes(true);
    for (const [fault, isPresent] of Object.entries({
      ...faults,
      [noFault]: isWhole,
    })) {
      if (isPresent) {
        const lastingMs = this.#lastingMs.get(fault) ?? -passedMs;
        this.#lastingMs.set(fault, lastingMs + passedMs);
      } else this.#lastingMs.delete(fault);
    }
  }

  #findFaults(atMs: number) {
    const { connection, countOthers, isSettled, output } = this.#deps;
    const isReady = connection.state.status === VoiceConnectionStatus.Ready;
    const isOpen = isSettled();
    const isUnanswered =
      this.#socket !== undefined && getInnerSocket(this.#socket).missedHeartbeats > 0;
    const { sent } = output.counts;
    const hasSent = sent !== this.#sentCount;
    this.#sentCount = sent;
    return {
      'it has not been ready': !isReady,
      'frames have waited, and none has left': output.isBusy && isOpen && !hasSent,
      'the heartbeats of the voice socket have had no answer': isUnanswered,
      'the end-to-end group has not been whole':
        isReady && countOthers() > 0 && !isOpen,
      'no voice that can be opened has come, also not from people who speak':
        isReady && this.#isDeaf(atMs),
    };
  }

  /** Tests whether the only other person in the channel, or at least two of several, speak and stay unheard. */
  #isDeaf(atMs: number) {
    this.#readyAtMs ??= atMs;
    const { countOthers, speakers } = this.#deps;
    const { openedAtMs, unopenedAtMs } = speakers;
    if ([...openedAtMs.values()].some((ms) => atMs - ms < maxCheckMs)) return false;
    const fromMs = this.#readyAtMs + retoldMs;
    const unheard = [...this.#shownAtMs, ...unopenedAtMs].filter(([speakerId, ms]) => {
      const heardAtMs = openedAtMs.get(speakerId) ?? Number.NEGATIVE_INFINITY;
      const isHeard = heardAtMs >= ms - earlyMs;
      return ms >= fromMs && !isHeard && speakers.mayHear(speakerId);
    });
    // One of several is no fault, or anybody could interrupt the bot for all.
    const speakerIds = new Set(unheard.map(([speakerId]) => speakerId));
    return speakerIds.size > (countOthers() === 1 ? 0 : 1);
  }
}
