import { randomUUID } from 'node:crypto';
import {
  type CommandCaller,
  makeCommandData,
  makeMenuData,
  type OptionValues,
} from '#sandbox/interactions/command-data.ts';
import {
  type FormFields,
  makeFormData,
  makePressData,
} from '#sandbox/interactions/interaction-presses.ts';
import {
  type Interaction,
  type InteractionInput,
  type Interactions,
  type ShownMessage,
  toShownMessage,
} from '#sandbox/interactions/interactions.ts';
import type {
  EncodedSpeech,
  HeardFrame,
  OpenMicrophone,
  SpokenTimes,
  VoiceCounts,
} from '#sandbox/voice/voice-ports.ts';
import {
  HeardRecorder,
  type HeardStretch,
  type ListenOptions,
} from '#sandbox/voice-client/heard-recorder.ts';
import type { connectVoice, VoiceClient } from '#sandbox/voice-client/voice-client.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import {
  type Channel,
  type Guild,
  isVoiceKind,
  listSeated,
  type Member,
  requireChannel,
  type World,
} from '#sandbox/world/world.ts';
import { toAttachmentJson, type Upload } from '#sandbox/world/world-attachments.ts';
import { type Json, toMessageJson } from '#sandbox/world/world-json.ts';
import {
  type BoardMessage,
  type MessageBoard,
  messageFlags,
} from '#sandbox/world/world-messages.ts';
import {
  canEnter,
  isAllowed,
  type Permission,
} from '#sandbox/world/world-permissions.ts';
import type { WorldSeats } from '#sandbox/world/world-seats.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { PersonId } from '#src/base/ids.ts';

/** Opens a person's end of a voice call. */
export type ConnectVoice = typeof connectVoice;

/** Parts of the sandbox that a person uses. */
export type PersonDeps = {
  readonly world: World;
  readonly guild: Guild;
  readonly seats: WorldSeats;
  readonly board: MessageBoard;
  readonly interactions: Interactions;
  readonly voice: Pick<VoiceServer, 'endpoint' | 'certificate'>;
  readonly connect: ConnectVoice;
  readonly codec: OpusCodec;
};

export type PersonOptions = {
  /** Language of the person's Discord, as Discord writes it, say `de`. Default `en-US`. */
  readonly locale?: string;
  readonly microphone?: OpenMicrophone;
};

/** Options of a message. Its default channel is the first text channel. */
type MessageOptions = {
  readonly channel?: string;
  readonly files?: readonly Upload[];
  readonly replyTo?: ShownMessage;
  /** Further fields, as Discord sends them. */
  readonly form?: Json;
};

/**
 * A simulated member of a server: sits in channels, speaks, listens, types, presses buttons. Has no seat at first.
 *
 * Acts that need a call throw a plain Error for somebody in none, and so do acts that Discord's own client prevents.
 */
export class SandboxPerson implements AsyncDisposable {
  readonly id: PersonId;
  readonly name: string;
  /** The bot's voice as this person received it. */
  readonly heard: HeardRecorder;
  readonly #member: Member;
  readonly #deps: PersonDeps;
  readonly #listeners = new Set<(frame: HeardFrame) => void>();
  #client: VoiceClient | undefined;
  #microphone: OpenMicrophone = { profile: 'gate' };

  constructor(member: Member, deps: PersonDeps) {
    this.id = member.user.id;
    this.name = member.user.name;
    this.heard = new HeardRecorder(deps.world.clock);
    this.#member = member;
    this.#deps = deps;
  }

  /**
   * Joins a voice or stage channel by name or id, and leaves the person's former channel
   * in any server.
   */
  async join(channelName: string, signal: AbortSignal): Promise<void> {
    const { world, guild, seats, voice, connect, codec } = this.#deps;
    const channel = this.#requireEnterable(channelName);
    await this.#hangUp();
    // Discord lets nobody but bots sit in two servers.
    for (const otherGuild of world.guilds)
      if (otherGuild !== guild) seats.leaveSeat(otherGuild, this.id);
    const ticket = seats.takeSeat(guild, {
      userId: this.id,
      channel,
      sessionId: randomUUID().replaceAll('-', ''),
      selfMute: false,
      selfDeaf: false,
    });
    if (!ticket) return;
    const { endpoint, certificate } = voice;
    try {
      this.#client = await connect({ endpoint, certificate, ticket, codec }, signal);
    } catch (cause) {
      seats.leaveSeat(guild, this.id);
      throw cause;
    }
    this.#client.useMicrophone(this.#microphone);
    this.#client.onFrame((frame) => this.#onFrame(frame));
  }

  /** Leaves the channel, and hangs up. Does nothing without a seat. */
  async leave(): Promise<void> {
    const { seats, guild } = this.#deps;
    seats.leaveSeat(guild, this.id);
    await this.#hangUp();
  }

  /**
   * Waits until everybody seated in the channel now is in the call, and in the encrypted
   * group of the call.
   */
  async settled(signal: AbortSignal): Promise<void> {
    const { guild } = this.#deps;
    const channelId = guild.voiceStates.get(this.id)?.channelId;
    const seated = channelId === undefined ? [] : listSeated(guild, channelId);
    const seatedIds = seated.map((state) => state.userId);
    await this.#requireClient().waitUntilSettled(
      seatedIds.filter((id) => id !== this.id),
      signal,
    );
  }

  /** Speaks in real time. Calls wait for each other. */
  async say(speech: Pcm | EncodedSpeech, signal: AbortSignal): Promise<SpokenTimes> {
    return await this.#requireClient().speak(speech, signal);
  }

  /** Waits until the bot was heard and then quiet. Errors: BotError `sandbox.failed` when nothing came in time. */
  listen(options: ListenOptions, signal: AbortSignal): Promise<HeardStretch> {
    return this.heard.listen(options, signal);
  }

  /** Turns the person's own microphone off or on. Does nothing without a seat. */
  mute(selfMute: boolean): void {
    const { seats, guild } = this.#deps;
    seats.changeSeat(guild, this.id, { selfMute });
  }

  /** Turns the person's own sound off or on. A client also mutes the microphone, which is left to `mute`. */
  deafen(selfDeaf: boolean): void {
    const { seats, guild } = this.#deps;
    seats.changeSeat(guild, this.id, { selfDeaf });
  }

  /**
   * Uses another microphone, in this call and later ones. A speech under way goes on.
   */
  useMicrophone(microphone: OpenMicrophone): void {
    this.#microphone = microphone;
    this.#client?.useMicrophone(microphone);
  }

  /** Sends 20 ms (48 kHz mono) of a real microphone at once. Sends nothing outside a call and while `say` speaks. */
  live(samples: Int16Array): void {
    this.#client?.sendLive(samples);
  }

  /** Turns the real microphone off, as it also is after 100 ms without a frame. */
  endLive(): void {
    this.#client?.endLive();
  }

  /**
   * Calls `listener` for each frame of everybody, in this call and later ones, until
   * disposed of.
   */
  onHeard(listener: (frame: HeardFrame) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Counts packets sent and received in the present call. */
  countVoicePackets(): VoiceCounts {
    return this.#requireClient().counts();
  }

  /** Issues a slash command, say `join` or `track play`, in `channel` (default: the first text channel). */
  command(
    commandLine: string,
    values: OptionValues = {},
    channel?: string,
  ): Interaction {
    return this.#issueCommand(commandLine, values, undefined, channel);
  }

  /** Types in a command up to option `focused`, and asks for suggestions. */
  complete(commandLine: string, values: OptionValues, focused: string): Interaction {
    return this.#issueCommand(commandLine, values, focused);
  }

  /** Picks an entry of the menu of a message. */
  menu(name: string, shownMessage: ShownMessage): Interaction {
    const { world, guild } = this.#deps;
    const message = this.#requireVisible(shownMessage);
    const channel = requireChannel(guild, message.channelId);
    const json = toMessageJson(world, message);
    const data = makeMenuData(this.#toCaller(channel), name, message.id, json);
    return this.#startInteraction({ kind: 'command', channel, data });
  }

  /** Presses a button, or picks `values` from a menu, as `shownMessage` had it or the message has it now. */
  press(
    shownMessage: ShownMessage,
    customId: string,
    values?: readonly string[],
  ): Interaction {
    const { world, guild } = this.#deps;
    const message = this.#requireVisible(shownMessage);
    const components = [...message.components, ...shownMessage.components];
    const data = makePressData(world, guild, components, customId, values);
    const channel = requireChannel(guild, message.channelId);
    return this.#startInteraction({ kind: 'component', channel, data, message });
  }

  /** Fills in the form that the bot opened for `interaction`. */
  submit(interaction: Pick<Interaction, 'id'>, fields: FormFields): Interaction {
    const record = this.#deps.interactions.findById(interaction.id);
    if (!record?.modal || record.opening.caller !== this.#member)
      throw new Error(`${this.name} was asked nothing.`);
    const { message, channel } = record.opening;
    const data = makeFormData(record.modal as Json, fields);
    return this.#startInteraction({ kind: 'modal', channel, data, message });
  }

  /** Writes a message. The chat of a voice channel has the channel's name. */
  write(
    text: string,
    { channel: name, files, form, replyTo }: MessageOptions = {},
  ): ShownMessage {
    const { guild, board } = this.#deps;
    const channel = requireTextChannel(guild, name);
    const permission = channel.kind === 'thread' ? 'sendInThreads' : 'sendMessages';
    this.#requireRight(permission, channel, 'write');
    const posting = {
      channelId: channel.id,
      authorId: this.id,
      replyToId: replyTo?.id,
      ephemeral: false,
      loading: false,
      form,
    };
    const isVoice = files?.some(({ voiceSeconds }) => voiceSeconds !== undefined);
    const flags = isVoice ? messageFlags.voiceMessage : 0;
    return toShownMessage(
      board.post(posting, { content: text, uploads: files, flags }),
    );
  }

  /** Deletes a message of this person, or with the right to do so any other. */
  deleteMessage(shownMessage: ShownMessage): void {
    const { guild, board } = this.#deps;
    const message = this.#requireVisible(shownMessage);
    const channel = requireChannel(guild, message.channelId);
    const isOwn = message.authorId === this.id;
    if (!isOwn)
      this.#requireRight('manageMessages', channel, 'delete messages of others');
    board.remove(message);
  }

  /** Leaves the call, as `leave` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  #requireClient() {
    if (!this.#client) throw new Error(`${this.name} is in no voice channel.`);
    return this.#client;
  }

  async #hangUp() {
    const client = this.#client;
    this.#client = undefined;
    await client?.[Symbol.asyncDispose]();
  }

  #onFrame(frame: HeardFrame) {
    if (frame.fromUserId === this.#deps.world.bot.id) this.heard.addFrame(frame);
    for (const listener of this.#listeners) listener(frame);
  }

  #requireEnterable(channelName: string) {
    const { world, guild } = this.#deps;
    const channel = requireChannel(guild, channelName);
    if (!isVoiceKind(channel))
      throw new Error(`${channel.name} is not a voice channel.`);
    switch (canEnter(world, guild, this.id, channel)) {
      case 'forbidden':
        throw new Error(`${this.name} may not enter ${channel.name}.`);
      case 'full':
        throw new Error(`${channel.name} is full.`);
      case 'yes':
        return channel;
    }
  }

  #requireRight(permission: Permission, channel: Channel, act: string) {
    const { world, guild } = this.#deps;
    if (!isAllowed(world, guild, this.id, permission, channel))
      throw new Error(`${this.name} may not ${act} in ${channel.name}.`);
  }

  #requireVisible({ id }: ShownMessage): BoardMessage {
    const message = this.#deps.board.find(id);
    if (!message) throw new Error('That message is gone.');
    if (message.ephemeral && message.forUserId !== this.id)
      throw new Error(`${this.name} cannot see that message.`);
    return message;
  }

  #issueCommand(
    commandLine: string,
    values: OptionValues,
    focused: string | undefined,
    channelName?: string,
  ) {
    const channel = requireTextChannel(this.#deps.guild, channelName);
    const caller = this.#toCaller(channel);
    const data = makeCommandData(caller, commandLine, values, focused);
    this.#requireRight('useCommands', channel, 'use commands');
    const kind = focused === undefined ? 'command' : 'autocomplete';
    return this.#startInteraction({ kind, channel, data });
  }

  #startInteraction(
    input: Pick<InteractionInput, 'kind' | 'channel' | 'data' | 'message'>,
  ) {
    const { guild, interactions } = this.#deps;
    const caller = this.#member;
    return interactions.startInteraction({ ...input, guild, caller });
  }

  #toCaller(channel: Channel): CommandCaller {
    const { world, guild, board } = this.#deps;
    return {
      world,
      guild,
      member: this.#member,
      keepFile(upload) {
        const attachment = board.attachments.keepFile(channel.id, upload);
        return { id: attachment.id, json: toAttachmentJson(attachment) };
      },
    };
  }
}

function requireTextChannel(guild: Guild, name: string | undefined) {
  const defaultChannel = guild.channels.find(({ kind }) => kind === 'text');
  return requireChannel(guild, name ?? defaultChannel?.id ?? 'general');
}
