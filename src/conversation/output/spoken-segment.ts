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
};
