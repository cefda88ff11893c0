import '#src/discord/library/sodium.ts';
import { type VoiceConnection, VoiceConnectionStatus } from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { admitLiteral, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import { findNetworking, getInnerSocket } from '#src/discord/link/voice-library.ts';
import type { PathProof, UdpPath } from './udp-path.ts';

/** Interval of checks, and the most that one check counts for after a stall of the process. */
const [checkMs, maxCheckMs] = [500, 1_000];
/** Oldest proof of a path that carries. A link is whole after as long with proof of all paths. */
const maxAgeMs = 10_000;
/** A change of the end-to-end group's keys takes so long. Voice may stay closed meanwhile. */
const keyChangeMs = 2_000;
/** Longest time between closed voices of two people that tell of one fault. */
const maxApartMs = 60_000;

type PathFault =
  | 'it has not been ready'
  | 'frames have waited, and none has left'
  | 'the heartbeats of the voice socket have had no answer'
  | 'the end-to-end group has not been whole'
  | 'no voice that can be opened has come';

export type LinkFault = {
  readonly sentence: LoggedText;
  /** True if the link may be whole all the same. */
  readonly isGuess: boolean;
  /** Time for which the voice server answered over UDP, if the fault is that it stopped. */
  readonly answeredForMs?: number | undefined;
};

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
  /** Called at each check while a path has been without proof for too long. */
  onFault(fault: LinkFault): void;
  /** Called once when all paths have had proof for 10 s. */
  onWhole(): void;
  /** Called with an error of a check. Later checks go on. */
  onFailure(error: unknown): void;
};

/**
 * Watches a voice link from its creation until `stop`, by one rule: a path carries while its proof is fresh. Call `restart`
 * for each new voice server.
 */
export class LinkWatchdog {
  readonly #deps;
  readonly #proofAgesMs = new Map<PathFault, number>();
  #wholeMs = 0;
  #path: UdpPath | undefined;
  #readyAtMs: number | undefined;
  #checkedAtMs: number | undefined;
  #sentCount = 0;
  #isStopped = false;
  #cancelCheck: (() => void) | undefined;

  constructor(deps: LinkWatchdogDeps) {
    this.#deps = deps;
    this.#planCheck();
  }

  /** Watches the path to another voice server, whose end-to-end group is new. */
  restart(path: UdpPath): void {
    this.#path = path;
    this.#readyAtMs = undefined;
  }

  /** Ends the checks for good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelCheck?.();
  }

  #planCheck() {
    const { timing } = this.#deps;
    this.#cancelCheck = timing.later(checkMs, () => {
      try {
        this.#checkPaths(timing.nowMs());
      } catch (error) {
        this.#deps.onFailure(error);
      }
      if (!this.#isStopped) this.#planCheck();
    });
  }

  #checkPaths(atMs: number) {
    const passedMs = Math.min(maxCheckMs, atMs - (this.#checkedAtMs ?? atMs));
    this.#checkedAtMs = atMs;
    const proofs = this.#listProofs(atMs, passedMs);
    this.#countWhole(proofs, passedMs);
    const broken = proofs.find(({ ageMs, maxAgeMs }) => ageMs > maxAgeMs);
    if (!broken) return;
    const { answeredForMs, fault, isGuess, maxAgeMs } = broken;
    const sentence = writeSentence`For ${maxAgeMs / 1_000} s ${fault}.`;
    this.#deps.onFault({ sentence, isGuess, answeredForMs });
  }

  #countWhole(proofs: readonly PathProof[], passedMs: number) {
    const formerMs = this.#wholeMs;
    const isWhole = !proofs.some(({ isOverdue }) => isOverdue);
    this.#wholeMs = isWhole ? formerMs + passedMs : 0;
    if (formerMs <= maxAgeMs && this.#wholeMs > maxAgeMs) this.#deps.onWhole();
  }

  #listProofs(atMs: number, passedMs: number): readonly PathProof[] {
    const { connection, countOthers, isSettled, output } = this.#deps;
    const isReady = connection.state.status === VoiceConnectionStatus.Ready;
    const isOpen = isSettled();
    const hasCompany = countOthers() > 0;
    const { sent } = output.counts;
    const hasSent = sent !== this.#sentCount;
    this.#sentCount = sent;
    const proofs = [
      this.#renewProof('it has not been ready', isReady, passedMs),
      this.#renewProof(
        'frames have waited, and none has left',
        hasSent || !output.isBusy || !isOpen,
        passedMs,
      ),
      this.#renewProof(
        'the heartbeats of the voice socket have had no answer',
        this.#isSocketAnswered(),
        passedMs,
      ),
      this.#renewProof(
        'the end-to-end group has not been whole',
        isOpen || !isReady || !hasCompany,
        passedMs,
      ),
      this.#renewProof(
        'no voice that can be opened has come',
        !isReady || this.#canOpenVoice(atMs),
        passedMs,
      ),
    ];
    const udp = isReady ? this.#path?.check(passedMs, hasCompany) : undefined;
    return udp ? [...proofs, udp] : proofs;
  }

  #renewProof(fault: PathFault, isProved: boolean, passedMs: number): PathProof {
    const formerMs = this.#proofAgesMs.get(fault) ?? 0;
    const ageMs = isProved ? 0 : formerMs + passedMs;
    this.#proofAgesMs.set(fault, ageMs);
    return {
      fault: admitLiteral(fault),
      ageMs,
      maxAgeMs,
      isOverdue: !isProved,
      isGuess: false,
    };
  }

  #isSocketAnswered() {
    const state = findNetworking(this.#deps.connection)?.state;
    if (!state || !('ws' in state)) return true;
    return getInnerSocket(state.ws).missedHeartbeats === 0;
  }

  /** Tests whether not the only other person in the channel, nor two of several within a minute, send voice that stays closed. */
  #canOpenVoice(atMs: number) {
    this.#readyAtMs ??= atMs;
    const readyAtMs = this.#readyAtMs;
    const { countOthers, speakers } = this.#deps;
    const { openedAtMs, unopenedAtMs } = speakers;
    if ([...openedAtMs.values()].some((ms) => atMs - ms < maxCheckMs)) return true;
    const unheard = [...unopenedAtMs].filter(([speakerId, unopenedMs]) => {
      const heardAtMs = openedAtMs.get(speakerId) ?? readyAtMs;
      return unopenedMs - heardAtMs > keyChangeMs && speakers.mayHear(speakerId);
    });
    const latestMs = Math.max(...unheard.map(([, unopenedMs]) => unopenedMs));
    // Of a voice that was closed once, nobody knows whether it still is.
    const together = unheard.filter(
      ([, unopenedMs]) => latestMs - unopenedMs <= maxApartMs,
    );
    // One of several is no fault, or anybody could interrupt the bot for all.
    return together.length <= (countOthers() === 1 ? 0 : 1);
  }
}
