import { isPlainName } from '#src/conversation/machine/history.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import { runsUnasked } from '#src/conversation/machine/tools.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Fitting } from './tool-entry.ts';

/** What a model has been shown for an answer, beside the bot's own words. */
export type PromptWords = {
  /** The question, as its utterances. */
  readonly said: readonly Pick<TurnUtterance, 'speakerId' | 'name' | 'isQuoted'>[];
  /** Exchanges before it; `isOwn`: their answers were made of words of that speaker alone. */
  readonly earlier: readonly Pick<HistoryExchange, 'by' | 'isOwn'>[];
  /** Whether there was anything else: lines of captions, memories, a persona, a result of a tool that quotes others. */
  readonly hasOthers: boolean;
};

/**
 * Whether a call runs for whoever asks; else it waits for their press of Confirm.
 *
 * Reading runs, and so does a change that everybody notices and anybody can undo. What lasts or leaves the channel runs only if the
 * model was shown nothing but instructions (descriptions of tools among them) and the asker's own words. What destroys waits.
 */
export function mayRun({ effect }: Pick<Fitting, 'effect'>, shown: PromptWords): boolean {
  return runsUnasked(effect, isOwn(shown));
}

/** Whether a model was shown words of one asker alone. */
function isOwn({ said, earlier, hasOthers }: PromptWords): boolean {
  const askerId = said[0]?.speakerId;
  const isAlone = said.every(
    ({ speakerId, name, isQuoted }) =>
      speakerId === askerId && isPlainName(name) && isQuoted !== true,
  );
  const isSame = earlier.every((one) => one.by === askerId && one.isOwn);
  return isAlone && isSame && !hasOthers;
}
