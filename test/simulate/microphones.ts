import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Luck } from './luck.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import { makePackets } from './spoken-sound.ts';
import type { WorldPlan } from './world-plan.ts';

/** Time, in ms, for which an open microphone sends after its owner has spoken. */
const noiseMs = 2_000;
/** Shortest and longest pause, in ms, of somebody who goes on. */
const [minPauseMs, maxPauseMs] = [300, 1_500];
const frameMs = 20;
/** Sound, in ms, of a cough, with the breath before it. */
const coughMs = 540;
/** Sound, in ms, that a flood brings after its first words. */
const floodMs = 6_000;

type NetworkPlan = Pick<
  WorldPlan,
  'endsAbruptly' | 'hasOpenMicrophones' | 'latenessMs' | 'lostShare'
>;

export type SimulatedMicrophones = ReturnType<typeof createSimulatedMicrophones>;

/** Voices of people, and their packets on the way through a network that loses and delays some. */
export function createSimulatedMicrophones(plan: NetworkPlan, luck: Luck) {
  /** Everything that was said aloud. */
  const sayings: SaidWords[] = [];
  const busyUntilMs = new Map<string, number>();
  let waitingPackets: readonly Packet[] = [];
  const plannedLuck = luck;

  /** A packet as the network brings it; none: it is lost. */
  function sendPackets(packet: Packet) {
    const { latenessMs, lostShare } = plan;
    const luck = plannedLuck.draw(`packet ${packet.speakerId} ${packet.sequence}`);
    if (luck < lostShare) return [];
    return [{ ...packet, atMs: packet.atMs + Math.floor(luck * latenessMs) }];
  }

  /** Says some words, and returns the instant, in ms, of their end. */
  function sayWords(by: PersonId, text: string, fromMs: number, maxMs?: number) {
    const { endsAbruptly, hasOpenMicrophones } = plan;
    const openMs = hasOpenMicrophones ? noiseMs : 0;
    const packets = makePackets(by, { number: sayings.length, text }, fromMs, {
      noiseMs: openMs,
      endsAbruptly: endsAbruptly && !hasOpenMicrophones,
      maxMs,
    });
    const toMs = packets.at(-1)?.atMs ?? fromMs;
    sayings.push({ by, text, fromMs, toMs: toMs - openMs });
    busyUntilMs.set(by, toMs + frameMs);
    const sent = packets.flatMap((packet) => sendPackets(packet));
    waitingPackets = [...waitingPackets, ...sent].sort(
      (packet, otherPacket) => packet.atMs - otherPacket.atMs,
    );
    return toMs;
  }

  function drawPauseMs(fromMs: number) {
    const luck = plannedLuck.draw(`pause ${fromMs}`);
    return minPauseMs + Math.floor(luck * (maxPauseMs - minPauseMs));
  }

  return {
    said: sayings,

    /** Whether nothing is on its way. */
    get isQuiet() {
      return waitingPackets.length === 0;
    },

    /** From now on all packets arrive in time. */
    heal() {
      plan = { ...plan, latenessMs: 0, lostShare: 0 };
    },

    /** Each person says one thing at a time. ` ... ` is a pause in it, after which they go on. */
    say(by: PersonId, text: string, nowMs: number) {
      if ((busyUntilMs.get(by) ?? 0) > nowMs) return;
      let fromMs = nowMs;
      for (const sentence of text.split(' ... '))
        fromMs = sayWords(by, sentence, fromMs) + drawPauseMs(fromMs);
    },

    /** A sound that is no word, and too short for one. */
    cough(by: PersonId, nowMs: number) {
      if ((busyUntilMs.get(by) ?? 0) <= nowMs) sayWords(by, '', nowMs, coughMs);
    },

    /** A client of a person sends some seconds of sound at once. */
    flood(by: PersonId, nowMs: number) {
      if ((busyUntilMs.get(by) ?? 0) > nowMs) return;
      const packets = makePackets(by, { number: sayings.length, text: '' }, nowMs, {
        noiseMs: floodMs,
        endsAbruptly: false,
      });
      const toMs = packets.at(-1)?.atMs ?? nowMs;
      sayings.push({ by, text: '', fromMs: nowMs, toMs });
      busyUntilMs.set(by, toMs + frameMs);
      const flood = packets.map((packet) => ({ ...packet, atMs: nowMs }));
      waitingPackets = [...flood, ...waitingPackets];
    },

    /** Takes the packets that have arrived by now. */
    takeDue(nowMs: number) {
      const due = waitingPackets.filter(({ atMs }) => atMs <= nowMs);
      if (due.length > 0)
        waitingPackets = waitingPackets.filter(({ atMs }) => atMs > nowMs);
      return due;
    },
  };
}
