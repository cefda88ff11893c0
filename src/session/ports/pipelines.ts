import type { ChatModel } from '#src/chat/ports.ts';
import type { Pipeline, PipelineName } from '#src/pipeline/pipeline.ts';

/** Names of the operator's brains, which a persona may name, with the pipeline of each. */
export type Brains = ReadonlyMap<string, PipelineName>;

/** The ways to answer that this bot is set up for. */
export interface Pipelines {
  /** The first is used where a server has chosen none. */
  readonly names: readonly PipelineName[];
  /** Absent: there are none. */
  readonly brains?: Brains;
  /**
   * Opens one for a session, which the caller disposes of, if it can be. Throws for one that is not among `names`, unless
   * `brain` is given: then it is the one of this brain.
   */
  open(name: PipelineName, brain?: string): Pipeline & Partial<Disposable>;
  /** What writes the answers of this brain; undefined: the usual model does. */
  chat?(brain: string): ChatModel | undefined;
  /** What thinks and speaks in it, in a few words for the panel. */
  engine(name: PipelineName, brain?: string): string;
  /** What an operator has to set to have one that is missing, say `REALTIME_MODEL`. */
  needs(name: PipelineName): string;
}
