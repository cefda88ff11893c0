import type { KnownBy } from '#src/people/confidential-text.ts';

/** Words that were really sent of one answer or text. */
export type SpokenSegment = {
  /** The same for all words of one answer or text. */
  readonly key: object;
  readonly text: string;
  /** First and latest frame sent, in ms of the monotonic clock. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly isOver: boolean;
  /** It was stopped before its end. */
  readonly isCut: boolean;
  readonly answeredIds: readonly string[];
  /** Others whose words they are made of. */
  readonly aboutIds: readonly string[];
  /** True where one of all these people has withdrawn their words meanwhile. */
  readonly isForgotten: boolean;
  /** Those who may know what they are made of. */
  readonly knownBy: KnownBy;
};
