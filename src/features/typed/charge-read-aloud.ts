import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { AddTurnResult } from '#src/conversation/queue/turn-queue.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Outcome of a request to read out a text: its place in the queue, or the reason why it has none. */
type ReadingPlace =
  | { readonly kind: 'queued'; readonly ahead: number }
  | Extract<AddTurnResult, { readonly kind: 'full' | 'muted' }>
  | UnaffordableReading
  | { readonly kind: 'nowhere' };

/** `line` says when there is money again. */
type UnaffordableReading = { readonly kind: 'unaffordable'; readonly line: TextLine };

/** A text by its length, and the person or program to whose share it is counted; absent: the server pays alone. */
type ReadingCost = { readonly characters: number; readonly payerId: string | undefined };

/** Has a text read out and counts it to the share of its payer; a text that the queue refuses costs nothing. */
export function readCharged(
  reading: QueuedReading,
  cost: ReadingCost,
  { channel, context }: VoiceSession,
): ReadingPlace {
  const { parts, queue } = context;
  const refusal = queue.readingRefusal(reading);
  if (refusal) return placeOf(refusal);
  return chargeReading(cost, channel.guildId, parts) ?? placeOf(queue.read(reading));
}

/** Counts a text to the share of its payer, where there is one; why it may not be read, where that is used up. */
export function chargeReading(
  { characters, payerId }: ReadingCost,
  guildId: string,
  { spending }: SessionDependencies,
): UnaffordableReading | undefined {
  if (payerId === undefined) return undefined;
  const refused = spending.read(guildId, payerId, characters);
  return refused && { kind: 'unaffordable', line: refused.line };
}

function placeOf(added: AddTurnResult): ReadingPlace {
  switch (added.kind) {
    case 'added':
      return { kind: 'queued', ahead: added.ahead };
    case 'full':
    case 'muted':
      return added;
    case 'closed':
      return { kind: 'nowhere' };
  }
}
