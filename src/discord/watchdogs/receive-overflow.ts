import { readFile } from 'node:fs/promises';
import type { VoiceUDPSocket } from '@discordjs/voice';
import { innerUdp } from '#src/discord/library/voice-library.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';

/** Wait, in ms, before the kernel is asked: once for all packets that are missing after a stall. */
const checkAfterMs = 1_000;
/** Sources whose sequence is remembered: as many as may sit in a channel. */
const mostSources = 100;
/** A sequence that is further ahead belongs to another stream. */
const mostMissing = 3_000;

/** Where a socket is bound; once it is connected, the address of this machine towards its peer. */
type SocketAddress = { readonly address: string; readonly port: number };

/**
 * Finds out whether the kernel dropped missing packets because the receive buffer was full.
 *
 * It asks when a gap in a person's sequence numbers shows that a packet is missing; a network loses packets, too.
 */
export class ReceiveOverflow {
  readonly #timing: SyncTiming;
  readonly #overflowed: (datagrams: number) => void;
  readonly #sequences = new Map<number, number>();
  #udp: VoiceUDPSocket | undefined;
  /** Dropped at the present socket, as far as it was told. */
  #dropped = 0;
  #forget: (() => void) | undefined;

  /** `overflowed` is told how many more have been dropped. */
  constructor(timing: SyncTiming, overflowed: (datagrams: number) => void) {
    this.#timing = timing;
    this.#overflowed = overflowed;
  }

  /** Another socket, or none. */
  restart(udp?: VoiceUDPSocket): void {
    this.#udp = udp;
    this.#dropped = 0;
    this.#sequences.clear();
    this.#forget?.();
    this.#forget = undefined;
  }

  /** A voice datagram came. */
  note(ssrc: number, sequence: number): void {
    const last = this.#sequences.get(ssrc);
    if (last === undefined && this.#sequences.size >= mostSources) this.#sequences.clear();
    this.#sequences.set(ssrc, sequence);
    if (last === undefined || this.#forget) return;
    const ahead = (sequence - last) & 0xffff;
    if (ahead < 2 || ahead > mostMissing) return;
    this.#forget = this.#timing.later(checkAfterMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    this.#forget = undefined;
    const udp = this.#udp;
    if (!udp) return;
    const bound = addressOf(udp);
    const now = bound ? await droppedAt(bound) : 0;
    if (udp !== this.#udp || now <= this.#dropped) return;
    const more = now - this.#dropped;
    this.#dropped = now;
    this.#overflowed(more);
  }
}

/** Undefined for a socket that is not open. */
function addressOf(udp: VoiceUDPSocket): SocketAddress | undefined {
  try {
    return innerUdp(udp).socket.address();
  } catch {
    return undefined;
  }
}

/** 0 where the system does not tell. */
async function droppedAt(bound: SocketAddress): Promise<number> {
  return readDropped(await readFile('/proc/net/udp', 'utf8').catch(() => ''), bound);
}

/** Datagrams dropped so far at a socket with this IPv4 address, the last column of `/proc/net/udp` (Linux, proc_net_udp(5)). */
export function readDropped(table: string, { address, port }: SocketAddress): number {
  const bytes = address.split('.').map((part) => hex(Number(part), 2));
  const bound = `${bytes.toReversed().join('')}:${hex(port, 4)}`;
  const row = table.split('\n').find((line) => line.trim().split(/\s+/)[1] === bound);
  return Number(row?.trim().split(/\s+/).at(-1) ?? 0);
}

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, '0');
}
