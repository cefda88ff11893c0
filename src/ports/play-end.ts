import type { TextLine } from '#src/texts/texts.ts';

/**
 * End of a sound or a text, as the channel heard it.
 *
 * `completed`: its last frame was handed to the link. `skipped`: it alone was skipped or taken out of the queue. What loops
 * never completes, and what is paused or waits for listeners has not ended.
 */
export type PlayEnd =
  | { readonly kind: 'completed' | 'skipped' }
  | { readonly kind: 'stopped'; readonly why: StopCause }
  /** `reason` gives the cause in a few words or a sentence. */
  | { readonly kind: 'failed'; readonly reason: TextLine };

/**
 * Cause of a stop: `asked` by a person, or their words were withdrawn; `interrupted` by a voice; `muted` by a moderator; `left`:
 * the bot left the channel, or its process ended; `lost`: the connection broke in the middle of a text.
 */
export type StopCause = 'asked' | 'interrupted' | 'muted' | 'left' | 'lost';
