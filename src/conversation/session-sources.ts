import type { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import type { GuildSettingsStore } from '#src/conversation/ports/stores/guild-settings-store.ts';
import type { JoinedGuildStore } from '#src/conversation/ports/stores/joined-guild-store.ts';
import type { SeatStore } from '#src/conversation/ports/stores/seat-store.ts';
import type { ToolEntry } from '#src/conversation/ports/tool-definition.ts';
import type { VoiceLinkOpener } from '#src/conversation/ports/voice-link.ts';
import type { ServerSetting } from '#src/conversation/settings/setting-definition.ts';
import type { LeftOutPeopleStore } from '#src/people/left-out-people.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import type { ShardFeatures } from './feature.ts';
import type { HearingDependencies, OperatorDefaults } from './session-dependencies.ts';

/** Parts that `VoiceSessions` gives to the one or two classes that use each. */
export type SessionSources = {
  /** Limits of the operator, below which a server may set its own. */
  readonly caps: Caps;
  /** People who are left out of captions. */
  readonly leftOutPeople: LeftOutPeopleStore;
  readonly defaults: OperatorDefaults;
  readonly guildStore: JoinedGuildStore;
  readonly linkOpener: VoiceLinkOpener;
  /** Uniform random number from 0 to 1. */
  readonly random: () => number;
  readonly features: ShardFeatures;
  readonly seatStore: SeatStore;
  /** All settings of servers, in the order in which they are listed. */
  readonly serverSettings: readonly ServerSetting[];
  readonly settingsStore: GuildSettingsStore;
  /** Tools that a model may call now: those of the operator, then those of the bot. */
  readonly tools: () => readonly ToolEntry[];
  /** Limit of questions that are answered in writing at the same time, recaps included. */
  readonly writtenQuestions: WrittenAnswerConcurrency;
  readonly hearing: HearingDependencies;
};
