import type { ShardNews } from '#src/app/shards/shard-log.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Config } from '#src/config/config.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { RoomView } from '#src/ports/room-view.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { StoreEvent } from '#src/storage/store-health.ts';
import type { Engines } from './engines/open-engines.ts';

export type BotOptions = {
  readonly config: Config;
  readonly discord: {
    readonly token: string;
    readonly apiUrl?: string;
    readonly cdnUrl?: string;
  };
  readonly engines: Omit<Engines, typeof Symbol.asyncDispose>;
  readonly codec: OpusCodec;
  /** Called for each event of a session, in order. Never throws. */
  readonly onSession: (guildId: GuildId, event: SessionEvent) => void;
  /** Called for each event of Discord. `shardId` is absent for events of the whole process. */
  readonly onDiscord: (event: DiscordEvent, shardId?: number) => void;
  /** Called while shards are waited for, and where they were lost to another process. */
  readonly onShards?: (news: ShardNews) => void;
  /** Tests whether the process is too late for a further channel. Default: never. */
  readonly isOverloaded?: () => boolean;
  /** Draws facts on the page of the sandbox. Absent on Discord. */
  readonly roomView?: RoomView | undefined;
  /** Called for trouble of the stores, and its end. */
  readonly onStore: (event: StoreEvent) => void;
};
