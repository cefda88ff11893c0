import type { GatewayRules } from '#sandbox/gateway/gateway-shards.ts';
import type { PrivilegedIntent } from '#sandbox/gateway/gateway-wire.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import {
  openVoiceServer,
  type VoiceServer,
} from '#sandbox/voice-server/voice-server.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import { loadOpus, type OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ConnectVoice } from './people/sandbox-person.ts';
import { RunningSandbox } from './running-sandbox.ts';
import type { GuildOptions, WorldOptions } from './world/create-world.ts';

/** Options of a sandbox, all with a default. */
export type SandboxOptions = WorldOptions & {
  /** More servers, which the bot is in from the start. */
  readonly guilds?: readonly GuildOptions[];
  /** DAVE protocol version of voice calls: 1 (default) is end-to-end encrypted. */
  readonly dave?: 0 | 1;
  /** Ticked in the developer portal. Default: none, so that a bot that asks for one is refused with 4014. */
  readonly privilegedIntents?: readonly PrivilegedIntent[];
  /** Limits of Discord: answers carry its headers, and 429s happen. Default: none. */
  readonly rateLimits?: 'usual';
  readonly heartbeatMs?: number;
  /** Shards and limits of the gateway. Default: `lenientGatewayRules`, without limits. */
  readonly gatewayRules?: Partial<GatewayRules>;
  readonly clock?: Clock;
  readonly voice?: VoiceHalf;
};

/** The voice half of this Discord. Tests of the text half pass a silent one. */
export type VoiceHalf = {
  /** Opens the voice server, before anybody joins. */
  readonly open: (options: VoiceHalfOptions) => Promise<VoiceServer>;
  /** Connects one person to a call of that server. */
  readonly connect: ConnectVoice;
  /** Loads the codec of all people. */
  readonly makeCodec: () => Promise<OpusCodec>;
};
/** Options that the sandbox gives its voice half. */
export type VoiceHalfOptions = {
  readonly dave: 0 | 1;
  /** Finds a file of a message or a command, to be served beside the voice gateway. */
  readonly file: (id: string) => Upload | undefined;
};

/** A sandbox that is open. */
export type Sandbox = Pick<RunningSandbox, keyof RunningSandbox>;

/**
 * Opens a small Discord on 127.0.0.1, on ports that the system chooses.
 *
 * @example
 * import { openSandbox } from '#sandbox/sandbox.ts';
 *
 * declare const startBot: (login: { readonly apiUrl: string; readonly token: string }) => Promise<void>;
 * await using sandbox = await openSandbox();
 * await startBot(sandbox);
 * const adam = sandbox.person('Adam');
 * await adam.join('Lounge', AbortSignal.timeout(5_000));
 */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { dave = 1, voice: half = openRealVoice } = options;
  const codec = await half.makeCodec();
  const voice = await half.open({ dave, file: (id) => sandbox.file(id) });
  const sandbox = new RunningSandbox(options, { voice, codec, connect: half.connect });
  try {
    await sandbox.listen();
  } catch (cause) {
    await sandbox[Symbol.asyncDispose]();
    throw cause;
  }
  return sandbox;
}

const openRealVoice: VoiceHalf = {
  open: openVoiceServer,
  connect: connectVoice,
  makeCodec: () => loadOpus(),
};
