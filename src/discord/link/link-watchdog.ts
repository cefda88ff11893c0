import '#src/discord/library/sodium.ts';
import {
  type VoiceConnection,
  VoiceConnectionStatus,
  type VoiceWebSocket,
} from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { getInnerSocket, opcodes } from './voice-library.ts';

/** Interval of checks, and the most that one check counts for after a stall of the process. */
const [checkMs, longestCheckMs] = [500, 1_000];
/** A fault of this length breaks the link. */
const brokenMs = 10_000;
const noFault = 'none';
/** Discord tells a new link of all former speakers during this time. */
const retoldMs = 2_000;
/** Packets may arrive this long before Discord names the speaker. */
const earlyMs = 1_000;

export type LinkWatchdogOptions = {
  readonly connection: VoiceConnection;
  readonly timing: SyncTiming;
  readonly settled: () => boolean;
  readonly others: () => number;
  readonly speakers: {
    mayHear(speakerId: PersonId): boolean;
    readonly openedAtMs: ReadonlyMap<string, number>;
    readonly unopenedAtMs: ReadonlyMap<string, number>;
  };
  readonly output: {
    readonly isBusy: boolean;
    readonly counts: { readonly sent: number };
  };
  /** Notes a fault that has lasted 10 s, at each check. */
  onFault(fault: string): void;
  /** Notes that 10 s have passed without a fault. */
  onWhole(): void;
  fail(error: unknown): void;
};

/** Finds faults that keep a voice link from carrying sound. */
export function createLinkWatchdog(options: LinkWatchdogOptions) {
  const seenMs = new Map<string, number>();
  /**
   * Times at which Discord began to show people as speaking who might be heard then.
   */
  const shown = new Map<string, number>();
  let socket: VoiceWebSocket | undefined;
  let readyAtMs: number | undefined;
  let checkedAtMs: number | undefined;
  let sentCount = 0;
  let stopped = false;
  let forget: (() => void) | undefined;
  arm();

  function arm() {
    forget = options.timing.later(checkMs, () => {
      try {
        checkFaults(options.timing.nowMs());
      } catch (error) {
        options.fail(error);
      }
      if (!stopped) arm();
    });
  }

  function checkFaults(atMs: number) {
    const passedMs = Math.min(longestCheckMs, atMs - (checkedAtMs ?? atMs));
    checkedAtMs = atMs;
    const faults = findFaults(atMs);
    const isWhole = !Object.values(faults).includes(true);
    for (const [what, holds] of Object.entries({ ...faults, [noFault]: isWhole })) {
      if (holds) seenMs.set(what, (seenMs.get(what) ?? -passedMs) + passedMs);
      else seenMs.delete(what);
    }
    const [what = noFault, ms = 0] =
      [...seenMs].find(([, lastingMs]) => lastingMs >= brokenMs) ?? [];
    if (what !== noFault) options.onFault(`For 10 s ${what}.`);
    else if (ms >= brokenMs && ms - passedMs < brokenMs) options.onWhole();
  }

  function findFaults(atMs: number) {
    const { connection, others, output, settled } = options;
    const isReady = connection.state.status === VoiceConnectionStatus.Ready;
    const isOpen = settled();
    const isUnanswered =
      socket !== undefined && getInnerSocket(socket).missedHeartbeats > 0;
    const { sent } = output.counts;
    const hasSent = sent !== sentCount;
    sentCount = sent;
    return {
      'it has not been ready': !isReady,
      'frames have waited, and none has left': output.isBusy && isOpen && !hasSent,
      'the heartbeats of the voice socket have had no answer': isUnanswered,
      'the end-to-end group has not been whole': isReady && others() > 0 && !isOpen,
      'no voice that can be opened has come, also not from people who speak':
        isReady && isDeaf(atMs),
    };
  }

  /** Tests whether the only speaker, or two of several, stay unheard. */
  function isDeaf(atMs: number) {
    readyAtMs ??= atMs;
    const { others, speakers } = options;
    const { openedAtMs, unopenedAtMs } = speakers;
    if ([...openedAtMs.values()].some((ms) => atMs - ms < longestCheckMs)) return false;
    const fromMs = readyAtMs + retoldMs;
    const unheard = [...shown, ...unopenedAtMs].filter(([id, ms]) => {
      const isHeard = (openedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) >= ms - earlyMs;
      return ms >= fromMs && !isHeard && speakers.mayHear(id);
    });
    // One of several is no fault, or anybody could interrupt the bot for all.
    return new Set(unheard.map(([id]) => id)).size > (others() === 1 ? 0 : 1);
  }

  return {
    restart() {
      shown.clear();
      readyAtMs = undefined;
    },

    stop() {
      stopped = true;
      forget?.();
    },

    watchSocket(ws: VoiceWebSocket) {
      socket = ws;
      const { speakers, timing } = options;
      ws.on('packet', ({ op, d }) => {
        const isShown = op === opcodes.speaking && d.speaking !== 0;
        // Discord shows a person once, with the first packet. Silence after a later yes is no fault.
        if (isShown && speakers.mayHear(d.user_id))
          shown.set(d.user_id, timing.nowMs());
        else if (op === opcodes.speaking || op === opcodes.clientDisconnect)
          shown.delete(d.user_id);
      });
    },
  };
}
