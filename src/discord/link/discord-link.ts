import '#src/discord/library/sodium.ts';
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
import type { Guild } from 'discord.js';
import type { FrameSource } from '#src/audio/frame.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type OpeningStep } from '#src/base/errors.ts';
import { type ChannelId, type PersonId, toGuildId } from '#src/base/ids.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import type { ChannelPeople } from '#src/discord/channel-people.ts';
import type { DiscordEvent, LinkCounts } from '#src/discord/discord-event.ts';
import { readMember } from '#src/discord/members.ts';
import type {
  ChannelMember,
  LinkState,
  MayHear,
  VoiceLink,
} from '#src/ports/voice-link.ts';
import { ConsentedReceiver } from './consented-receiver.ts';
import { FrameSender } from './frame-sender.ts';
import type { AdmittedJoin, SignalPace } from './signal-pace.ts';
import {
  askAddress,
  type CipherMode,
  findDaveSession,
  findNetworking,
  patchNetworking,
} from './voice-library.ts';
import {
  createRemovedError,
  type MovedSeat,
  type OwnLeaves,
  VoiceSignals,
} from './voice-signals.ts';
import { type LinkFault, LinkWatchdog } from './watchdog/link-watchdog.ts';
import { UdpPath } from './watchdog/udp-path.ts';

export type DiscordLinkDeps = {
  readonly clock: Clock;
  readonly guild: Guild;
  readonly channelId: ChannelId;
  readonly channelPeople: ChannelPeople;
  readonly pace: SignalPace;
  readonly leaves: OwnLeaves;
  readonly report: (event: DiscordEvent) => void;
  /** The cipher to ask for. Undefined: the library's choice. */
  readonly cipher: CipherMode | undefined;
  /** Time for which the voice server answered over UDP in the latest call that was left since its answers stopped. */
  readonly leftAfterMs: number | undefined;
  /** Returns whether to end the link, so that the channel is joined anew. */
  mayRejoin(fault: LinkFault): boolean;
  /** Notes that the link has been without a fault for 10 s. */
  onWhole(): void;
  /** Prepares a leave while the bot still sits in the channel, or follows a move. Never throws. */
  onLeaving(): Promise<void>;
};

/** Packets of ten seconds. Older speech is not worth an answer. */
const maxWaitingPackets = 500;

const openingSteps: Readonly<Partial<Record<NetworkingStatusCode, OpeningStep>>> = {
  [NetworkingStatusCode.OpeningWs]: 'socket',
  [NetworkingStatusCode.Identifying]: 'login',
  [NetworkingStatusCode.UdpHandshaking]: 'udp',
  [NetworkingStatusCode.SelectingProtocol]: 'key',
  [NetworkingStatusCode.Ready]: 'group',
};

/**
 * A link of the bot to one voice channel. Creating it joins, or takes a seat to which a person has moved the bot. Disposing
 * leaves, unless a person has moved the bot on: then the seat waits for the next link, or for `leaveChannel`.
 */
export class DiscordLink implements VoiceLink {
  readonly #deps;
  readonly #signals;
  readonly #connection;
  readonly #receiver;
  readonly #sender;
  readonly #watchdog;
  readonly #isSettled;
  readonly #packets = new Mailbox<Packet>(maxWaitingPackets);
  #networking: Networking | undefined;
  #closeCode: number | undefined;
  #openingStep: OpeningStep = 'seat';
  #wasOpen = false;
  #isMoved = false;
  #peopleListening: Disposable | undefined;
  readonly #seatListening;
  #errors = 0;
  #lastError: unknown;
  #ended: { readonly error?: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    entry: AdmittedJoin | MovedSeat,
    deps: DiscordLinkDeps,
    mayHear: MayHear,
  ) {
    this.#deps = deps;
    const timing = deps.clock;
    const onFailure = (error: unknown) => this.#endLink(error);
    const onRefused = (error: unknown) => this.#onRefused(error);
    const countOthers = () => this.listPeople().length;
    const seat = 'state' in entry ? entry : undefined;
    this.#signals = createSignals(deps, seat, (isMoved) => this.#onGone(isMoved));
    const connection = joinChannel(deps, this.#signals.adapter);
    this.#connection = connection;
    connection.on('error', onRefused);
    this.#receiver = new ConsentedReceiver(
      connection,
      mayHear,
      (packet) => this.#packets.put(packet),
      onFailure,
      timing,
    );
    const isSettled = watchSettled(connection, countOthers);
    this.#isSettled = isSettled;
    this.#sender = new FrameSender({
      connection,
      timing,
      isSettled,
      onRefused,
      onStall: (lateMs) => deps.report({ kind: 'stalled', lateMs }),
      onFailure,
    });
    this.#watchdog = new LinkWatchdog({
      connection,
      timing,
      isSettled,
      countOthers,
      speakers: this.#receiver,
      output: this.#sender,
      onFault: (fault) => this.#onFault(fault),
      onWhole: () => deps.onWhole(),
      onFailure,
    });
    this.#seatListening = deps.channelPeople.listen(deps.channelId, () =>
      this.#checkSeat(),
    );
    connection.on('stateChange', (_, state) => this.#onStateChange(state));
    this.#onStateChange(connection.state);
    this.#signals.takeUpSeat();
  }

  /** Waits until people can hear frames. Throws the error of a link that has ended. */
  async waitUntilOpen(signal: AbortSignal): Promise<void> {
    while (!this.#isSettled()) {
      if (this.#ended)
        throw this.#ended.error ?? createLostLinkError('The link was closed.');
      await this.#deps.clock.sleep(5, signal);
    }
    this.#wasOpen = true;
  }

  /** True until the link ends, also while it opens. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Receives packets of people who may be heard. One reader at a time is allowed. */
  receivePackets(signal: AbortSignal): AsyncIterable<Packet> {
    return this.#packets.read(signal);
  }

  /** Plays `frames` in place of the former source. Wake it when frames have come. */
  playFrames(frames: FrameSource): { wake(): void } {
    return this.#sender.playFrames(frames);
  }

  /** Lists everybody in the channel but the bot. */
  listPeople(): readonly ChannelMember[] {
    const { channelId, channelPeople, guild } = this.#deps;
    return channelPeople.listPeople(guild, channelId);
  }

  /** Sets the listener for changes of `listPeople`. Does nothing once the link has ended. */
  onPeople(listener: () => void): void {
    const { channelId, channelPeople } = this.#deps;
    this.#peopleListening?.[Symbol.dispose]();
    this.#peopleListening = this.#ended
      ? undefined
      : channelPeople.listen(channelId, listener);
  }

  /** Sets the listener for packets of people who may not be heard. */
  onUnheard(listener: (speakerId: PersonId) => void): void {
    this.#receiver.onUnheard(listener);
  }

  /** Reads a member's roles anew. Throws BotError `discord.unreachable`. */
  async refreshMember(personId: PersonId, signal: AbortSignal): Promise<void> {
    const { channelId, channelPeople, guild } = this.#deps;
    await readMember(guild, personId, signal);
    channelPeople.readAgain(channelId);
  }

  /** Returns the encryption that was agreed on, which may still change. */
  getState(): LinkState {
    return {
      cipher: admitSetting(
        this.#connection.receiver.connectionData.encryptionMode ?? '',
      ),
      isEndToEnd: (findDaveSession(this.#connection)?.protocolVersion ?? 0) > 0,
    };
  }

  /** Error that says at which step the opening stopped. */
  get unopened(): BotError {
    const [closeCode, lastError] = [this.#closeCode, this.#lastError];
    if (closeCode !== undefined && closeCode >= 4_000)
      return createClosedLinkError(closeCode, lastError);
    return createUnopenedLinkError(this.#openingStep, lastError);
  }

  /** Counts packets and frames since the start of the link, also after its end. */
  counts(): LinkCounts {
    const { dropped } = this.#packets;
    return {
      ...this.#receiver.counts,
      ...this.#sender.counts,
      dropped,
      errors: this.#errors,
    };
  }

  /** True while the seat to which a person has moved the bot waits for the next link. */
  get keepsSeat(): boolean {
    return this.#signals.isKept;
  }

  /** Hands over the seat that waits, as `VoiceSignals.handOverSeat` does. */
  handOverSeat(channelId: ChannelId): MovedSeat | undefined {
    return this.#signals.handOverSeat(channelId);
  }

  /** Ends the link, and leaves also the channel to which a person has moved the bot. */
  async leaveChannel(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await this.#signals.leaveKept();
  }

  /**
   * Leaves the channel, unless a person has moved the bot out of it. Resolves once Discord has confirmed, or after a
   * second.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endLink();
    await this.#closing;
  }

  #onGone(isMoved: boolean) {
    this.#isMoved = isMoved;
    this.#endLink(createRemovedError());
  }

  #onRefused(error: unknown) {
    this.#errors++;
    this.#lastError = error;
    if (error instanceof BotError) this.#endLink(error);
  }

  #onStateChange(state: VoiceConnectionState) {
    const networking = findNetworking(this.#connection);
    if (networking && networking !== this.#networking) this.#onConnected(networking);
    if (state.status === VoiceConnectionStatus.Ready) this.#closeCode = undefined;
    if (state.status === VoiceConnectionStatus.Destroyed || this.#isOver(state))
      this.#endLink(createClosedLinkError(this.#closeCode, this.#lastError));
  }

  #isOver(state: VoiceConnectionState) {
    if (state.status !== VoiceConnectionStatus.Disconnected) return false;
    if (state.reason !== VoiceConnectionDisconnectReason.AdapterUnavailable)
      return false;
    // Of a seat that was taken over, the new voice server may not be known yet.
    if (this.#signals.waitsForServer && !this.#wasOpen) return false;
    // The library would join anew, but the session does so itself.
    return this.#closeCode !== closeCodes.callTerminated;
  }

  #onFault(fault: LinkFault) {
    const mayRejoin = this.#deps.mayRejoin(fault);
    const isReady = this.#connection.state.status === VoiceConnectionStatus.Ready;
    if (mayRejoin || !isReady)
      this.#endLink(createLostLinkError(fault.sentence, this.#lastError));
  }

  #onConnected(networking: Networking) {
    this.#networking = networking;
    this.#receiver.restart();
    const { leftAfterMs } = this.#deps;
    const path = new UdpPath(() => askAddress(networking), leftAfterMs);
    this.#watchdog.restart(path);
    const { cipher, clock, guild, pace, report } = this.#deps;
    const guildId = toGuildId(guild.id);
    patchNetworking(networking, {
      timing: clock,
      cipher,
      onDatagram: (datagram) => path.onDatagram(datagram),
    });
    const followStep = () => {
      this.#openingStep = openingSteps[networking.state.code] ?? this.#openingStep;
    };
    networking.on('stateChange', followStep);
    followStep();
    networking.prependListener('close', (code: number) => {
      this.#closeCode = code;
      report({ kind: 'voice-closed', guildId, closeCode: code });
      if (code === closeCodes.rateLimited) pace.startRest(clock.nowMs());
    });
  }

  /** Ends the link if Discord dropped the seat, as after a new login, also while the link opens or comes back. */
  #checkSeat() {
    const { channelId, guild } = this.#deps;
    if (this.#signals.hasSeat && findOwnChannel(guild) !== channelId)
      this.#endLink(createLostLinkError('Discord does not know the seat any more.'));
  }

  #endLink(error?: unknown) {
    if (this.#ended) return;
    this.#ended = { error };
    if (error === undefined) this.#packets.end();
    else this.#packets.fail(error);
    this.#watchdog.stop();
    this.#sender.stop();
    this.#receiver.close();
    this.#peopleListening?.[Symbol.dispose]();
    this.#seatListening[Symbol.dispose]();
    this.#closing = this.#closeConnection();
  }

  async #closeConnection() {
    if (this.#isMoved) {
      void this.#deps.onLeaving();
      this.#signals.keepSeat();
    } else {
      await this.#deps.onLeaving();
      await this.#signals.leave();
    }
    if (this.#connection.state.status !== VoiceConnectionStatus.Destroyed) {
      this.#connection.destroy(false);
    }
    const { guild, report } = this.#deps;
    const guildId = toGuildId(guild.id);
    report({ kind: 'link-closed', guildId, counts: this.counts() });
  }
}

/** Finds the channel of the bot's seat, as far as Discord has told. */
function findOwnChannel(guild: Guild) {
  return guild.voiceStates.cache.get(guild.client.user.id)?.channelId ?? undefined;
}

function createSignals(
  { channelId, clock, guild, leaves, pace }: DiscordLinkDeps,
  seat: MovedSeat | undefined,
  onGone: (isMoved: boolean) => void,
) {
  return new VoiceSignals({
    guildId: toGuildId(guild.id),
    channelId,
    gateway: guild.voiceAdapterCreator,
    pace,
    leaves,
    timing: clock,
    seat,
    isSeated: seat === undefined && findOwnChannel(guild) !== undefined,
    onGone,
  });
}

function joinChannel(
  { channelId, guild }: DiscordLinkDeps,
  adapterCreator: DiscordGatewayAdapterCreator,
) {
  return joinVoiceChannel({
    guildId: guild.id,
    channelId,
    group: guild.client.application.id, // keeps two bots of one process apart in the library's registry
    selfDeaf: false,
    // With a tolerance the library would drop its session because of failures of one person.
    decryptionFailureTolerance: Number.POSITIVE_INFINITY,
    adapterCreator,
  });
}

const stepHints = {
  seat: 'it gave the bot no seat.',
  socket: 'the voice server accepts no connection.',
  login: 'the voice server did not answer the login.',
  udp: 'is UDP blocked here?',
  key: 'the voice server sent no key.',
  group: 'the end-to-end encrypted group was not established.',
};

/** Creates the error of a link that did not open in time, with the step at which it stopped. */
export function createUnopenedLinkError(
  openingStep: OpeningStep,
  cause?: unknown,
): BotError {
  const hint = stepHints[openingStep];
  return new BotError(
    'link.timeout',
    true,
    `Discord did not open the voice link: ${hint}`,
    cause,
    undefined,
    { openingStep },
  );
}

/** Source: Discord docs, "Voice Close Event Codes". */
const closeCodes = {
  unknownCipher: 4016,
  endToEndRequired: 4017,
  rateLimited: 4021,
  callTerminated: 4022,
};

function createClosedLinkError(closeCode: number | undefined, cause: unknown) {
  if (closeCode === undefined)
    return createLostLinkError('The voice link did not come back.', cause);
  const message = `Discord closed the voice link (${closeCode}).`;
  if (closeCode === closeCodes.unknownCipher)
    return new BotError('link.no_cipher', false, `${message} Update the bot.`, cause);
  if (closeCode === closeCodes.endToEndRequired)
    return new BotError(
      'link.no_end_to_end',
      false,
      `${message} Update the bot.`,
      cause,
    );
  if (closeCode === closeCodes.rateLimited)
    return new BotError('link.rate_limited', true, message, cause);
  return createLostLinkError(message, cause);
}

function createLostLinkError(message: string, cause?: unknown) {
  return new BotError('link.lost', true, message, cause);
}

/** Creates a test of whether people can hear frames now. */
function watchSettled(connection: VoiceConnection, countOthers: () => number) {
  // Alone there is no end-to-end group. A resumed voice socket keeps its session, and
  // `transitioned` also fires when the last person leaves.
  let openedSession: DAVESession | undefined;
  connection.on('transitioned', () => {
    const dave = findDaveSession(connection);
    openedSession = dave?.session?.ready ? dave : undefined;
  });
  return () => {
    if (connection.state.status !== VoiceConnectionStatus.Ready) return false;
    const dave = findDaveSession(connection);
    if (!dave || dave.protocolVersion === 0 || countOthers() === 0) return true;
    return dave === openedSession && dave.session?.ready === true;
  };
}
