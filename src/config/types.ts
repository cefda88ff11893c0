import type { Secret } from '#src/base/secret.ts';
import type { AudioModel, EngineChoice } from '#src/engines/engine.ts';
import type { RoleDeadlines } from '#src/provider/deadlines.ts';
import type { Budget } from './budget.ts';
import type { ExternalToolsConfig } from './external-tools.ts';
import type { Realtime } from './realtime.ts';
import type { ServerLists } from './servers.ts';
import type { EnvironmentSettings } from './settings.ts';
import type { ShardRange } from './shard-range.ts';

/** A speech or chat server as one role uses it. */
export type RemoteServer = {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
};
export type Config = {
  /** Names of the settings to which the operator has given another value than the standard one. */
  readonly given: ReadonlySet<string>;
  /** Absent: the sandbox. */
  readonly discord?: {
    readonly token: Secret;
    readonly apiUrl?: string;
    readonly guildId?: GuildId;
    /** Asked of Discord: the intent that tells the text of every message. */
    readonly messageContent?: boolean;
  };
  /** May change while the bot runs. */
  servers: ServerLists;
  /** Number of shards; `auto`: as many as Discord recommends. */
  readonly shards: number | 'auto';
  /** Shards of this process; absent: all. */
  readonly shardRange?: ShardRange;
  readonly pipeline: EnvironmentSettings['PIPELINE'];
  readonly audioModel: AudioModel;
  readonly realtime?: Realtime;
  readonly chat: EngineChoice;
  readonly transcription: EngineChoice;
  readonly speech: EngineChoice;
  readonly fallbacks: Fallbacks;
  /** Deadlines of servers. */
  readonly deadlines: RoleDeadlines;
  readonly consent:
    | { readonly policy: 'ask' | 'notice' }
    | { readonly policy: 'role'; readonly roleId: RoleId };
  /** When it takes words as meant for it. */
  readonly addressing: EnvironmentSettings['ADDRESSING'];
  /** Whether every line in the chat of a channel it sits in may be meant for it; needs a privileged intent. */
  readonly messageContent: boolean;
  readonly bot: {
    readonly name?: string;
    /** Further names the bot answers to, for example its name in other scripts. */
    readonly otherNames: readonly string[];
    readonly instructions: string;
  };
  /** Hosts of the owner's own network that sounds may be fetched from. */
  readonly allowedHosts: readonly string[];
  readonly budget: Budget;
  /** Where programs of the system are looked for, as in `PATH`. */
  readonly searchPath: string;
  readonly dataDir: string;
  /** PostgreSQL database that holds the store, with its password; absent: SQLite in `dataDir`. */
  readonly databaseUrl?: Secret;
  /** Address for messages to the operator; absent: the owner of the application. */
  readonly operatorWebhook?: Secret;
  /** Absent: no status server. */
  readonly status?: { readonly host: string; readonly port: number };
  /** Absent: no page. */
  readonly page?: {
    readonly host: string;
    readonly port: number;
    /** The https address under which others reach it through a proxy. */
    readonly publicUrl?: URL;
  };
  /** Tools of the operator that models may call. */
  readonly externalTools: ExternalToolsConfig;
  readonly logLevel: string;
};

export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config }
  /** One line per mistake, each naming its setting and never its value where that is secret. */
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Engine of a role that is asked while the usual one is out of order. */
export type Fallbacks = {
  readonly transcription?: EngineChoice;
  readonly chat?: EngineChoice;
  readonly speech?: EngineChoice;
};
