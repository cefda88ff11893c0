import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { PipelineName } from '#src/pipeline/pipeline-names.ts';

/** The ways to answer that this bot is set up for. */
export interface Pipelines {
  /** The first is used where a server has chosen none. */
  readonly names: readonly PipelineName[];
  /** Opens one for a session, which the caller disposes of, if it can be. Throws for one that is not among `names`. */
  open(name: PipelineName): Pipeline & Partial<Disposable>;
  /** What thinks and speaks in it, in a few words for the panel. */
  engine(name: PipelineName): string;
  /** What an operator has to set to have one that is missing, say `REALTIME_MODEL`. */
  needs(name: PipelineName): string;
}
