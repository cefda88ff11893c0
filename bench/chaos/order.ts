/** Order to the preloaded module in the bot. */
export type PreloadOrder =
  | { readonly do: 'clock'; readonly offsetMs: number }
  | { readonly do: 'disk'; readonly delayMs: number }
  | { readonly do: 'hold'; readonly forMs: number }
  | { readonly do: 'measure' };

/** Memory of the bot after a forced collection. */
export type Measures = {
  readonly heapBytes: number;
  /** Part of the heap: bytecode and machine code that V8 has made of the program. */
  readonly codeBytes: number;
  /** Includes array buffers. */
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
  /** Timers, sockets, pipes and the like that keep the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** On `process`. */
  readonly listeners: number;
};
