import type { ShownSession } from '#sandbox/gateway/gateway.ts';
import type { GatewayRules } from '#sandbox/gateway/gateway-shards.ts';
import type { PrivilegedIntent } from '#sandbox/gateway/gateway-wire.ts';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { PersonOptions, SandboxPerson } from '#sandbox/people/person.ts';
import type { ConnectVoice } from '#sandbox/people/person-surroundings.ts';
import { type RateLimit, usualGlobalLimit, usualRateLimits } from '#sandbox/rest/rest-limits.ts';
import type { LoggedRequest } from '#sandbox/rest/rest-server.ts';
import type { VoiceServer } from '#sandbox/voice/voice-ports.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import type { RegisteredCommand } from '#sandbox/world/world.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import type { GuildOptions, WorldOptions } from '#sandbox/world/world-making.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Faults } from './sandbox-faults.ts';
import type { SandboxGuild } from './sandbox-guild.ts';
import type { Violation } from './sandbox-parts.ts';
import { RunningSandbox } from './sandbox-running.ts';

export type SandboxOptions = WorldOptions & {
  /** More servers, which the bot is in from the start. */
  readonly guilds?: readonly GuildOptions[];
  /** DAVE protocol version of voice calls: 1 (default) is end-to-end encrypted. */
  readonly dave?: 0 | 1;
  /** Ticked in the developer portal; default: none, so that a bot which asks for one is refused with 4014. */
  readonly privilegedIntents?: readonly PrivilegedIntent[];
  /** Default: none. `usual` are those of Discord; with either, answers carry its headers and 429s happen. */
  readonly rateLimits?: 'usual' | readonly RateLimit[];
  /** Requests a second with the bot's token, whatever they ask; callbacks and webhooks of interactions do not count. Default: 50 with `usual`, else any. */
  readonly globalRequestsPerSecond?: number;
  readonly heartbeatMs?: number;
  /** Time that a bot without a socket can resume its session; default: 3 minutes. */
  readonly resumeMs?: number;
  /** Shards and limits of the gateway; default: `lenientGatewayRules`, without limits. */
  readonly gatewayRules?: Partial<GatewayRules>;
  readonly clock?: Clock;
  readonly voice?: VoiceHalf;
};

/** The voice half of this Discord; tests of the text half hand in a silent one. */
export type VoiceHalf = {
  readonly open: (options: VoiceHalfOptions) => Promise<VoiceServer>;
  readonly connect: ConnectVoice;
  readonly codec: () => Promise<OpusCodec>;
};
export type VoiceHalfOptions = {
  readonly dave: 0 | 1;
};

/** A small Discord on this machine, for one bot, and people who talk to it. */
export interface Sandbox extends AsyncDisposable, FirstGuild, BotWatch {
  /** Address that a bot uses in place of `https://discord.com/api`. */
  readonly apiUrl: string;
  /** The same for one of several processes: what it asks and its logins name it. Letters, digits, hyphens. */
  apiUrlFor(process: string): string;
  readonly token: string;
  /** PEM of the certificates a bot must trust: for voice, and for files. */
  readonly certificate: string;
  readonly botId: string;
  /** Where files lie, as in `localhost:4000`; on this machine, so a bot has to be allowed to ask there. */
  readonly cdnHost: string;
  /** The server of that name or id; default: the first. Throws a plain Error when there is none. */
  guild(nameOrId?: string): SandboxGuild;
  /** Invites the bot to one more server. */
  addGuild(options?: GuildOptions): SandboxGuild;
  /** Its people leave their calls, the bot is thrown out, and the server is known no more. Throws a plain Error for the first one. */
  removeGuild(nameOrId: string): Promise<void>;
  /** Other shards or limits from now on; sessions that are there stay. */
  changeGatewayRules(change: Partial<GatewayRules>): void;
  /** Sets `globalRequestsPerSecond` from now on. */
  limitRequests(perSecond: number): void;
  readonly faults: Faults;
}

/** Short ways to `guild()`, the first server. */
export interface FirstGuild {
  readonly guildId: string;
  channelId(name: string): string;
  /** The member of that name, who enters the server when first asked for. */
  person(name: string, options?: PersonOptions): SandboxPerson;
  /** Messages that everybody in the channel can read now, oldest first. */
  messages(channel: string): readonly ShownMessage[];
}

/** Actions of the bot, in all servers. */
export interface BotWatch {
  /** Whether the bot is connected to the gateway, and the name of the voice channel it sits in, in the first server. */
  bot(): { readonly online: boolean; readonly channel: string | undefined };
  /** Every login of the bot that is not over, oldest first: those without a socket can be resumed. */
  gatewaySessions(): readonly ShownSession[];
  /** Violations by several processes that acted for one server at once; empty for a bot that behaves as one. */
  violations(): readonly Violation[];
  /** Commands that the bot registered, global and of the servers. */
  commands(): readonly RegisteredCommand[];
  /** REST requests of the bot, oldest first, with their JSON; at most the last 1000. */
  requests(): readonly LoggedRequest[];
  /** A message as it is now, a private one too; undefined when it is gone. */
  message(id: string): ShownMessage | undefined;
  /** Direct messages of the bot, oldest first. */
  directMessages(): readonly { readonly to: string; readonly text: string }[];
  /** A file of a message or a command, by its id; undefined when it is gone. */
  file(id: string): Upload | undefined;
  /** Told of each message posted, edited or deleted, private ones too. */
  onMessage(listener: (change: MessageChange) => void): void;
  /** Name of the channel or member with this id; the id itself if it is unknown. */
  nameOf(id: string): string;
}

/** Opens a Discord on ports of its own choosing, on 127.0.0.1 only. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const half = options.voice ?? realVoice;
  const codec = await half.codec();
  const { dave = 1, rateLimits = [] } = options;
  const voice = await half.open({ dave });
  const limits = rateLimits === 'usual' ? usualRateLimits : rateLimits;
  const {
    globalRequestsPerSecond = rateLimits === 'usual' ? usualGlobalLimit : Number.POSITIVE_INFINITY,
  } = options;
  const call = { voice, codec, connect: half.connect, globalRequestsPerSecond };
  const sandbox = new RunningSandbox({ ...options, ...call, limits });
  try {
    await sandbox.listen();
  } catch (cause) {
    await sandbox[Symbol.asyncDispose]();
    throw cause;
  }
  return sandbox;
}

const realVoice: VoiceHalf = {
  open: openVoiceServer,
  connect: connectVoice,
  codec: () => loadOpus(),
};
