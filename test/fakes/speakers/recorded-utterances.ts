import type {
  BegunUtterance,
  FollowUtterance,
  UtteranceResult,
} from '#src/ports/feature-session.ts';

/** An utterance as it was told of. */
export type RecordedUtterance = BegunUtterance & {
  /** `partial …`, `whole …`, in order. */
  readonly reported: string[];
  /** Each end it was told of; there should be one. */
  readonly ends: UtteranceResult[];
};

/** Takes down what it is told of utterances. */
export class RecordedUtterances {
  /** People whose words are not wanted. */
  readonly unwanted = new Set<string>();
  readonly all: RecordedUtterance[] = [];
  /** Called with each text up to a pause. */
  onWhole: () => void = () => undefined;

  followSpeaker(speakerId: string): FollowUtterance | undefined {
    if (this.unwanted.has(speakerId)) return undefined;
    return (utterance) => this.#onBegan(utterance);
  }

  #onBegan(utterance: BegunUtterance) {
    const reported: string[] = [];
    const ends: UtteranceResult[] = [];
    this.all.push({ ...utterance, reported, ends });
    return {
      onPartial: (text: string) => void reported.push(`partial ${text}`),
      onWhole: (text: string) => {
        reported.push(`whole ${text}`);
        this.onWhole();
      },
      onEnded: (result: UtteranceResult) => void ends.push(result),
    };
  }

  /** End of each utterance: its text, or the reason why there is none. */
  get listEnds(): readonly string[] {
    return this.all.flatMap(({ ends }) =>
      ends.map((end) => (end.kind === 'text' ? end.transcript.text : `(${end.kind})`)),
    );
  }
}
