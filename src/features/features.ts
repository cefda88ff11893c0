import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import { captions } from '#src/features/captions/captions.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { memories } from '#src/features/memories/memories.ts';
import { personas } from '#src/features/personas/personas.ts';
import { reminders } from '#src/features/reminders/reminders.ts';
import { seats } from '#src/features/seats/seats.ts';
import { settings } from '#src/features/settings/settings.ts';
import { ownTools } from '#src/features/tools/tools.ts';
import { tracks } from '#src/features/tracks/tracks.ts';
import { typedTalk } from '#src/features/typed/typed.ts';
import { words } from '#src/features/words/words.ts';
import { conversationSettings } from '#src/settings/guild-settings.ts';
import type { ServerSetting } from '#src/settings/setting-definition.ts';

/** All features. A new one is a line here. */
export const features: readonly Feature[] = [
  ownTools,
  tracks,
  memories,
  captions,
  reminders,
  personas,
  words,
  typedTalk,
  settings,
  seats,
];

/** All settings of servers, in the order of `/settings`: those of the conversation, then of features. */
export const serverSettings: readonly ServerSetting[] = [
  ...Object.values(conversationSettings),
  ...features.flatMap(({ settings: own = [] }) => own),
];

/** All tools of the bot that a model may call while it answers, in the order in which they are offered. */
export const tools: readonly ToolEntry[] = features.flatMap(({ tools = [] }) => tools);
