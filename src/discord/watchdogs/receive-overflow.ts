import { readFile } from 'node:fs/promises';
import type { VoiceUDPSocket } from '@discordjs/voice';
import { innerUdp } from '#src/discord/library/voice-library.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';

/** Until the kernel is asked, in ms: once for all that is missing after a stall. */
const lookAfterMs = 1_000;
/** Sources whose sequence is remembered: as many as may sit in a channel. */
const mostSources = 100;
/** A sequence that is further ahead belongs to another stream. */
const mostMissing = 3_000;

/**
 * Finds out whether packets that never came were dropped by the kernel because the receive buffer was full.
 *
 * It asks when a gap in somebody's sequence numbers shows that something is missing; a network loses packets, too.
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
    this.#forget = this.#timing.later(lookAfterMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#forget = undefined;
    const udp = this.#udp;
    if (!udp) return;
    const port = portOf(udp);
    const now = port === undefined ? 0 : await droppedAt(port);
    if (udp !== this.#udp || now <= this.#dropped) return;
    const more = now - this.#dropped;
    this.#dropped = now;
    this.#overflowed(more);
  }
}

/** Undefined for a socket that is not open. */
function portOf(udp: VoiceUDPSocket): number | undefined {
  try {
    return innerUdp(udp).socket.address().port;
  } catch {
    return undefined;
  }
}

/** 0 where the system does not tell. */
async function droppedAt(port: number): Promise<number> {
  return readDropped(await readFile('/proc/net/udp', 'utf8').catch(() => ''), port);
}

/** Datagrams dropped so far at a port of all addresses, the last column of `/proc/net/udp` (Linux, proc_net_udp(5)). */
export function readDropped(table: string, port: number): number {
  const address = `00000000:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const row = table.split('\n').find((line) => line.trim().split(/\s+/)[1] === address);
  return Number(row?.trim().split(/\s+/).at(-1) ?? 0);
}
