import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ShownSession } from '#sandbox/gateway/gateway.ts';
import { guildSeen } from '#sandbox/gateway/gateway-json.ts';
import type { GatewayRules } from '#sandbox/gateway/gateway-shards.ts';
import { intents } from '#sandbox/gateway/gateway-wire.ts';
import { type ShownMessage, shown } from '#sandbox/interactions/interaction.ts';
import type { PersonOptions, SandboxPerson } from '#sandbox/people/person.ts';
import type { ConnectVoice } from '#sandbox/people/person-surroundings.ts';
import { Cdn } from '#sandbox/rest/cdn.ts';
import type { RateLimit } from '#sandbox/rest/rest-limits.ts';
import type { LoggedRequest } from '#sandbox/rest/rest-server.ts';
import type { VoiceServer } from '#sandbox/voice/voice-ports.ts';
import type { Guild, RegisteredCommand } from '#sandbox/world/world.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import { addGuild, type GuildOptions } from '#sandbox/world/world-making.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { addressFor } from './process-address.ts';
import type { SandboxOptions } from './sandbox.ts';
import { type Faults, faultsOf } from './sandbox-faults.ts';
import { type OpenGuild, openGuild, type SandboxGuild } from './sandbox-guild.ts';
import { buildParts, type SandboxInternals, type Violation } from './sandbox-parts.ts';

/** Options of a sandbox, with its voice half open. */
export type RunningOptions = Omit<SandboxOptions, 'voice' | 'rateLimits'> & {
  readonly voice: VoiceServer;
  readonly codec: OpusCodec;
  readonly connect: ConnectVoice;
  readonly limits: readonly RateLimit[];
  readonly globalRequestsPerSecond: number;
};

/** The sandbox itself; its interface is `Sandbox`. */
export class RunningSandbox {
  readonly token = `sandbox.${randomBytes(24).toString('hex')}`;
  readonly faults: Faults;
  readonly #parts: SandboxInternals;
  readonly #options: RunningOptions;
  readonly #first: OpenGuild;
  #more: readonly OpenGuild[] = [];
  readonly #listeners: ((change: MessageChange) => void)[] = [];
  readonly #closing = new AbortController();
  readonly #cdn: Cdn;
  #apiUrl = '';
  #cdnHost = '';

  constructor(options: RunningOptions) {
    this.#options = options;
    this.#parts = buildParts(options, this.token, (change) => {
      for (const listener of this.#listeners) listener(change);
    });
    this.#cdn = new Cdn(this.#parts.board.attachments);
    const { guild } = this.#parts.world;
    this.#first = this.#opened(guild);
    for (const each of options.guilds ?? []) this.addGuild(each);
    this.faults = faultsOf({
      ...this.#parts,
      guild,
      sandboxGuild: this.#first.sandboxGuild,
      voice: options.voice.faults,
      closing: this.#closing.signal,
    });
  }

  get apiUrl(): string {
    return this.#apiUrl;
  }

  apiUrlFor(process: string): string {
    const { origin, pathname } = new URL(this.#apiUrl);
    return `${origin}${addressFor(process, pathname)}`;
  }

  get certificate(): string {
    return `${this.#options.voice.certificate}\n${this.#cdn.certificate}`;
  }

  get cdnHost(): string {
    return this.#cdnHost;
  }

  get guildId(): string {
    return this.#first.sandboxGuild.id;
  }

  get botId(): string {
    return this.#parts.world.bot.id;
  }

  async listen(): Promise<void> {
    const { rest, gateway, board } = this.#parts;
    rest.server.listen(0, '127.0.0.1');
    await once(rest.server, 'listening');
    const address = rest.server.address();
    if (address === null || typeof address === 'string') throw new Error('REST has no port.');
    this.#apiUrl = `http://127.0.0.1:${address.port}/api`;
    this.#cdnHost = await this.#cdn.listen();
    board.attachments.servedAt(`https://${this.#cdnHost}`);
    gateway.listen(rest.server, address.port);
  }

  guild(nameOrId?: string): SandboxGuild {
    const all = [this.#first, ...this.#more].map(({ sandboxGuild }) => sandboxGuild);
    const found = all.find(({ id, name }) => [id, name, undefined].includes(nameOrId));
    if (!found) throw new Error(`There is no server ${nameOrId}.`);
    return found;
  }

  addGuild(options: GuildOptions = {}): SandboxGuild {
    const { world, dispatch } = this.#parts;
    const guild = addGuild(world, options);
    const open = this.#opened(guild);
    this.#more = [...this.#more, open];
    const data = (asked: number) => guildSeen(world, guild, asked);
    dispatch({ name: 'GUILD_CREATE', guildId: guild.id, data, intent: intents.guilds });
    return open.sandboxGuild;
  }

  async removeGuild(nameOrId: string): Promise<void> {
    const { id } = this.guild(nameOrId);
    const open = this.#more.find(({ sandboxGuild }) => sandboxGuild.id === id);
    if (!open) throw new Error('The first server stays.');
    await open[Symbol.asyncDispose]();
    open.sandboxGuild.removeBot();
    this.#more = this.#more.filter((each) => each !== open);
  }

  channelId(name: string): string {
    return this.guild().channelId(name);
  }

  person(name: string, options?: PersonOptions): SandboxPerson {
    return this.guild().person(name, options);
  }

  messages(channel: string): readonly ShownMessage[] {
    return this.guild().messages(channel);
  }

  directMessages(): readonly { readonly to: string; readonly text: string }[] {
    const { board, world } = this.#parts;
    return [...world.directChannels].flatMap(([channelId, { name }]) =>
      board.inChannel(channelId).map(({ text }) => ({ to: name, text })),
    );
  }

  file(id: string): Upload | undefined {
    return this.#parts.board.attachments.find(id);
  }

  message(id: string): ShownMessage | undefined {
    const message = this.#parts.board.find(id);
    return message && shown(message);
  }

  nameOf(id: string): string {
    for (const guild of [this.#first, ...this.#more]) {
      const name = guild.nameOf(id);
      if (name !== undefined) return name;
    }
    return id;
  }

  bot(): { readonly online: boolean; readonly channel: string | undefined } {
    return { online: this.#parts.gateway.online, channel: this.guild().bot().channel };
  }

  gatewaySessions(): readonly ShownSession[] {
    return this.#parts.gateway.sessions;
  }

  limitRequests(perSecond: number): void {
    this.#parts.rest.limitRequests(perSecond);
  }

  violations(): readonly Violation[] {
    return this.#parts.violations;
  }

  changeGatewayRules(change: Partial<GatewayRules>): void {
    this.#parts.gateway.changeRules(change);
  }

  commands(): readonly RegisteredCommand[] {
    return this.#parts.world.commands;
  }

  requests(): readonly LoggedRequest[] {
    return this.#parts.rest.requests;
  }

  onMessage(listener: (change: MessageChange) => void): void {
    this.#listeners.push(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const guild of [this.#first, ...this.#more]) await guild[Symbol.asyncDispose]();
    this.#parts.gateway.close();
    await this.#parts.rest.close();
    await this.#cdn.close();
    await this.#options.voice[Symbol.asyncDispose]();
  }

  #opened(guild: Guild): OpenGuild {
    const { voice, codec, connect } = this.#options;
    return openGuild({ ...this.#parts, voice, codec, connect, guild });
  }
}
