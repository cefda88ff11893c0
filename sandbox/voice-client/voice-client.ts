import { ConditionWait } from '#sandbox/condition-wait.ts';
import { DaveMember, type OpenDaveSession } from '#sandbox/dave/dave-member.ts';
import {
  encryptionModes,
  makeVoiceCipher,
  PacketSealer,
  type VoicePacket,
} from '#sandbox/voice/rtp-packet.ts';
import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type {
  EncodedSpeech,
  HeardFrame,
  OpenMicrophone,
  SpokenTimes,
  VoiceCounts,
} from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { createDeadlineSignal, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { ClientReceiver } from './client-receiver.ts';
import { ClientSender } from './client-sender.ts';
import {
  ClientUdp,
  parseServerMessage,
  type ReadyMessage,
  type ServerMessage,
  type SessionDescription,
  VoiceClientSignals,
  type VoiceSignalsOptions,
} from './voice-client-sockets.ts';

type VoiceClientOptions = VoiceSignalsOptions & {
  readonly codec: OpusCodec;
  /** Library of the end-to-end group. Default: davey. */
  readonly openSession?: OpenDaveSession;
};

const maxConnectMs = 10_000;

/**
 * Enters a voice call as a client of Discord would: voice gateway v8 over TLS, UDP, DAVE.
 *
 * Resolves once the session is described. The end-to-end group may come later (`waitUntilSettled`). Errors: BotError
 * `sandbox.failed` if the server refuses (with its close code) or is silent for 10 s. Aborting throws `signal.reason`.
 */
export async function connectVoice(
  options: VoiceClientOptions,
  signal: AbortSignal,
): Promise<VoiceClient> {
  signal.throwIfAborted();
  const client = new ConnectedVoice(options);
  using deadline = createDeadlineSignal(
    maxConnectMs,
    realClock,
    () => new Error('silent'),
  );
  try {
    await client.waitForDescription(AbortSignal.any([signal, deadline.signal]));
    return client;
  } catch (cause) {
    await client[Symbol.asyncDispose]();
    signal.throwIfAborted();
    const reason =
      cause instanceof BotError ? cause.message : 'The voice server did not answer.';
    throw new BotError('sandbox.failed', false, `No voice call: ${reason}`, cause);
  }
}

/** A simulated person's end of a voice call: a real client over TLS and UDP. */
export type VoiceClient = Omit<
  Pick<ConnectedVoice, keyof ConnectedVoice>,
  'waitForDescription'
>;

class ConnectedVoice implements AsyncDisposable {
  readonly #options: VoiceClientOptions;
  readonly #conditionWait = new ConditionWait();
  readonly #closing = new AbortController();
  readonly #presentIds = new Set<PersonId>();
  readonly #signals: VoiceClientSignals;
  readonly #udp: ClientUdp;
  readonly #sender: ClientSender;
  readonly #listeners: ((frame: HeardFrame) => void)[] = [];
  #ssrc = 0;
  #sealing: OpenMicrophone['sealing'];
  #sealer: PacketSealer | undefined;
  #dave: DaveMember | undefined;
  #receiver: ClientReceiver | undefined;
  #lastSpeech = Promise.resolve();
  #sentPackets = 0;

  constructor(options: VoiceClientOptions) {
    this.#options = options;
    this.#sender = new ClientSender(options.codec, {
      onSpeaking: (on) => this.#sendSpeaking(on ? 1 : 0),
      onPacket: (packet) => this.#sendPacket(packet),
    });
    this.#udp = new ClientUdp((datagram) =>
      this.#receiver?.receiveDatagram(datagram, realClock.nowMs()),
    );
    this.#signals = new VoiceClientSignals(options, {
      onJson: (opcode, d) => this.#handleJson(opcode, d),
      onBinary: (opcode, payload) => this.#handleBinary(opcode, payload),
      onEnded: (code) =>
        this.#endClient(`the voice server closed the connection with code ${code}`),
    });
  }

  /** Waits until the server has said how to encrypt. */
  async waitForDescription(signal: AbortSignal): Promise<void> {
    await this.#waitUntil(() => this.#receiver !== undefined, signal);
  }

  /**
   * Speaks in real time, 20 ms a packet, with the noise of the microphone. Calls wait for each other. Encoded frames leave
   * as they are, without noise of the room.
   * Ends after the silence frames, with an open microphone after the last frame with voice. A speech that is aborted
   * ends without silence frames, as a broken line does.
   *
   * Errors: BotError `link.lost` when the server ended the call. Aborting `signal` throws its reason.
   */
  async speak(speech: Pcm | EncodedSpeech, signal: AbortSignal): Promise<SpokenTimes> {
    const earlierSpeech = this.#lastSpeech;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastSpeech = promise;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    try {
      await waitUnlessAborted(earlierSpeech, either);
      return await this.#sender.speak(speech, either);
    } finally {
      void earlierSpeech.then(resolve);
    }
  }

  /** Sends 20 ms (48 kHz mono) of a live microphone at once, except during a speech. */
  sendLive(samples: Int16Array): void {
    this.#sender.sendLive(samples);
  }

  /**
   * Ends the live microphone, as 100 ms without a frame do too: silence frames follow.
   */
  endLive(): void {
    this.#sender.endLive();
  }

  /** Uses another microphone from now on. The first is `gate`. */
  useMicrophone(microphone: OpenMicrophone): void {
    this.#sealing = microphone.sealing;
    this.#sender.useMicrophone(microphone);
  }

  /**
   * Calls `listener` for each frame that could be decrypted and decoded, in order of
   * arrival.
   */
  onFrame(listener: (frame: HeardFrame) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Waits until exactly the people of `otherIds` and oneself are in the call and, with DAVE, in its
   * end-to-end group. Errors: BotError `link.lost` when the server ended the call.
   * Aborting `signal` throws its reason.
   */
  async waitUntilSettled(
    otherIds: readonly PersonId[],
    signal: AbortSignal,
  ): Promise<void> {
    const expectedIds = new Set(otherIds);
    const areHere = () =>
      expectedIds.size === this.#presentIds.size &&
      expectedIds.isSubsetOf(this.#presentIds);
    const isSealed = () =>
      !this.#dave || expectedIds.size === 0 || this.#dave.isGroupedWith(otherIds);
    await this.#waitUntil(() => areHere() && isSealed(), signal);
  }

  /** Counts packets between the socket and `onFrame` since the client connected. */
  counts(): VoiceCounts {
    const { latePackets } = this.#sender;
    const { unheardPackets = 0 } = this.#receiver ?? {};
    return { sentPackets: this.#sentPackets, latePackets, unheardPackets };
  }

  /** Hangs up: a speech under way is broken off, and the sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signals.close();
    this.#endClient('it was hung up');
    await this.#lastSpeech;
    await this.#sender.close(this.#closing.signal.reason);
    await this.#udp[Symbol.asyncDispose]();
    this.#receiver?.close();
  }

  async #waitUntil(isTrue: () => boolean, signal: AbortSignal) {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    await this.#conditionWait.waitUntil(() => isTrue() || undefined, either);
  }

  #endClient(reason: string) {
    const lost = new BotError('link.lost', true, `The voice call is over: ${reason}.`);
    this.#closing.abort(lost);
    void this.#sender.close(lost);
  }

  #handleJson(opcode: number, d: unknown) {
    const message = parseServerMessage(opcode, d);
    if (message) this.#handleMessage(message);
    this.#conditionWait.notify();
  }

  #handleMessage(message: ServerMessage) {
    switch (message.op) {
      case voiceOpcodes.ready:
        this.#discoverAddress(message.d);
        break;
      case voiceOpcodes.sessionDescription:
        this.#startEncryption(message.d);
        break;
      case voiceOpcodes.speaking:
        this.#receiver?.nameSpeaker(message.d.ssrc, message.d.user_id);
        break;
      case voiceOpcodes.clientsConnect:
        this.#addPeople(message.d.user_ids);
        break;
      case voiceOpcodes.clientDisconnect:
        this.#removePerson(message.d.user_id);
        break;
      case voiceOpcodes.prepareTransition:
        this.#sendAnswers(
          this.#dave?.prepareTransition(
            message.d.transition_id,
            message.d.protocol_version,
          ),
        );
        break;
      case voiceOpcodes.executeTransition:
        this.#dave?.executeTransition(message.d.transition_id);
        break;
      case voiceOpcodes.prepareEpoch:
        this.#sendAnswers(this.#dave?.prepareEpoch(message.d.epoch));
        break;
    }
  }

  #handleBinary(opcode: number, payload: Buffer) {
    this.#sendAnswers(this.#dave?.handleBinary(opcode, payload, this.#presentIds));
    this.#conditionWait.notify();
  }

  /**
   * Asks for our address. Without a mode in common there is no call, and the deadline
   * ends it.
   */
  #discoverAddress({ ip, port, ssrc, modes }: ReadyMessage) {
    const mode = encryptionModes.find((candidate) => modes.includes(candidate));
    if (!mode) return;
    this.#ssrc = ssrc;
    this.#udp.discoverAddress({ address: ip, port }, ssrc, (ownAddress) => {
      const data = { ...ownAddress, mode };
      this.#signals.send({
        op: voiceOpcodes.selectProtocol,
        d: { protocol: 'udp', data },
      });
    });
  }

  #startEncryption({ mode, secret_key, dave_protocol_version }: SessionDescription) {
    const { ticket, codec, openSession } = this.#options;
    const cipher = makeVoiceCipher(mode, Buffer.from(secret_key));
    this.#dave =
      dave_protocol_version > 0
        ? new DaveMember(ticket.userId, ticket.channelId, openSession)
        : undefined;
    this.#sealer = new PacketSealer(cipher, false);
    this.#receiver = new ClientReceiver(codec, cipher, this.#dave, (frame) => {
      for (const listener of this.#listeners) listener(frame);
    });
    this.#sendAnswers(this.#dave && [this.#dave.makeKeyPackage()]);
  }

  #addPeople(userIds: readonly PersonId[]) {
    for (const userId of userIds) this.#presentIds.add(userId);
  }

  #removePerson(userId: PersonId) {
    this.#presentIds.delete(userId);
    this.#receiver?.forgetSpeaker(userId);
  }

  #sendAnswers(messages: readonly VoiceMessage[] = []) {
    for (const message of messages) this.#signals.send(message);
  }

  #sendSpeaking(flag: 0 | 1) {
    this.#signals.send({
      op: voiceOpcodes.speaking,
      d: { speaking: flag, delay: 0, ssrc: this.#ssrc },
    });
  }

  #sendPacket({ sequence, timestamp, payload }: Omit<VoicePacket, 'ssrc'>) {
    const packet = {
      sequence,
      timestamp,
      ssrc: this.#ssrc,
      payload: this.#sealFrame(payload),
    };
    const datagram = this.#sealer?.sealPacket(packet);
    if (!datagram) return;
    this.#udp.send(datagram);
    this.#sentPackets++;
  }

  #sealFrame(opus: Buffer) {
    const isOpen =
      this.#sealing === 'none' ||
      (this.#sealing === 'mostly' && this.#sentPackets % 10 === 0);
    if (!this.#dave || isOpen) return opus;
    const sealed = this.#dave.sealFrame(opus);
    if (this.#sealing === 'damaged') sealed.writeUInt8(sealed.readUInt8(1) ^ 0xff, 1);
    return sealed;
  }
}
