import type { Pipeline, PipelineName } from '#src/pipeline/pipeline.ts';

/** Pipelines that this bot is set up for. */
export interface PipelineRegistry {
  /** The first is used where a server has chosen none. */
  readonly names: readonly PipelineName[];
  /** Throws for one that is not among `names`. */
  open(name: PipelineName): Pipeline;
  /** Names of its chat and speech engines, in a few words for the panel. */
  engine(name: PipelineName): string;
}
