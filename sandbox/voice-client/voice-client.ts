import { createConditionWait } from '#sandbox/condition-wait.ts';
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
  VoiceCounts,
} from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { createDeadlineSignal, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type ClientReceiver, createClientReceiver } from './client-receiver.ts';
import { ClientSender } from './client-sender.ts';
import {
  createVoiceSignals,
  openClientUdp,
  parseServerMessage,
  type ReadyMessage,
  type ServerMessage,
  type SessionDescription,
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
 * Resolves once the session is described. The end-to-end group may come later (`settled`). Errors: BotError
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
    const why =
      cause instanceof BotError ? cause.message : 'The voice server did not answer.';
    throw new BotError('sandbox.failed', false, `No voice call: ${why}`, cause);
  }
}

/** A simulated person's end of a voice call: a real client over TLS and UDP. */
export type VoiceClient = Omit<
  Pick<ConnectedVoice, keyof ConnectedVoice>,
  'waitForDescription'
>;

class ConnectedVoice implements AsyncDisposable {
  readonly #options;
  readonly #watch = createConditionWait();
  readonly #gone = new AbortController();
  readonly #present = new Set<string>();
  readonly #signals;
  readonly #udp;
  readonly #sender;
  readonly #listeners: ((frame: HeardFrame) => void)[] = [];
  #ssrc = 0;
  #sealing: OpenMicrophone['sealing'];
  #sealer: PacketSealer | undefined;
  #dave: DaveMember | undefined;
  #receiver: ClientReceiver | undefined;
  #turn = Promise.resolve();
  #sentPackets = 0;

  constructor(options: VoiceClientOptions) {
    this.#options = options;
    this.#sender = new ClientSender(options.codec, {
      onSpeaking: (on) => this.#sendSpeaking(on ? 1 : 0),
      onPacket: (packet) => this.#send(packet),
    });
    this.#udp = openClientUdp((datagram) =>
      this.#receiver?.receiveDatagram(datagram, realClock.nowMs()),
    );
    this.#signals = createVoiceSignals(options, {
      onJson: (opcode, d) => this.#handleJson(opcode, d),
      onBinary: (opcode, payload) => this.#handleBinary(opcode, payload),
      onEnded: (code) =>
        this.#endClient(`the voice server closed the connection with code ${code}`),
    });
  }

  /** Waits until the server has said how to encrypt. */
  async waitForDescription(signal: AbortSignal) {
    await this.#waitUntil(() => this.#receiver !== undefined, signal);
  }

  /**
   * Speaks in real time, 20 ms a packet, with the noise of the microphone. Calls wait for each other. Encoded frames leave
   * as it is, without noise of the room.
   * Ends after the silence frames, with an open microphone after the last frame with voice. A speech that is aborted
   * ends without silence frames, as a broken line does.
   *
   * Errors: BotError `link.lost` when the server ended the call. Aborting `signal` throws its reason.
   */
  async speak(speech: Pcm | EncodedSpeech, signal: AbortSignal) {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    const either = AbortSignal.any([signal, this.#gone.signal]);
    try {
      await waitUnlessAborted(before, either);
      return await this.#sender.speak(speech, either);
    } finally {
      void before.then(resolve);
    }
  }

  /** Sends 20 ms (48 kHz mono) of a live microphone at once, except during a speech. */
  sendLive(samples: Int16Array) {
    this.#sender.sendLive(samples);
  }

  /**
   * Ends the live microphone, as 100 ms without a frame do too: silence frames follow.
   */
  endLive() {
    this.#sender.endLive();
  }

  /** Uses another microphone from now on. The first is `gate`. */
  useMicrophone(microphone: OpenMicrophone) {
    this.#sealing = microphone.sealing;
    this.#sender.useMicrophone(microphone);
  }

  /**
   * Calls `listener` for each frame that could be decrypted and decoded, in order of
   * arrival.
   */
  onFrame(listener: (frame: HeardFrame) => void) {
    this.#listeners.push(listener);
  }

  /**
   * Waits until exactly `others` and oneself are in the call and, with DAVE, in its
   * end-to-end group. Errors: BotError `link.lost` when the server ended the call.
   * Aborting `signal` throws its reason.
   */
  async waitUntilSettled(others: readonly string[], signal: AbortSignal) {
    const wanted = new Set(others);
    const here = () =>
      wanted.size === this.#present.size && wanted.isSubsetOf(this.#present);
    const sealed = () =>
      !this.#dave || wanted.size === 0 || this.#dave.hasKeysOf(others);
    await this.#waitUntil(() => here() && sealed(), signal);
  }

  counts(): VoiceCounts {
    const { latePackets } = this.#sender;
    const { unheardPackets = 0 } = this.#receiver ?? {};
    return { sentPackets: this.#sentPackets, latePackets, unheardPackets };
  }

  async [Symbol.asyncDispose]() {
    this.#signals.close();
    this.#endClient('it was hung up');
    await this.#turn;
    await this.#sender.close(this.#gone.signal.reason);
    await this.#udp[Symbol.asyncDispose]();
    this.#receiver?.close();
  }

  async #waitUntil(holds: () => boolean, signal: AbortSignal) {
    const either = AbortSignal.any([signal, this.#gone.signal]);
    await this.#watch.waitUntil(() => holds() || undefined, either);
  }

  #endClient(why: string) {
    const lost = new BotError('link.lost', true, `The voice call is over: ${why}.`);
    this.#gone.abort(lost);
    void this.#sender.close(lost);
  }

  #handleJson(opcode: number, d: unknown) {
    const message = parseServerMessage(opcode, d);
    if (message) this.#handle(message);
    this.#watch.notify();
  }

  #handle(message: ServerMessage) {
    switch (message.op) {
      case voiceOpcodes.ready:
        this.#discover(message.d);
        break;
      case voiceOpcodes.sessionDescription:
        this.#describe(message.d);
        break;
      case voiceOpcodes.speaking:
        this.#receiver?.nameSpeaker(message.d.ssrc, message.d.user_id);
        break;
      case voiceOpcodes.clientsConnect:
        this.#meet(message.d.user_ids);
        break;
      case voiceOpcodes.clientDisconnect:
        this.#part(message.d.user_id);
        break;
      case voiceOpcodes.prepareTransition:
        this.#answer(
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
        this.#answer(this.#dave?.prepareEpoch(message.d.epoch));
        break;
    }
  }

  #handleBinary(opcode: number, payload: Buffer) {
    this.#answer(this.#dave?.handleBinary(opcode, payload, this.#present));
    this.#watch.notify();
  }

  /**
   * Asks for our address. Without a mode in common there is no call, and the deadline
   * ends it.
   */
  #discover({ ip, port, ssrc, modes }: ReadyMessage) {
    const mode = encryptionModes.find((one) => modes.includes(one));
    if (!mode) return;
    this.#ssrc = ssrc;
    this.#udp.discoverAddress({ address: ip, port }, ssrc, (own) => {
      const data = { ...own, mode };
      this.#signals.send({
        op: voiceOpcodes.selectProtocol,
        d: { protocol: 'udp', data },
      });
    });
  }

  #describe({ mode, secret_key, dave_protocol_version }: SessionDescription) {
    const { ticket, codec, openSession } = this.#options;
    const cipher = makeVoiceCipher(mode, Buffer.from(secret_key));
    this.#dave =
      dave_protocol_version > 0
        ? new DaveMember(ticket.userId, ticket.channelId, openSession)
        : undefined;
    this.#sealer = new PacketSealer(cipher, false);
    this.#receiver = createClientReceiver(codec, cipher, this.#dave, (frame) => {
      for (const listener of this.#listeners) listener(frame);
    });
    this.#answer(this.#dave && [this.#dave.keyPackage()]);
  }

  #meet(userIds: readonly string[]) {
    for (const userId of userIds) this.#present.add(userId);
  }

  #part(userId: string) {
    this.#present.delete(userId);
    this.#receiver?.forgetSpeaker(userId);
  }

  #answer(messages: readonly VoiceMessage[] = []) {
    for (const message of messages) this.#signals.send(message);
  }

  #sendSpeaking(flag: 0 | 1) {
    this.#signals.send({
      op: voiceOpcodes.speaking,
      d: { speaking: flag, delay: 0, ssrc: this.#ssrc },
    });
  }

  #send({ sequence, timestamp, payload }: Omit<VoicePacket, 'ssrc'>) {
    const packet = {
      sequence,
      timestamp,
      ssrc: this.#ssrc,
      payload: this.#seal(payload),
    };
    const datagram = this.#sealer?.sealPacket(packet);
    if (!datagram) return;
    this.#udp.send(datagram);
    this.#sentPackets++;
  }

  #seal(opus: Buffer) {
    const isOpen =
      this.#sealing === 'none' ||
      (this.#sealing === 'mostly' && this.#sentPackets % 10 === 0);
    if (!this.#dave || isOpen) return opus;
    const sealed = this.#dave.sealFrame(opus);
    if (this.#sealing === 'damaged') sealed.writeUInt8(sealed.readUInt8(1) ^ 0xff, 1);
    return sealed;
  }
}
