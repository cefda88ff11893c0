import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { ConfirmableAction, Facts, RoomTool } from '#src/session/ports/tool.ts';
import { lineWith } from '#src/texts/texts.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import { onOneLine } from './tool-result.ts';

/** A button nobody pressed in this time does nothing any more. */
const openMs = 60_000;
/** Of the press behind it; what is asked follows. */
const pressName = 'tool.confirm';

export type RequestedAction = {
  readonly tool: RoomTool;
  readonly action: ConfirmableAction;
  readonly asker: TurnUtterance;
};

/** The button that was asked for, and what the model is told meanwhile. */
export type RequestedConfirmation = { readonly ask: PendingConfirmation; readonly facts: Facts };

/**
 * Asks in the chat of the channel for a button that only its presser can press, the asker unless the action names another
 * person.
 *
 * Errors: as `ChannelMessages.offer`. Aborting `signal` throws `signal.reason`; nothing waits then.
 */
export async function requestConfirmation(
  { tool, action, asker }: RequestedAction,
  { confirmations, channel, parts }: SessionContext,
  signal: AbortSignal,
): Promise<RequestedConfirmation> {
  const { clock, messages } = parts;
  const presser = action.presser ?? { id: asker.speakerId, name: asker.name };
  const name = onOneLine(presser.name);
  const ask: PendingConfirmation = {
    id: crypto.randomUUID(),
    tool,
    action,
    askerId: asker.speakerId,
    presser: { id: presser.id, name },
    untilMs: clock.nowMs() + openMs,
  };
  const facts = {
    waiting: `Nothing has happened yet: ${name} has to press Confirm in the chat of the channel.`,
  };
  const asked = confirmations.put(ask, clock.nowMs());
  if (asked !== ask) return { ask: asked, facts };
  try {
    const line = lineWith(action.ask, { name, s: openMs / 1000 });
    const buttons = [`${pressName}:${ask.id}`];
    await messages.offer(channel, line, buttons, action.files ?? [], signal);
    signal.throwIfAborted();
  } catch (error) {
    confirmations.remove(ask);
    throw error;
  }
  return { ask, facts };
}
