import '#src/discord/library/sodium.ts';
import {
  type VoiceConnection,
  VoiceConnectionStatus,
  type VoiceWebSocket,
} from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import { getInnerSocket, opcodes } from './voice-library.ts';

/** Interval, in ms, of looks; most that one look counts for, however long the process stood still before it. */
const [checkMs, longestCheckMs] = [500, 1_000];
/** Time, in ms, that a fault lasts until the link is broken; and without any, until it is whole again. */
const brokenMs = 10_000;
const noFault = 'none';
/** Time, in ms, in which a new link is told of all people that have ever spoken, also of those that are silent now. */
const retoldMs = 2_000;
/** Packets may come shortly before Discord says whose they are. */
const earlyMs = 1_000;

export type LinkWatchdogOptions = {
  readonly connection: VoiceConnection;
  readonly timing: SyncTiming;
  readonly settled: () => boolean;
  /** Number of other people in the channel. */
  readonly others: () => number;
  readonly speakers: {
    mayHear(speakerId: PersonId): boolean;
    /** When the last voice of each person could be opened, and when one could not. */
    readonly openedAtMs: ReadonlyMap<string, number>;
    readonly unopenedAtMs: ReadonlyMap<string, number>;
  };
  readonly output: {
    readonly isBusy: boolean;
    readonly counts: { readonly sent: number };
  };
  /** The link has had this fault for 10 s; told at each look. */
  broken(fault: string): void;
  /** The link has had no fault for 10 s; told at each look. */
  whole(): void;
  /** A bug. */
  fail(error: unknown): void;
};

/** Tells what keeps a voice link from carrying sound. */
export class LinkWatchdog {
  readonly #options;
  /** For how long, in ms, each fault has been seen, and that there was none. */
  readonly #seenMs = new Map<string, number>();
  /** When Discord began to show each person as speaking, of those who might be heard then. */
  readonly #shown = new Map<string, number>();
  #ws: VoiceWebSocket | undefined;
  #readyAtMs: number | undefined;
  #checkedAtMs: number | undefined;
  #sent = 0;
  #stopped = false;
  #forget: (() => void) | undefined;

  constructor(options: LinkWatchdogOptions) {
    this.#options = options;
    this.#arm();
  }

  /** A new voice server: no person is shown as speaking. */
  restart(): void {
    this.#shown.clear();
    this.#readyAtMs = undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#forget?.();
  }

  /** Watches a voice socket; a resumed session comes over another one. */
  watchSocket(ws: VoiceWebSocket): void {
    this.#ws = ws;
    const { speakers, timing } = this.#options;
    ws.on('packet', ({ op, d }) => {
      const isShown = op === opcodes.speaking && d.speaking !== 0;
      // Discord shows a person once, with their first packet: of one who was not heard then, silence after a yes is no fault.
      if (isShown && speakers.mayHear(d.user_id))
        this.#shown.set(d.user_id, timing.nowMs());
      else if (op === opcodes.speaking || op === opcodes.clientDisconnect)
        this.#shown.delete(d.user_id);
    });
  }

  #arm() {
    this.#forget = this.#options.timing.later(checkMs, () => {
      try {
        this.#checkFaults(this.#options.timing.nowMs());
      } catch (error) {
        this.#options.fail(error);
      }
      if (!this.#stopped) this.#arm();
    });
  }

  #checkFaults(atMs: number) {
    const passedMs = Math.min(longestCheckMs, atMs - (this.#checkedAtMs ?? atMs));
    this.#checkedAtMs = atMs;
    const faults = this.#findFaults(atMs);
    const isWhole = !Object.values(faults).includes(true);
    for (const [what, holds] of Object.entries({ ...faults, [noFault]: isWhole })) {
      const ms = this.#seenMs.get(what);
      if (holds) this.#seenMs.set(what, ms === undefined ? 0 : ms + passedMs);
      else this.#seenMs.delete(what);
    }
    const lasting = [...this.#seenMs].find(([, ms]) => ms >= brokenMs)?.[0];
    if (lasting === noFault) this.#options.whole();
    else if (lasting !== undefined) this.#options.broken(`For 10 s ${lasting}.`);
  }

  /** Faults in words, and whether each is seen now. */
  #findFaults(atMs: number) {
    const { connection, others, output, settled } = this.#options;
    const isReady = connection.state.status === VoiceConnectionStatus.Ready;
    const isOpen = settled();
    const isUnanswered =
      this.#ws !== undefined && getInnerSocket(this.#ws).missedHeartbeats > 0;
    const { sent } = output.counts;
    const hasSent = sent !== this.#sent;
    this.#sent = sent;
    return {
      'it has not been ready': !isReady,
      'frames have waited, and none has left': output.isBusy && isOpen && !hasSent,
      'the heartbeats of the voice socket have had no answer': isUnanswered,
      'the end-to-end group has not been whole': isReady && others() > 0 && !isOpen,
      'no voice that can be opened has come, also not from people who speak':
        isReady && this.#isDeaf(atMs),
    };
  }

  /**
   * Whether the people who cannot be heard speak against the link. One person alone does not, where others are there: whatever they
   * send or leave out would otherwise interrupt the bot for everybody.
   */
  #isDeaf(atMs: number) {
    this.#readyAtMs ??= atMs;
    const { others, speakers } = this.#options;
    const { openedAtMs, unopenedAtMs } = speakers;
    if ([...openedAtMs.values()].some((ms) => atMs - ms < longestCheckMs)) return false;
    const fromMs = this.#readyAtMs + retoldMs;
    const unheard = [...this.#shown, ...unopenedAtMs].filter(([id, ms]) => {
      const isHeard = (openedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) >= ms - earlyMs;
      return ms >= fromMs && !isHeard && speakers.mayHear(id);
    });
    return new Set(unheard.map(([id]) => id)).size > (others() === 1 ? 0 : 1);
  }
}
