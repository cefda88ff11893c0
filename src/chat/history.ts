import type { ChatMessage } from './chat-model.ts';

/** About an hour of talk, which fits a context of 8,000 tokens. */
export const historyLimits = { items: 40, characters: 12_000 };

/**
 * Selects the newest messages that fit, oldest first. The newest always stays, and loses its start if it is too long.
 */
export function selectRecentMessages(items: readonly ChatMessage[]): readonly ChatMessage[] {
  const kept: ChatMessage[] = [];
  let characters = 0;
  for (const item of items.filter(({ content }) => content !== '').toReversed()) {
    characters += item.content.length;
    if (
      kept.length > 0 &&
      (characters > historyLimits.characters || kept.length >= historyLimits.items)
    )
      break;
    kept.unshift(item);
  }
  const [only] = kept;
  if (kept.length > 1 || !only || only.content.length <= historyLimits.characters) return kept;
  return [{ ...only, content: only.content.slice(-historyLimits.characters).trimStart() }];
}
