/** Speed and memory of a chat model of this machine, for the operator. */
export type ChatSpeed = {
  /** Of the latest answer of more than a few tokens. */
  readonly tokensPerSecond: number | undefined;
  readonly residentBytes: number;
  /** Interface of the graphics card that computes, like `vulkan`. Empty: the processor. Undefined before the first answer. */
  readonly gpu: string | undefined;
  /** Requests that wait or run. */
  readonly openRequests: number;
};

/** How far a chat model of this machine is. */
export type LocalModelState =
  | {
      readonly kind: 'fetching';
      readonly doneBytes: number;
      readonly bytes: number;
      /** Estimated by the speed so far. Undefined in the first second. */
      readonly leftMs: number | undefined;
    }
  /** The library that runs it is installed. */
  | { readonly kind: 'installing' }
  | ({ readonly kind: 'running' } & ChatSpeed)
  /** Somebody stopped it for this run. */
  | { readonly kind: 'stopped' }
  /** A sentence, and a second one where it is tried again without a start. The next start tries again, too. */
  | { readonly kind: 'failed'; readonly why: string };
