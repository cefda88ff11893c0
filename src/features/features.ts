import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type {
  Feature,
  FeatureProcessDeps,
  FeatureShardDeps,
} from '#src/features/contract/feature.ts';
import type { FeatureTool } from '#src/features/contract/tool-definition.ts';
import type { FeatureShard } from '#src/sessions/shard-features.ts';
import { conversationSettings } from '#src/settings/guild-settings.ts';
import type { ServerSetting } from '#src/settings/setting-definition.ts';
import { arrivalsFeature } from './arrivals/arrivals-feature.ts';
import { captionsFeature } from './captions/captions-feature.ts';
import { hearingsFeature } from './hearings/hearings-feature.ts';
import { interpretingFeature } from './interpreting/interpreting-feature.ts';
import { memoriesFeature } from './memories/memories-feature.ts';
import { personasFeature } from './personas/personas-feature.ts';
import { remindersFeature } from './reminders/reminders-feature.ts';
import { seatsFeature } from './seats/seats-feature.ts';
import { settingsFeature } from './settings/settings-feature.ts';
import { ownToolsFeature } from './tools/own-tools-feature.ts';
import { tracksFeature } from './tracks/tracks-feature.ts';
import { typedFeature } from './typed/typed-feature.ts';
import { wordsFeature } from './words/words-feature.ts';

/** All features. A new feature is a line after the features that it needs, and its ports below. */
export const features: readonly Feature[] = [
  ownToolsFeature,
  tracksFeature,
  memoriesFeature,
  captionsFeature,
  interpretingFeature,
  remindersFeature,
  hearingsFeature,
  personasFeature,
  wordsFeature,
  typedFeature,
  settingsFeature,
  arrivalsFeature,
  seatsFeature,
];

type PortsOf<Declared> = Declared extends Feature<infer Ports, never> ? Ports : never;

/** Objects of all features, for commands and programs. */
export type FeaturePorts = PortsOf<typeof ownToolsFeature> &
  PortsOf<typeof tracksFeature> &
  PortsOf<typeof memoriesFeature> &
  PortsOf<typeof captionsFeature> &
  PortsOf<typeof interpretingFeature> &
  PortsOf<typeof remindersFeature> &
  PortsOf<typeof hearingsFeature> &
  PortsOf<typeof personasFeature> &
  PortsOf<typeof wordsFeature> &
  PortsOf<typeof typedFeature> &
  PortsOf<typeof settingsFeature> &
  PortsOf<typeof seatsFeature>;

/** Features of one shard. */
export type OpenedFeatures = {
  /** In the order of the list, with tools bound to the shard. */
  readonly shards: readonly (FeatureShard & { readonly tools: readonly ToolEntry[] })[];
  readonly ports: FeaturePorts;
};

/** Opens features in a process. The result opens them in a shard. */
export function openFeatures(
  deps: FeatureProcessDeps,
  declared: readonly Feature[] = features,
): (shardDeps: FeatureShardDeps) => OpenedFeatures {
  const opened = declared.map((feature) => ({ ...feature, ...feature.open(deps) }));
  return (shardDeps: FeatureShardDeps) => {
    const ports: FeaturePorts = Object.assign({}, ...[]);
    const shards = opened.map(({ openShard, tools = [] }) => {
      const shard = openShard(shardDeps, ports);
      // The list orders features by need, so the next one finds these objects.
      Object.assign(ports, shard.ports);
      return { ...shard, tools: tools.map((tool) => tool.bind(shard.ports)) };
    });
    return { shards, ports };
  };
}

/** Settings in the order of `/settings`. */
export const serverSettings: readonly ServerSetting[] = [
  ...Object.values(conversationSettings),
  ...features.flatMap(({ settings = [] }) => settings),
];

/** Tools in the order in which a model is offered them. */
export const tools: readonly FeatureTool[] = features.flatMap(
  ({ tools = [] }) => tools,
);
