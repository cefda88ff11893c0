import type { PacketCounts } from '#src/session/ports/events.ts';

export const noPackets: PacketCounts = {
  heard: 0,
  lost: 0,
  late: 0,
  duplicate: 0,
  reordered: 0,
  sealed: 0,
  undecodable: 0,
  concealed: 0,
  crowded: 0,
};

export function countsSince(before: PacketCounts, now: PacketCounts): PacketCounts {
  return {
    heard: now.heard - before.heard,
    lost: now.lost - before.lost,
    late: now.late - before.late,
    duplicate: now.duplicate - before.duplicate,
    reordered: now.reordered - before.reordered,
    sealed: now.sealed - before.sealed,
    undecodable: now.undecodable - before.undecodable,
    concealed: now.concealed - before.concealed,
    crowded: now.crowded - before.crowded,
  };
}

export function isNone(counts: PacketCounts): boolean {
  return Object.values(counts).every((count) => count === 0);
}
