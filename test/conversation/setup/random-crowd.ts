import { seededRandom } from '#sandbox/seeded-random.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { speech } from '#test/audio/speech.ts';

/** Next act of one person; `frames` of the silence frames a client sends at the end of a talk arrive. */
export type CrowdAct =
  | { readonly kind: 'talk'; readonly ms: number; readonly frames: number }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'no' | 'yes' | 'go' | 'come' };

/** An act other than talk, with its instant. */
export type TimedAct = {
  readonly atMs: number;
  readonly personId: string;
  readonly kind: 'no' | 'yes' | 'go' | 'come';
};

/** Shares of packets, 0 to 1. */
export type Network = {
  readonly seed: number;
  readonly lost: number;
  readonly doubled: number;
  /** Come up to 70 ms late, so behind others. */
  readonly late: number;
};

export const perfect: Network = { seed: 1, lost: 0, doubled: 0, late: 0 };

const packetMs = 20;
const silence = Buffer.from([0xf8, 0xff, 0xfe]);

const voices = ['human-librivox-0880', 'human-goforward', 'human-cards-005'] as const;
const codec = await loadOpus();
const talks = voices.map(talkOf);

/** Speech without its silent ends, encoded once. */
function talkOf(name: string): readonly Buffer[] {
  const { samples } = speech(name);
  const encoder = codec.encoder(16_000);
  const frames: Buffer[] = [];
  for (let at = 500 * 16; at + 320 <= samples.length - 600 * 16; at += 320) {
    frames.push(Buffer.from(encoder.encode(samples.subarray(at, at + 320))));
  }
  encoder.free();
  return frames;
}

export type Script = {
  /** Packets in the order in which they leave. */
  readonly packets: readonly Packet[];
  readonly acts: readonly TimedAct[];
  readonly endMs: number;
};

/** Script of a person who does all these acts, one after the other; `voice` is theirs. */
export function enact(personId: string, acts: readonly CrowdAct[], fromMs = 0, voice = 0): Script {
  const talk = talks[voice % talks.length] ?? [];
  const packets: Packet[] = [];
  const timedActs: TimedAct[] = [];
  let atMs = fromMs;
  let isThere = true;
  const send = (opus: Uint8Array) => {
    const sequence = (65_500 + packets.length) & 0xffff;
    if (isThere) packets.push({ speakerId: personId, opus, sequence, timestamp: atMs * 48, atMs });
    atMs += packetMs;
  };
  for (const act of acts) {
    if (act.kind === 'talk') for (const opus of framesOf(act, talk)) send(opus);
    else if (act.kind === 'pause') atMs += packetMs * Math.round(act.ms / packetMs);
    else timedActs.push({ atMs, personId, kind: act.kind });
    if (act.kind === 'go' || act.kind === 'come') isThere = act.kind === 'come';
  }
  return { packets, acts: timedActs, endMs: atMs };
}

function framesOf({ ms, frames }: Extract<CrowdAct, { kind: 'talk' }>, talk: readonly Buffer[]) {
  const spoken = Array.from({ length: Math.ceil(ms / packetMs) }, (_, n) => talk[n % talk.length]);
  return [...spoken, ...Array.from({ length: frames }, () => silence)].map((one) => one ?? silence);
}

/** Packets as they arrive over this network, in order of arrival. */
export function carried(packets: readonly Packet[], network: Network): Packet[] {
  const random = seededRandom(network.seed);
  const arriving = packets.flatMap((packet) => {
    const lateMs = random() < network.late ? Math.round(70 * random()) : 0;
    const here = { ...packet, atMs: packet.atMs + lateMs };
    if (random() < network.lost) return [];
    return random() < network.doubled ? [here, { ...here, atMs: here.atMs + 5 }] : [here];
  });
  return arriving.toSorted((a, b) => a.atMs - b.atMs);
}
