import { randomUUID } from 'node:crypto';
import type { HeardFrame, Microphone, VoiceClient } from '#sandbox/voice/voice-ports.ts';
import type { HeardRecorder } from '#sandbox/voice-client/heard-recorder.ts';
import {
  type Channel,
  canSitIn,
  knownChannel,
  type Member,
  seatedIn,
} from '#sandbox/world/world.ts';
import { mayEnter } from '#sandbox/world/world-permissions.ts';
import type { Surroundings } from './person-surroundings.ts';

/** Where one person sits, and their end of the call there. */
export class PersonCall {
  readonly #member: Member;
  readonly #around: Surroundings;
  readonly #heard: HeardRecorder;
  #client: VoiceClient | undefined;
  #microphone: Microphone | undefined;
  readonly #listeners = new Set<(frame: HeardFrame) => void>();

  constructor(member: Member, around: Surroundings, heard: HeardRecorder) {
    this.#member = member;
    this.#around = around;
    this.#heard = heard;
  }

  async join(channelName: string, signal: AbortSignal): Promise<void> {
    const { guild, seats, voice, connect, codec } = this.#around;
    const userId = this.#member.user.id;
    const channel = this.#enterable(channelName);
    await this.#hangUp();
    this.#leaveOtherGuilds();
    const sessionId = randomUUID().replaceAll('-', '');
    const seat = { userId, channel, sessionId, selfMute: false, selfDeaf: false };
    const ticket = seats.take(guild, seat);
    if (!ticket) return;
    const { endpoint, certificate } = voice;
    try {
      this.#client = await connect({ endpoint, certificate, ticket, codec }, signal);
    } catch (cause) {
      seats.leave(guild, userId);
      throw cause;
    }
    if (this.#microphone) this.#client.useMicrophone(this.#microphone);
    this.#client.onFrame((frame) => this.#hear(frame));
  }

  async leave(): Promise<void> {
    const { seats, guild } = this.#around;
    seats.leave(guild, this.#member.user.id);
    await this.#hangUp();
  }

  async settled(signal: AbortSignal): Promise<void> {
    const { guild } = this.#around;
    const { id } = this.#member.user;
    const mine = guild.voiceStates.get(id)?.channelId ?? '';
    const everybody = seatedIn(guild, mine).map(({ userId }) => userId);
    const others = everybody.filter((userId) => userId !== id);
    await this.client().settled(others, signal);
  }

  useMicrophone(microphone: Microphone): void {
    this.#microphone = microphone;
    this.#client?.useMicrophone(microphone);
  }

  /** Nothing happens to somebody who is in no call. */
  live(frame: Buffer | Int16Array): void {
    this.#client?.live(frame);
  }

  endLive(): void {
    this.#client?.endLive();
  }

  onHeard(listener: (frame: HeardFrame) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  muteSelf(change: { readonly selfMute: boolean } | { readonly selfDeaf: boolean }): void {
    const { seats, guild } = this.#around;
    seats.change(guild, this.#member.user.id, change);
  }

  /** Throws a plain Error for somebody in no call. */
  client(): VoiceClient {
    if (!this.#client) throw new Error(`${this.#member.user.name} is in no voice channel.`);
    return this.#client;
  }

  #enterable(name: string): Channel {
    const { world, guild } = this.#around;
    const { user } = this.#member;
    const channel = knownChannel(guild, name);
    if (!canSitIn(channel)) throw new Error(`${channel.name} is not a voice channel.`);
    switch (mayEnter(world, guild, user.id, channel)) {
      case 'forbidden':
        throw new Error(`${user.name} may not enter ${channel.name}.`);
      case 'full':
        throw new Error(`${channel.name} is full.`);
      case 'yes':
        return channel;
    }
  }

  /** Discord lets nobody but bots sit in two servers. */
  #leaveOtherGuilds(): void {
    const { world, guild, seats } = this.#around;
    for (const other of world.guilds) {
      if (other !== guild) seats.leave(other, this.#member.user.id);
    }
  }

  #hear(frame: HeardFrame): void {
    if (frame.fromUserId === this.#around.world.bot.id) this.#heard.add(frame);
    for (const listener of this.#listeners) listener(frame);
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.[Symbol.asyncDispose]();
  }
}
