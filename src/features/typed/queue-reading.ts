import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { AddTurnResult } from '#src/conversation/requests.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import { readingRequestOf } from '#src/spending/paid-requests.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Outcome of a request to read out a text: its place in the queue, or the reason why it has none. */
type ReadingPlace =
  | { readonly kind: 'queued'; readonly ahead: number }
  | Extract<AddTurnResult, { readonly kind: 'full' | 'muted' }>
  | UnaffordableReading
  | { readonly kind: 'nowhere' };

/** `line` says when there is money again. */
type UnaffordableReading = { readonly kind: 'unaffordable'; readonly line: TextLine };

/** Queues a text if its payer can pay it now. It is paid when it is spoken. */
export function queueReading(
  reading: QueuedReading,
  clauses: readonly string[],
  session: VoiceSession,
): ReadingPlace {
  const refused = unaffordable(clauses, reading.payer, session);
  return refused ?? placeOf(session.context.queue.read(reading));
}

/** Why a text may not be read, where its payer cannot pay it now. */
export function unaffordable(
  clauses: readonly string[],
  payer: Asker | undefined,
  { channel, context }: VoiceSession,
): UnaffordableReading | undefined {
  if (!payer) return undefined;
  const request = readingRequestOf(clauses.join(' '), channel.guildId, payer);
  const opened = context.parts.spending.open(request);
  if (opened.kind === 'refused') return { kind: 'unaffordable', line: opened.line };
  opened.reservation.close();
  return undefined;
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
