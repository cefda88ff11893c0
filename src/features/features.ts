import type {
  Feature,
  FeatureProcessDeps,
  FeatureShardDeps,
} from '#src/features/contract/feature.ts';
import type { FeatureTool } from '#src/features/contract/tool-definition.ts';
import { conversationSettings } from '#src/settings/guild-settings.ts';
import type { ServerSetting } from '#src/settings/setting-definition.ts';
import { captionsFeature } from './captions/captions-feature.ts';
import { memoriesFeature } from './memories/memories-feature.ts';
import { personasFeature } from './personas/personas-feature.ts';
import { remindersFeature } from './reminders/reminders-feature.ts';
import { seatsFeature } from './seats/seats-feature.ts';
import { settingsFeature } from './settings/settings-feature.ts';
import { ownToolsFeature } from './tools/own-tools-feature.ts';
import { tracksFeature } from './tracks/tracks-feature.ts';
import { typedFeature } from './typed/typed-feature.ts';
import { wordsFeature } from './words/words-feature.ts';

/** All features. A new feature is a line after the features that it needs. */
export const features = [
  ownToolsFeature,
  tracksFeature,
  memoriesFeature,
  captionsFeature,
  remindersFeature,
  personasFeature,
  wordsFeature,
  typedFeature,
  settingsFeature,
  seatsFeature,
] as const satisfies readonly Feature[];

type FeatureObjects<One> = One extends Feature<infer Ports, never> ? Ports : never;
type Intersection<Union> = (
  Union extends unknown
    ? (one: Union) => void
    : never
) extends (all: infer All) => void
  ? All
  : never;

export type FeaturePorts = Intersection<FeatureObjects<(typeof features)[number]>>;

/** The result opens them in a shard. */
export function openFeatures(
  deps: FeatureProcessDeps,
  all: readonly Feature[] = features,
) {
  const opened = all.map((feature) => ({ ...feature, ...feature.open(deps) }));
  return (shardDeps: FeatureShardDeps) => {
    const ports: FeaturePorts = Object.assign({}, ...[]);
    const shards = opened.map(({ openShard, tools = [] }) => {
      const begun = openShard(shardDeps, ports);
      // The list orders features by need, so the next one finds these objects.
      Object.assign(ports, begun.ports);
      return { ...begun, tools: tools.map((tool) => tool.bind(begun.ports)) };
    });
    return { shards, ports };
  };
}

/** In the order of `/settings`. */
export const serverSettings: readonly ServerSetting[] = [
  ...Object.values(conversationSettings),
  ...features.flatMap(({ settings: own = [] }) => own),
];

/** In the order in which a model is offered them. */
export const tools: readonly FeatureTool[] = features.flatMap(
  ({ tools = [] }) => tools,
);
