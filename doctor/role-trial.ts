import type { ProbeDeadline, SpokenClip } from '#src/probes/probe.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';

/** The examination of one role: what its probe may use. */
export type RoleTrial = {
  readonly deadline: ProbeDeadline;
  /** Takes habits of the server, which become findings. */
  readonly report: (habit: ServerHabit) => void;
  readonly stack: AsyncDisposableStack;
  /** Speech to recognise. Without it the local voice speaks. */
  readonly clip: SpokenClip | undefined;
};
