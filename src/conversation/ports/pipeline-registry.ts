import type { ChatModel } from '#src/chat/ports.ts';
import type { Pipeline, PipelineName } from '#src/pipeline/pipeline.ts';

/** Names of the operator's brains, which a persona may name, with the pipeline of each. */
export type Brains = ReadonlyMap<string, PipelineName>;

/** Pipelines that this bot is set up for. */
export interface PipelineRegistry {
  /** The first is used where a server has chosen none. */
  readonly names: readonly PipelineName[];
  /** Absent: there are none. */
  readonly brains?: Brains;
  /**
   * Opens one for a session, which the caller disposes of, if it can be. Throws for one that is not among `names`, unless
   * `brain` is given: then it is the one of this brain.
   */
  open(name: PipelineName, brain?: string): Pipeline & Partial<Disposable>;
  /** Chat model of this brain; undefined: the default model. */
  chat?(brain: string): ChatModel | undefined;
  /** Names of its chat and speech engines, in a few words for the panel. */
  engine(name: PipelineName, brain?: string): string;
  /** Setting of the operator that a missing pipeline needs, say `REALTIME_MODEL`. */
  needs(name: PipelineName): string;
}
