import './sodium.ts';
import {
  type Networking,
  type NetworkingReadyState,
  NetworkingStatusCode,
  type VoiceConnection,
  type VoiceUDPSocket,
} from '@discordjs/voice';
import type { AlertName } from '#src/base/alerts.ts';
import { BotError } from '#src/base/errors.ts';
import { discoveredAddress, discoveryRequest } from './discovery.ts';
import { EncryptionWatchdog } from './encryption-watchdog.ts';
import type { GroupRecovery } from './group-recovery.ts';
import { networkingOf, udpOf } from './library.ts';
import type { LinkAlerts } from './link-alerts.ts';
import type { Timing } from './timing.ts';
import { UdpWatchdog } from './udp-watchdog.ts';

/** How often the watchdogs look at their link, and ask the voice server for our address. */
const [lookMs, probeMs] = [250, 1_000];

export type LinkWatchdogsOptions = {
  readonly connection: VoiceConnection;
  readonly timing: Timing;
  readonly settled: () => boolean;
  /** How many others are in the channel. */
  readonly others: () => number;
  readonly recovery: Pick<GroupRecovery, 'resetAt'>;
  readonly alerts: LinkAlerts;
  /** Whether the channel may be left and joined anew now; if so, that is done. */
  readonly mayRejoin: (name: AlertName) => boolean;
  /** Ends the link: a BotError `link.lost` to have it opened anew, or a bug. */
  readonly end: (error: unknown) => void;
};

/** The watchdogs of one voice link: each tells when a promise is broken, and has the link opened anew where that helps. */
export class LinkWatchdogs {
  readonly #options: LinkWatchdogsOptions;
  #forget: (() => void) | undefined;
  #stopped = false;
  readonly #encryption = new EncryptionWatchdog();
  #udp = new UdpWatchdog();
  /** Undefined: not yet over this path. */
  #probedAtMs: number | undefined;

  constructor(options: LinkWatchdogsOptions) {
    this.#options = options;
    this.#arm();
  }

  /** A new voice server: its path has to prove itself. */
  restart(networking: Networking): void {
    let last: VoiceUDPSocket | undefined;
    networking.on('stateChange', (_, state) => {
      const udp = udpOf(state);
      if (!udp || udp === last) return;
      last = udp;
      const watchdog = new UdpWatchdog();
      this.#udp = watchdog;
      this.#probedAtMs = undefined;
      udp.prependListener('message', (datagram: Buffer) => {
        const ssrc = ssrcOf(networking);
        const address = ssrc === undefined ? undefined : discoveredAddress(datagram, ssrc);
        if (address !== undefined) watchdog.answered(address);
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#forget?.();
  }

  #arm(): void {
    this.#forget = this.#options.timing.later(lookMs, () => this.#step());
  }

  #step(): void {
    try {
      this.#look(this.#options.timing.nowMs());
    } catch (error) {
      this.#options.end(error);
    }
    if (!this.#stopped) this.#arm();
  }

  #look(atMs: number): void {
    const state = networkingOf(this.#options.connection)?.state;
    const isReady = state?.code === NetworkingStatusCode.Ready;
    this.#lookAtEncryption(isReady, atMs);
    if (isReady) this.#lookAtUdp(state, atMs);
  }

  #lookAtEncryption(isReady: boolean, atMs: number): void {
    const { settled, others, recovery } = this.#options;
    const inCompany = isReady && others() > 0;
    const { fault, reset, rejoin } = this.#encryption.look(inCompany, settled(), atMs);
    if (reset) recovery.resetAt(atMs);
    if (fault !== undefined || settled()) this.#judge('encryption-unsettled', fault, rejoin);
  }

  #lookAtUdp(state: NetworkingReadyState, atMs: number): void {
    this.#probedAtMs ??= atMs - probeMs / 2; // by then the answers to requests before ready are here
    if (atMs - this.#probedAtMs >= probeMs) {
      this.#probedAtMs = atMs;
      state.udp.send(discoveryRequest(state.connectionData.ssrc));
      this.#udp.requested(atMs);
    }
    this.#judge('udp-dead', this.#udp.fault(atMs));
  }

  /** Raises or clears an alert; while a new link would help, it is asked for as soon as that may be. */
  #judge(name: AlertName, fault: string | undefined, rejoin = true): void {
    const { alerts, mayRejoin, end } = this.#options;
    if (fault === undefined) {
      alerts.clear(name, 'it works again by itself');
      return;
    }
    alerts.raise(name, fault);
    if (rejoin && mayRejoin(name)) end(new BotError('link.lost', true, fault));
  }
}

function ssrcOf({ state }: Networking): number | undefined {
  return 'connectionData' in state ? state.connectionData.ssrc : undefined;
}
