import { randomUUID } from 'node:crypto';
import type { OpusCodec } from '#src/audio/opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { type Heard, HeardRecorder, type ListenOptions } from './heard-recorder.ts';
import type { Interaction, Shown } from './interaction.ts';
import { commandData, type Words } from './interaction-words.ts';
import type { Interactions } from './interactions.ts';
import type { Spoken, VoiceClient, VoiceCounts, VoiceServer, VoiceTicket } from './voice-ports.ts';
import { type Channel, knownChannel, type Member, type World } from './world.ts';
import type { MessageBoard } from './world-messages.ts';
import { mayConnect } from './world-permissions.ts';
import type { Seats } from './world-seats.ts';

/** A simulated member of the server: sits in channels, speaks, listens, types commands, presses buttons. */
export interface Person extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  /** What reached this person of the bot's voice. */
  readonly heard: HeardRecorder;
  /** Sits down in a voice channel, by name or id; from another one it moves. */
  join(channel: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<void>;
  /** Resolves when everybody seated in the channel now is in the call, and in its encrypted group. */
  settled(signal: AbortSignal): Promise<void>;
  /** Issues a slash command, say `join` or `track play`, in `channel` (default: the first text channel). */
  command(line: string, words?: Words, channel?: string): Interaction;
  /** Types in a command up to option `focused`, and asks for suggestions. */
  complete(line: string, words: Words, focused: string): Interaction;
  /** Presses a button, or picks `values` from a menu, of a message this person sees. */
  press(message: Shown, customId: string, values?: readonly string[]): Interaction;
  /** Speaks in real time; calls wait for each other. */
  say(pcm: Pcm, signal: AbortSignal): Promise<Spoken>;
  /** Waits until the bot was heard and then quiet. */
  listen(options: ListenOptions, signal: AbortSignal): Promise<Heard>;
  /** What was sent and what arrived in the present call. */
  counts(): VoiceCounts;
}

/** Opens a person's end of a voice call. */
export type ConnectVoice = (
  call: {
    readonly endpoint: string;
    readonly certificate: string;
    readonly ticket: VoiceTicket;
    readonly codec: OpusCodec;
  },
  signal: AbortSignal,
) => Promise<VoiceClient>;

/** What a person needs of the sandbox they live in. */
export type Surroundings = {
  readonly world: World;
  readonly seats: Seats;
  readonly board: MessageBoard;
  readonly interactions: Interactions;
  readonly voice: Pick<VoiceServer, 'endpoint' | 'certificate'>;
  readonly connect: ConnectVoice;
  readonly codec: OpusCodec;
};

export class SimulatedPerson implements Person {
  readonly heard: HeardRecorder;
  readonly #member: Member;
  readonly #around: Surroundings;
  #call: VoiceClient | undefined;

  constructor(member: Member, around: Surroundings) {
    this.#member = member;
    this.#around = around;
    this.heard = new HeardRecorder(around.world.clock);
  }

  get id(): string {
    return this.#member.user.id;
  }

  get name(): string {
    return this.#member.user.name;
  }

  async join(channelName: string, signal: AbortSignal): Promise<void> {
    const { world, seats, voice, connect, codec } = this.#around;
    const channel = knownChannel(this.#around.world, channelName);
    if (channel.kind !== 'voice') throw new Error(`${channel.name} is not a voice channel.`);
    if (!mayConnect(world, this.id, channel)) {
      throw new Error(`${this.name} may not enter ${channel.name}.`);
    }
    await this.#hangUp();
    const sessionId = randomUUID().replaceAll('-', '');
    const seat = { userId: this.id, channel, sessionId, selfMute: false, selfDeaf: false };
    const ticket = seats.take(seat);
    if (!ticket) return;
    const { endpoint, certificate } = voice;
    try {
      this.#call = await connect({ endpoint, certificate, ticket, codec }, signal);
    } catch (cause) {
      seats.leave(this.id);
      throw cause;
    }
    this.#call.onFrame((frame) => {
      if (frame.fromUserId === world.bot.id) this.heard.add(frame);
    });
  }

  async leave(): Promise<void> {
    this.#around.seats.leave(this.id);
    await this.#hangUp();
  }

  async settled(signal: AbortSignal): Promise<void> {
    const { voiceStates } = this.#around.world.guild;
    const mine = voiceStates.get(this.id)?.channelId;
    const seated = [...voiceStates.values()].filter(({ channelId }) => channelId === mine);
    const others = seated.map(({ userId }) => userId).filter((userId) => userId !== this.id);
    await this.#inCall().settled(others, signal);
  }

  command(line: string, words: Words = {}, channelName?: string): Interaction {
    const data = commandData(this.#around.world, line, words);
    return this.#act('command', this.#textChannel(channelName), data);
  }

  complete(line: string, words: Words, focused: string): Interaction {
    const data = commandData(this.#around.world, line, words, focused);
    return this.#act('autocomplete', this.#textChannel(undefined), data);
  }

  press(shown: Shown, customId: string, values?: readonly string[]): Interaction {
    const { board, interactions } = this.#around;
    const message = board.find(shown.id);
    if (!message) throw new Error('That message is gone.');
    if (message.ephemeral && message.forUserId !== this.id) {
      throw new Error(`${this.name} cannot see that message.`);
    }
    const data = {
      custom_id: customId,
      component_type: values ? 3 : 2,
      ...(values ? { values } : {}),
    };
    const channel = knownChannel(this.#around.world, message.channelId);
    return interactions.start({ kind: 'component', caller: this.#member, channel, data, message });
  }

  async say(pcm: Pcm, signal: AbortSignal): Promise<Spoken> {
    return await this.#inCall().speak(pcm, signal);
  }

  listen(options: ListenOptions, signal: AbortSignal): Promise<Heard> {
    return this.heard.listen(options, signal);
  }

  counts(): VoiceCounts {
    return this.#inCall().counts();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  #act(
    kind: 'command' | 'autocomplete',
    channel: Channel,
    data: ReturnType<typeof commandData>,
  ): Interaction {
    return this.#around.interactions.start({ kind, caller: this.#member, channel, data });
  }

  #inCall(): VoiceClient {
    if (!this.#call) throw new Error(`${this.name} is in no voice channel.`);
    return this.#call;
  }

  async #hangUp(): Promise<void> {
    const call = this.#call;
    this.#call = undefined;
    await call?.[Symbol.asyncDispose]();
  }

  #textChannel(name: string | undefined): Channel {
    const first = this.#around.world.guild.channels.find(({ kind }) => kind === 'text');
    return knownChannel(this.#around.world, name ?? first?.id ?? 'general');
  }
}
