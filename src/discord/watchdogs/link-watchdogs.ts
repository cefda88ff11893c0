import '#src/discord/library/sodium.ts';
import {
  type Networking,
  type NetworkingReadyState,
  type NetworkingState,
  NetworkingStatusCode,
  type VoiceConnection,
  type VoiceUDPSocket,
  type VoiceWebSocket,
} from '@discordjs/voice';
import type { AlertName } from '#src/base/alerts.ts';
import { BotError } from '#src/base/errors.ts';
import {
  cutSocket,
  groupLacksSomebody,
  networkingOf,
  socketOf,
  udpOf,
} from '#src/discord/library/voice-library.ts';
import { discoveredAddress, discoveryRequest } from '#src/discord/link/discovery.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import {
  ConnectionWatchdog,
  EncryptionWatchdog,
  FramesWatchdog,
  HeartbeatWatchdog,
  type SpeakerWatch,
  SpeakerWatchdog,
  UdpWatchdog,
} from './fault-detectors.ts';
import type { GroupRecovery } from './group-recovery.ts';
import type { LinkAlerts } from './link-alerts.ts';

/** Intervals, in ms, at which the watchdogs look at their link, and ask the voice server for our address. */
const [checkMs, probeMs] = [250, 1_000];
/** Opcodes of the voice gateway (Discord docs, "Voice Opcodes"). */
const opcodes = { speaking: 5, heartbeatAck: 6, hello: 8, clientDisconnect: 13 } as const;

/** Packet of the voice gateway, as far as it is read here; each field comes with its opcode only. */
type VoicePacket = {
  readonly op: number;
  readonly d: {
    readonly heartbeat_interval: number;
    readonly user_id: string;
    readonly speaking: number;
  };
};

export type LinkWatchdogsOptions = {
  readonly connection: VoiceConnection;
  readonly timing: SyncTiming;
  readonly settled: () => boolean;
  /** Number of other people in the channel. */
  readonly others: () => number;
  readonly speakers: SpeakerWatch & { readonly recovery: Pick<GroupRecovery, 'resetAt'> };
  readonly output: { readonly isBusy: boolean; readonly counts: { readonly sent: number } };
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
  readonly #connection = new ConnectionWatchdog();
  readonly #encryption = new EncryptionWatchdog();
  readonly #frames = new FramesWatchdog();
  #speakers = new SpeakerWatchdog();
  #heartbeats: { readonly ws: VoiceWebSocket; readonly watchdog: HeartbeatWatchdog } | undefined;
  #udp = new UdpWatchdog();
  /** Undefined: not yet over this path. */
  #probedAtMs: number | undefined;

  constructor(options: LinkWatchdogsOptions) {
    this.#options = options;
    this.#arm();
  }

  /** A new voice server: its path has to prove itself, and no person is shown as speaking. */
  restart(networking: Networking): void {
    this.#speakers = new SpeakerWatchdog();
    let udp: VoiceUDPSocket | undefined;
    const follow = (state: NetworkingState) => {
      this.#watchSocket(socketOf(state));
      const now = udpOf(state);
      if (now && now !== udp) this.#watchUdp(now, networking);
      udp = now ?? udp;
    };
    networking.on('stateChange', (_, state) => follow(state));
    follow(networking.state);
  }

  stop(): void {
    this.#stopped = true;
    this.#forget?.();
  }

  #watchUdp(udp: VoiceUDPSocket, networking: Networking): void {
    const watchdog = new UdpWatchdog();
    this.#udp = watchdog;
    this.#probedAtMs = undefined;
    udp.prependListener('message', (datagram: Buffer) => {
      const ssrc = ssrcOf(networking);
      const address = ssrc === undefined ? undefined : discoveredAddress(datagram, ssrc);
      if (address !== undefined) watchdog.answered(address);
    });
  }

  /** A resumed session comes over another socket. */
  #watchSocket(ws: VoiceWebSocket | undefined): void {
    if (!ws || ws === this.#heartbeats?.ws) return;
    const watchdog = new HeartbeatWatchdog();
    this.#heartbeats = { ws, watchdog };
    ws.on('packet', ({ op, d }: VoicePacket) => {
      if (op === opcodes.hello) watchdog.hello(d.heartbeat_interval);
      if (op === opcodes.heartbeatAck) watchdog.answered();
      if (op === opcodes.clientDisconnect) this.#speakers.gone(d.user_id);
      if (op !== opcodes.speaking) return;
      this.#speakers.speaking(d.user_id, d.speaking !== 0, this.#options.timing.nowMs());
    });
  }

  #arm(): void {
    this.#forget = this.#options.timing.later(checkMs, () => this.#step());
  }

  #step(): void {
    try {
      this.#check(this.#options.timing.nowMs());
    } catch (error) {
      this.#options.end(error);
    }
    if (!this.#stopped) this.#arm();
  }

  #check(atMs: number): void {
    const state = networkingOf(this.#options.connection)?.state;
    const isReady = state?.code === NetworkingStatusCode.Ready;
    this.#checkConnection(atMs);
    this.#checkEncryption(isReady, atMs);
    this.#checkHeartbeats(atMs);
    if (!isReady) return;
    this.#checkUdp(state, atMs);
    this.#checkSpeakers(atMs);
    this.#checkFrames(atMs);
  }

  #checkConnection(atMs: number): void {
    const verdict = this.#connection.check(this.#options.connection.state.status, atMs);
    if (verdict === 'up') this.#judge('link-down', undefined);
    else if (verdict !== 'pending') this.#judge('link-down', verdict.fault, false);
  }

  #checkHeartbeats(atMs: number): void {
    if (!this.#heartbeats?.watchdog.isDead(atMs)) return;
    const { ws } = this.#heartbeats;
    this.#heartbeats = undefined;
    cutSocket(ws);
  }

  /** Over a path that is known to be open a new link mends nothing. */
  #checkSpeakers(atMs: number): void {
    const speakerId = this.#speakers.unheard(this.#options.speakers, atMs);
    const fault =
      speakerId &&
      `No packet from ${speakerId} for 10 s; ${this.#udp.proven ? 'our own UDP path is open' : 'our own UDP path is not proved'}.`;
    this.#judge('unheard-speaker', fault, !this.#udp.proven, speakerId);
  }

  #checkFrames(atMs: number): void {
    const { output, settled } = this.#options;
    const fault = this.#frames.fault(output.isBusy && settled(), output.counts.sent, atMs);
    this.#judge('frames-stuck', fault);
  }

  #checkEncryption(isReady: boolean, atMs: number): void {
    const { connection, settled, others, speakers } = this.#options;
    const inCompany = isReady && others() > 0;
    const isOpen = settled();
    const isWhole = !(inCompany && groupLacksSomebody(connection));
    const { fault, reset, rejoin } = this.#encryption.check(inCompany, isOpen, isWhole, atMs);
    if (reset) speakers.recovery.resetAt(atMs);
    if (fault !== undefined || (isOpen && isWhole))
      this.#judge('encryption-unsettled', fault, rejoin);
  }

  #checkUdp(state: NetworkingReadyState, atMs: number): void {
    this.#probedAtMs ??= atMs - probeMs / 2; // by then the answers to requests before ready are here
    if (atMs - this.#probedAtMs >= probeMs) {
      this.#probedAtMs = atMs;
      state.udp.send(discoveryRequest(state.connectionData.ssrc));
      this.#udp.requested(atMs);
    }
    this.#judge('udp-dead', this.#udp.fault(atMs));
  }

  /** Raises or clears an alert; while a new link would help, it is asked for as soon as that may be. */
  #judge(name: AlertName, fault: string | undefined, rejoin = true, speakerId?: string): void {
    const { alerts, mayRejoin, end } = this.#options;
    if (fault === undefined) {
      alerts.clear(name, 'it works again by itself');
      return;
    }
    alerts.raise(name, fault, speakerId);
    if (rejoin && mayRejoin(name)) end(new BotError('link.lost', true, fault));
  }
}

function ssrcOf({ state }: Networking): number | undefined {
  return 'connectionData' in state ? state.connectionData.ssrc : undefined;
}
