import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  openSandbox,
  type Sandbox,
  type SandboxOptions,
  type VoiceHalf,
} from '#sandbox/sandbox.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import {
  openVoiceServer,
  type VoiceServer,
} from '#sandbox/voice-server/voice-server.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { BotProcess } from '#test/fakes/bot-process.ts';
import {
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { startInSharedTime, useInSharedTime } from './shared-time.ts';

export type BotEnvironment = Readonly<Record<string, string>>;

export type BotSetupOptions = {
  readonly sandbox?: SandboxOptions;
  readonly providers: Partial<MockSettings>;
  /** Environment of the bot, beside its login. */
  readonly environment?:
    | BotEnvironment
    | ((sandbox: Sandbox, providers: MockProviders, dataDir: string) => BotEnvironment);
};

/** Discord in this process, mock providers, and the bot as a process of its own that is logged in. */
export type BotSetup = AsyncDisposable & {
  readonly sandbox: Sandbox;
  /** Calls of the voice server about single servers; there are none where the sandbox has been given a voice half. */
  readonly voiceRequests: VoiceRequests;
  readonly providers: MockProviders;
  /** The present one. */
  readonly bot: BotProcess;
  /** Folder of data that the bot keeps between its runs. */
  readonly dataDir: string;
  /** Ends the bot in order and starts it again over the same data. */
  restart(): Promise<void>;
  /** Ends it at once and leaves no file behind, where nobody can wait any more. */
  abandon(): void;
};

export async function runBot(options: BotSetupOptions): Promise<BotSetup> {
  await using stack = new AsyncDisposableStack();
  const providers = stack.use(await openMockProviders(options.providers));
  const voiceRequests = openVoiceRequests();
  const sandbox = stack.use(
    await openSandbox({ voice: voiceRequests.half, ...options.sandbox }),
  );
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-data-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { token, apiUrl, certificate: ca, cdnHost } = sandbox;
  const { environment: given } = options;
  const own = typeof given === 'function' ? given(sandbox, providers, dataDir) : given;
  const usual = {
    ...makeRemoteSettings(providers),
    TRACK_ALLOWED_HOSTS: cdnHost,
    DISCORD_CDN_URL: `https://${cdnHost}`,
    DATA_DIR: dataDir,
    // It judges real speech, which `npm run bench -- turns --human` measures; here most voices are tones and single words.
    TURN_MODEL: 'off',
  };
  const startBot = () => startInSharedTime({ token, apiUrl, ca }, { ...usual, ...own });
  let bot = await startBot();
  stack.defer(async () => {
    useInSharedTime(bot, true);
    await bot[Symbol.asyncDispose]();
  });
  const all = stack.move();
  return {
    sandbox,
    voiceRequests,
    providers,
    dataDir,
    get bot() {
      return bot;
    },
    async restart() {
      await bot[Symbol.asyncDispose]();
      bot = await startBot();
    },
    abandon() {
      bot.abandon();
      rmSync(dataDir, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Settings under which the bot uses these providers for everything. */
export function makeRemoteSettings({
  baseUrl,
}: Pick<MockProviders, 'baseUrl'>): BotEnvironment {
  return {
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
  };
}

/** Settings of an MCP server named sky, of whose tools the operator allows some, by these rules. */
export function makeToolSettings(
  dataDir: string,
  rules: { readonly allow: readonly string[]; readonly effect?: 'read' },
): BotEnvironment {
  const program = resolve('test/fakes/mcp/stdio-server.ts');
  const args = [program, 'modern', getToolEndPath(dataDir)];
  const sky = { command: process.execPath, args, who: 'room', deadlineSeconds: 120 };
  const path = join(dataDir, 'mcp.json');
  writeFileSync(path, JSON.stringify({ mcpServers: { sky: { ...sky, ...rules } } }));
  return { MCP_SERVERS: path };
}

/** The tool `linger` of the server sky works until this file is there, and fails by its words, if it has some. */
export function getToolEndPath(dataDir: string): string {
  return join(dataDir, 'tool-end.txt');
}

type VoiceRequests = ReturnType<typeof openVoiceRequests>;

/** The sandbox's own voice, with what it knows about single servers. */
function openVoiceRequests() {
  let noteExpelled: () => void = () => undefined;
  const seatings: string[] = [];
  let opened: VoiceServer | undefined;
  const half: VoiceHalf = {
    async open(options) {
      const server = await openVoiceServer(options);
      opened = server;
      return {
        ...server,
        admit(ticket) {
          seatings.push(`${ticket.guildId}/${ticket.userId}`);
          server.admit(ticket);
        },
        expel(guildId, userId, closeCode) {
          noteExpelled();
          server.expel(guildId, userId, closeCode);
        },
      };
    },
    connect: connectVoice,
    makeCodec: () => loadOpus(),
  };
  return {
    half,
    /** Number of times that this person was given a seat in a voice channel of this server. */
    countSeatings: (guildId: string, userId: string) =>
      seatings.filter((seating) => seating === `${guildId}/${userId}`).length,
    /** Ends this person's call in this server alone, as the voice server does: their seat stays. */
    closeCall: (guildId: GuildId, userId: PersonId, closeCode: number) =>
      opened?.expel(guildId, userId, closeCode),
    /** Told when the server ends somebody's call. */
    onExpel: (listener: () => void) => {
      noteExpelled = listener;
    },
  };
}
