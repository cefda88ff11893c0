import type { HearingDeps } from '#src/conversation/ear/ear.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { LeftOutPeopleStore, ToldPeopleStore } from '#src/people/consent.ts';
import type { JoinedGuildStore, SeatStore } from '#src/ports/stores.ts';
import type { VoiceLinkOpener } from '#src/ports/voice-link.ts';
import type { StoredSettingsDeps } from '#src/settings/stored-settings.ts';
import type { ShardFeatures } from './shard-features.ts';

/** Stores, features and models that sessions of one shard share. */
export type SharedSessionDeps = StoredSettingsDeps & {
  readonly leftOutPeople: LeftOutPeopleStore;
  readonly toldPeople: ToldPeopleStore;
  readonly guildStore: JoinedGuildStore;
  readonly linkOpener: VoiceLinkOpener;
  readonly getRandom: () => number;
  /** Tests whether a further channel would make those stutter that talk already. */
  readonly isOverloaded: () => boolean;
  readonly features: ShardFeatures;
  readonly seatStore: SeatStore;
  readonly listTools: () => readonly ToolEntry[];
  readonly hearing: HearingDeps;
};
