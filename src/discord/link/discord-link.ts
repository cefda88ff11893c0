import '#src/discord/library/sodium.ts';
import {
  type DAVESession,
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
import { realClock } from '#src/base/clock.ts';
import { BotError, type OpeningStep } from '#src/base/errors.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
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
import { createConsentedReceiver } from './consented-receiver.ts';
import { createFrameSender } from './frame-sender.ts';
import { createLinkWatchdog } from './link-watchdog.ts';
import type { SignalPace } from './signal-pace.ts';
import { findDaveSession, findNetworking, patchNetworking } from './voice-library.ts';
import { createSignals } from './voice-signals.ts';

export type LinkPlace = {
  readonly guild: Guild;
  readonly channelId: ChannelId;
  readonly channelPeople: ChannelPeople;
  readonly pace: SignalPace;
  readonly report: (event: DiscordEvent) => void;
  /** Returns whether to end the link, so that the channel is joined anew. */
  mayRejoin(fault: string): boolean;
  /** Notes that the link has been without a fault for a while. */
  onWhole(): void;
  /** Prepares a leave while the bot still sits in the channel. Never throws. */
  onLeaving(): Promise<void>;
};

/** Packets of ten seconds. Older speech is not worth an answer. */
const maxWaiting = 500;

const openingSteps: Readonly<Partial<Record<NetworkingStatusCode, OpeningStep>>> = {
  [NetworkingStatusCode.OpeningWs]: 'socket',
  [NetworkingStatusCode.Identifying]: 'login',
  [NetworkingStatusCode.UdpHandshaking]: 'udp',
  [NetworkingStatusCode.SelectingProtocol]: 'key',
  [NetworkingStatusCode.Ready]: 'group',
};

export class DiscordLink implements VoiceLink {
  readonly #place;
  readonly #signals;
  readonly #connection;
  readonly #receiver;
  readonly #sender;
  readonly #watchdog;
  readonly #settled;
  readonly #packets = new Mailbox<Packet>(maxWaiting);
  #networking: Networking | undefined;
  #closeCode: number | undefined;
  #openingStep: OpeningStep = 'seat';
  #peopleListening: Disposable | undefined;
  readonly #seatListening;
  #errors = 0;
  #lastError: unknown;
  #ended: { readonly error?: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(place: LinkPlace, mayHear: MayHear) {
    const { guild, channelId, pace } = place;
    const timing = realClock;
    this.#place = place;
    const fail = (error: unknown) => this.#endLink(error);
    this.#signals = createSignals({
      guildId: guild.id,
      channelId,
      gateway: guild.voiceAdapterCreator,
      pace,
      timing,
      gone: () =>
        fail(
          new BotError(
            'link.lost',
            false,
            'A person has moved or disconnected the bot.',
          ),
        ),
    });
    this.#connection = joinVoiceChannel({
      guildId: guild.id,
      channelId,
      group: guild.client.application.id, // keeps two bots of one process apart in the library's registry
      selfDeaf: false,
      // With a tolerance the library would drop its session because of failures of one person.
      decryptionFailureTolerance: Number.POSITIVE_INFINITY,
      adapterCreator: this.#signals.adapter,
    });
    const connection = this.#connection;
    const refused = (error: unknown) => this.#onFailure(error);
    connection.on('error', refused);
    this.#receiver = createConsentedReceiver(
      connection,
      mayHear,
      (packet) => this.#packets.put(packet),
      fail,
      timing,
    );
    const others = () => this.listPeople().length;
    const settled = watchSettled(connection, others);
    this.#settled = settled;
    this.#sender = createFrameSender({ connection, timing, settled, refused, fail });
    this.#watchdog = createLinkWatchdog({
      connection,
      timing,
      settled,
      others,
      speakers: this.#receiver,
      output: this.#sender,
      onFault: (fault) => this.#onFault(fault),
      onWhole: () => place.onWhole(),
      fail,
    });
    this.#seatListening = place.channelPeople.listen(channelId, () =>
      this.#checkSeat(),
    );
    connection.on('stateChange', (_, state) => this.#onStateChange(state));
    this.#onStateChange(connection.state);
  }

  /** Waits until people can hear frames. */
  async waitUntilOpen(signal: AbortSignal) {
    while (!this.#settled()) {
      if (this.#ended)
        throw this.#ended.error ?? createLostLinkError('The link was closed.');
      await realClock.sleep(5, signal);
    }
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  receivePackets(signal: AbortSignal): AsyncIterable<Packet> {
    return this.#packets.read(signal);
  }

  playFrames(source: FrameSource): { wake(): void } {
    return this.#sender.playFrames(source);
  }

  listPeople(): readonly ChannelMember[] {
    const { channelId, channelPeople, guild } = this.#place;
    return channelPeople.listPeople(guild, channelId);
  }

  onPeople(listener: () => void) {
    this.#peopleListening?.[Symbol.dispose]();
    this.#peopleListening = this.#ended
      ? undefined
      : this.#place.channelPeople.listen(this.#place.channelId, listener);
  }

  onUnheard(listener: (speakerId: PersonId) => void) {
    this.#receiver.onUnheard(listener);
  }

  async refreshMember(personId: PersonId, signal: AbortSignal) {
    const { channelId, channelPeople, guild } = this.#place;
    await readMember(guild, personId, signal);
    channelPeople.readAgain(channelId);
  }

  getState(): LinkState {
    return {
      cipher: this.#connection.receiver.connectionData.encryptionMode ?? '',
      isEndToEnd: (findDaveSession(this.#connection)?.protocolVersion ?? 0) > 0,
    };
  }

  get unopened(): BotError {
    const [closeCode, lastError] = [this.#closeCode, this.#lastError];
    if (closeCode !== undefined && closeCode >= 4_000)
      return createClosedLinkError(closeCode, lastError);
    return createUnopenedLinkError(this.#openingStep, lastError);
  }

  counts(): LinkCounts {
    const { dropped } = this.#packets;
    return {
      ...this.#receiver.counts,
      ...this.#sender.counts,
      dropped,
      errors: this.#errors,
    };
  }

  async [Symbol.asyncDispose]() {
    this.#endLink();
    await this.#closing;
  }

  #onFailure(error: unknown) {
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
    // The library would join anew, but the session does so itself.
    return this.#closeCode !== closeCodes.callTerminated;
  }

  #onFault(fault: string) {
    const mayRejoin = this.#place.mayRejoin(fault);
    const isReady = this.#connection.state.status === VoiceConnectionStatus.Ready;
    if (mayRejoin || !isReady)
      this.#endLink(createLostLinkError(fault, this.#lastError));
  }

  #onConnected(networking: Networking) {
    this.#networking = networking;
    this.#receiver.restart();
    this.#watchdog.restart();
    const { guild, pace, report } = this.#place;
    patchNetworking(networking, {
      timing: realClock,
      onSocket: (ws) => this.#watchdog.watchSocket(ws),
    });
    const follow = () => {
      this.#openingStep = openingSteps[networking.state.code] ?? this.#openingStep;
    };
    networking.on('stateChange', follow);
    follow();
    networking.prependListener('close', (code: number) => {
      this.#closeCode = code;
      report({ kind: 'voice-closed', guildId: guild.id, closeCode: code });
      if (code === closeCodes.rateLimited) pace.startRest(realClock.nowMs());
    });
  }

  /** Ends the link if Discord dropped the seat, as after a new login. */
  #checkSeat() {
    const { channelId, guild } = this.#place;
    const seat = guild.voiceStates.cache.get(guild.client.user.id);
    if (this.#settled() && seat?.channelId !== channelId)
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
    await this.#place.onLeaving();
    await this.#signals.leave();
    if (this.#connection.state.status !== VoiceConnectionStatus.Destroyed) {
      this.#connection.destroy(false);
    }
    const { guild, report } = this.#place;
    report({ kind: 'link-closed', guildId: guild.id, counts: this.counts() });
  }
}

const stepWords = {
  seat: 'it gave the bot no seat.',
  socket: 'the voice server accepts no connection.',
  login: 'the voice server did not answer the login.',
  udp: 'is UDP blocked here?',
  key: 'the voice server sent no key.',
  group: 'the end-to-end encrypted group was not established.',
};

export function createUnopenedLinkError(
  openingStep: OpeningStep,
  cause?: unknown,
): BotError {
  const hint = cause instanceof Error ? cause.message : stepWords[openingStep];
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
function watchSettled(connection: VoiceConnection, others: () => number) {
  // Alone there is no end-to-end group. A resumed voice socket keeps its session, and
  // `transitioned` also fires when the last person leaves.
  let opened: DAVESession | undefined;
  connection.on('transitioned', () => {
    const dave = findDaveSession(connection);
    opened = dave?.session?.ready ? dave : undefined;
  });
  return () => {
    if (connection.state.status !== VoiceConnectionStatus.Ready) return false;
    const dave = findDaveSession(connection);
    if (!dave || dave.protocolVersion === 0 || others() === 0) return true;
    return dave === opened && dave.session?.ready === true;
  };
}
