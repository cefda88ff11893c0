import {
  type DAVESession,
  type DiscordGatewayAdapterCreator,
  joinVoiceChannel,
  type Networking,
  NetworkingStatusCode,
  type VoiceConnection,
  VoiceConnectionDisconnectReason,
  type VoiceConnectionState,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import type { FrameSource } from '#src/audio/frame.ts';
import type { Packet } from '#src/audio/packet.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError, type OpeningStep } from '#src/base/errors.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import type { LinkCounts } from '#src/discord/events.ts';
import { daveOf, mendNetworking, networkingOf } from '#src/discord/library/voice-library.ts';
import type { PacketHeader } from '#src/people/unheard-packets.ts';
import type {
  ChannelMember,
  ChannelRef,
  LinkState,
  MayHear,
  VoiceLink,
} from '#src/ports/voice-link.ts';
import { LinkWatchdog } from './link-watchdog.ts';
import { ConsentedReceiver } from './receiver.ts';
import { FrameSender } from './sender.ts';
import type { SignalPace } from './signal-pace.ts';
import { type SeatLoss, Signals } from './signals.ts';
import type { SyncTiming } from './timing.ts';

/** Where a link is to be opened. */
export type LinkPlace = {
  readonly channel: ChannelRef;
  /** Keeps two bots of one process apart in the library's registry. */
  readonly applicationId: string;
  readonly gateway: DiscordGatewayAdapterCreator;
  readonly pace: SignalPace;
  readonly timing: SyncTiming;
  /** The link carries no sound; whether the channel may be left and joined anew now. If so, that is done. */
  mayRejoin(fault: string): boolean;
  /** The link has had no fault for a while; told often. */
  whole(): void;
  /** All people in the channel but the bot. */
  people(): readonly ChannelMember[];
  /** Calls `listener` after each change of `people`, until it is disposed of. */
  listenToPeople(listener: () => void): Disposable;
  /** Number of those people; asked fifty times a second. */
  others(): number;
  /** Errors and abort: as `VoiceLink.refresh`. */
  refresh(personId: string, signal: AbortSignal): Promise<void>;
  /** Told each time, before anything follows from it. */
  socketClosed(closeCode: number): void;
  /** Told once, when everything is freed. */
  closed(counts: LinkCounts): void;
};

/** Ten seconds of one speaker, in packets: older speech is not worth an answer. */
const maxWaiting = 500;
/** Longest time, in ms, that a link is not ready; and that one waits for the main gateway after a disconnect by Discord. */
const [downMs, disconnectedMs] = [10_000, 5_000];
/** Disconnected, and call terminated: the main gateway tells whether a person did it. Source: Discord docs, "Voice Close Event Codes". */
const disconnects: readonly (number | undefined)[] = [4014, 4022];

const openingSteps: Readonly<Partial<Record<NetworkingStatusCode, OpeningStep>>> = {
  [NetworkingStatusCode.OpeningWs]: 'socket',
  [NetworkingStatusCode.Identifying]: 'login',
  [NetworkingStatusCode.UdpHandshaking]: 'udp',
  [NetworkingStatusCode.SelectingProtocol]: 'key',
  [NetworkingStatusCode.Ready]: 'group',
};

/** One voice channel over @discordjs/voice. */
export class DiscordLink implements VoiceLink {
  readonly #place: LinkPlace;
  readonly #signals: Signals;
  readonly #connection: VoiceConnection;
  readonly #receiver: ConsentedReceiver;
  readonly #sender: FrameSender;
  readonly #watchdog: LinkWatchdog;
  readonly #settled: () => boolean;
  readonly #packets = new Mailbox<Packet>(maxWaiting);
  #networking: Networking | undefined;
  #forgetDown: (() => void) | undefined;
  #closeCode: number | undefined;
  #openingStep: OpeningStep = 'seat';
  #peopleListening: Disposable | undefined;
  #errors = 0;
  #lastError: unknown;
  #ended: { readonly error?: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(place: LinkPlace, mayHear: MayHear) {
    const { channel, gateway, pace, timing } = place;
    this.#place = place;
    this.#signals = new Signals({
      ...channel,
      gateway,
      pace,
      timing,
      gone: (how) => this.#end(gone(how)),
    });
    this.#connection = joinVoiceChannel({
      guildId: channel.guildId,
      channelId: channel.channelId,
      group: place.applicationId,
      selfDeaf: false,
      adapterCreator: this.#signals.adapter,
    });
    this.#connection.on('error', (error) => this.#failed(error));
    this.#receiver = new ConsentedReceiver(
      this.#connection,
      mayHear,
      (packet) => this.#packets.put(packet),
      (error) => this.#end(error),
      timing,
    );
    this.#settled = watchSettled(this.#connection, () => place.others());
    this.#sender = new FrameSender({
      connection: this.#connection,
      timing,
      settled: this.#settled,
      refused: (error) => this.#failed(error),
      fail: (error) => this.#end(error),
    });
    this.#watchdog = new LinkWatchdog({
      connection: this.#connection,
      timing,
      settled: this.#settled,
      others: () => place.others(),
      speakers: this.#receiver,
      output: this.#sender,
      broken: (fault) => {
        if (place.mayRejoin(fault)) this.#end(lost(fault));
      },
      whole: () => place.whole(),
      fail: (error) => this.#end(error),
    });
    this.#connection.on('stateChange', (_, state) => this.#changed(state));
    this.#changed(this.#connection.state);
  }

  /** Resolves once sent frames are heard. Errors: as the link's end. */
  async opened(signal: AbortSignal): Promise<void> {
    while (!this.#settled()) {
      if (this.#ended) throw this.#ended.error ?? lost('The link was closed.');
      await realClock.sleep(5, signal);
    }
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  hear(signal: AbortSignal): AsyncIterable<Packet> {
    return this.#packets.read(signal);
  }

  play(source: FrameSource): { wake(): void } {
    return this.#sender.play(source);
  }

  people(): readonly ChannelMember[] {
    return this.#place.people();
  }

  onPeople(listener: () => void): void {
    this.#peopleListening?.[Symbol.dispose]();
    this.#peopleListening = this.#ended ? undefined : this.#place.listenToPeople(listener);
  }

  onUnheard(listener: (packet: PacketHeader) => void): void {
    this.#receiver.onUnheard = listener;
  }

  refresh(personId: string, signal: AbortSignal): Promise<void> {
    return this.#place.refresh(personId, signal);
  }

  state(): LinkState {
    return {
      cipher: this.#cipher(),
      endToEnd: (daveOf(this.#connection)?.protocolVersion ?? 0) > 0,
    };
  }

  /** Why Discord closed it; undefined: Discord did not. */
  get refusal(): BotError | undefined {
    const isClosed = this.#closeCode !== undefined && this.#closeCode >= 4_000;
    return isClosed ? closedBy(this.#closeCode, this.#lastError) : undefined;
  }

  /** The step that its last connection reached. */
  get openingStep(): OpeningStep {
    return this.#openingStep;
  }

  /** Why the library's last error came, for the operator. */
  get lastError(): unknown {
    return this.#lastError;
  }

  counts(): LinkCounts {
    const { dropped } = this.#packets;
    return { ...this.#receiver.counts, ...this.#sender.counts, dropped, errors: this.#errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.#closing;
  }

  #cipher(): string {
    const state = networkingOf(this.#connection)?.state;
    if (!state || !('connectionData' in state)) return '';
    const { connectionData } = state;
    return 'encryptionMode' in connectionData ? connectionData.encryptionMode : '';
  }

  #failed(error: unknown): void {
    this.#errors++;
    this.#lastError = error;
    if (error instanceof BotError) this.#end(error);
  }

  #changed(state: VoiceConnectionState): void {
    const networking = networkingOf(this.#connection);
    if (networking && networking !== this.#networking) this.#connected(networking);
    if (state.status === VoiceConnectionStatus.Ready) {
      this.#forgetDown?.();
      this.#forgetDown = this.#closeCode = undefined;
    } else if (state.status === VoiceConnectionStatus.Destroyed || this.#isOver(state)) {
      this.#end(closedBy(this.#closeCode, this.#lastError));
    } else this.#watchDown(state.status === VoiceConnectionStatus.Disconnected);
  }

  /** The library would join anew, which the session does. */
  #isOver(state: VoiceConnectionState): boolean {
    if (state.status !== VoiceConnectionStatus.Disconnected) return false;
    if (state.reason !== VoiceConnectionDisconnectReason.AdapterUnavailable) return false;
    return !disconnects.includes(this.#closeCode);
  }

  #connected(networking: Networking): void {
    this.#networking = networking;
    this.#receiver.restart();
    this.#watchdog.restart();
    const { pace, timing } = this.#place;
    mendNetworking(networking, { timing, onSocket: (ws) => this.#watchdog.watch(ws) });
    const follow = () => {
      this.#openingStep = openingSteps[networking.state.code] ?? this.#openingStep;
    };
    networking.on('stateChange', follow);
    follow();
    networking.prependListener('close', (code: number) => {
      this.#closeCode = code;
      this.#place.socketClosed(code);
      if (code === closeCodes.rateLimited) pace.rest(timing.nowMs());
    });
  }

  /** Being away has an end: it is counted from the moment the link was last ready. */
  #watchDown(disconnected: boolean): void {
    if (this.#ended || (this.#forgetDown && !disconnected)) return;
    this.#forgetDown?.();
    this.#forgetDown = this.#place.timing.later(disconnected ? disconnectedMs : downMs, () => {
      const error = closedBy(this.#closeCode, this.#lastError);
      if (error.code === 'link.lost') this.#place.mayRejoin(error.message);
      this.#end(error);
    });
  }

  #end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    if (error === undefined) this.#packets.end();
    else this.#packets.fail(error);
    this.#watchdog.stop();
    this.#sender.stop();
    this.#receiver.close();
    this.#peopleListening?.[Symbol.dispose]();
    this.#forgetDown?.();
    this.#closing = this.#close();
  }

  async #close(): Promise<void> {
    await this.#signals.leave();
    if (this.#connection.state.status !== VoiceConnectionStatus.Destroyed) {
      this.#connection.destroy(false);
    }
    this.#place.closed(this.counts());
  }
}

/** Close codes after which a new link is no use, or has to wait. Source: Discord docs, "Voice Close Event Codes". */
const closeCodes = { unknownCipher: 4016, endToEndRequired: 4017, rateLimited: 4021 };

/** Error of a link that does not come back, by the code with which its socket closed last. */
function closedBy(closeCode: number | undefined, cause: unknown): BotError {
  if (closeCode === undefined) return lost('The voice link did not come back.', cause);
  const message = `Discord closed the voice link (${closeCode}).`;
  if (closeCode === closeCodes.unknownCipher)
    return new BotError('link.no_cipher', false, `${message} Update the bot.`, cause);
  if (closeCode === closeCodes.endToEndRequired)
    return new BotError('link.no_end_to_end', false, `${message} Update the bot.`, cause);
  if (closeCode === closeCodes.rateLimited)
    return new BotError('link.rate_limited', true, message, cause);
  return lost(message, cause);
}

/** Error of a link that a person ended on purpose: not to be tried again. */
function gone(how: SeatLoss): BotError {
  return new BotError('link.lost', false, `A person has ${how} the bot.`);
}

function lost(message: string, cause?: unknown): BotError {
  return new BotError('link.lost', true, message, cause);
}

/**
 * Whether frames that are sent now are heard: voice ready, and the end-to-end group open to all people there.
 *
 * A state, not an event: a person coming to a lonely bot unsettles it for some 10 ms. Alone there is no group.
 * `transitioned` fires also when the last one leaves, so the session is looked at each time. A resumed voice socket keeps
 * its session, so the session that had opened counts.
 */
function watchSettled(connection: VoiceConnection, others: () => number): () => boolean {
  let opened: DAVESession | undefined;
  connection.on('transitioned', () => {
    const dave = daveOf(connection);
    opened = dave?.session?.ready ? dave : undefined;
  });
  return () => {
    if (connection.state.status !== VoiceConnectionStatus.Ready) return false;
    const dave = daveOf(connection);
    if (!dave || dave.protocolVersion === 0 || others() === 0) return true;
    return dave === opened && dave.session?.ready === true;
  };
}
