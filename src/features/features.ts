import { captions } from '#src/features/captions/captions.ts';
import type { Feature, ProcessParts, ShardServices } from '#src/features/contract/feature.ts';
import type { FeatureTool } from '#src/features/contract/tool-definition.ts';
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

/** All features. A new one is a line here; one that uses objects of another stands behind it. */
export const features = [
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
] as const satisfies readonly Feature[];

type PortsOf<One> = One extends Feature<infer Ports, never> ? Ports : never;
type Joined<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** Objects of features that commands and programs use. */
export type FeaturePorts = Joined<PortsOf<(typeof features)[number]>>;

/** Opens features in a process, and returns how they begin with a shard. */
export function openFeatures(parts: ProcessParts, all: readonly Feature[] = features) {
  const opened = all.map((feature) => ({ ...feature, ...feature.open(parts) }));
  return (services: ShardServices) => {
    const ports: FeaturePorts = Object.assign({}, ...[]);
    const shards = opened.map(({ shard, tools = [] }) => {
      const begun = shard(services, ports);
      Object.assign(ports, begun.ports);
      return { ...begun, tools: tools.map((tool) => tool.bind(begun.ports)) };
    });
    return { shards, ports };
  };
}

export type OpenFeatures = ReturnType<typeof openFeatures>;

/** All settings of servers, in the order of `/settings`: those of the conversation, then of features. */
export const serverSettings: readonly ServerSetting[] = [
  ...Object.values(conversationSettings),
  ...features.flatMap(({ settings: own = [] }: Feature) => own),
];

/** All tools of the bot that a model may call while it answers, in the order in which they are offered. */
export const tools: readonly FeatureTool[] = features.flatMap(({ tools = [] }: Feature) => tools);
