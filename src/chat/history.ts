import type { ChatMessage } from './ports.ts';

/** About an hour of talk, and small enough for a model with a context of 8000 tokens. */
export const standardHistory = { items: 40, characters: 12_000 };

/** The newest messages that fit, without empty ones, oldest first; the newest always stays, cut at its start if it is too long alone. */
export function recentMessages(items: readonly ChatMessage[]): readonly ChatMessage[] {
  const kept: ChatMessage[] = [];
  let characters = 0;
  for (const item of items.filter(({ content }) => content !== '').toReversed()) {
    characters += item.content.length;
    if (
      kept.length > 0 &&
      (characters > standardHistory.characters || kept.length >= standardHistory.items)
    )
      break;
    kept.unshift(item);
  }
  const [only] = kept;
  if (kept.length > 1 || !only || only.content.length <= standardHistory.characters) return kept;
  return [{ ...only, content: only.content.slice(-standardHistory.characters).trimStart() }];
}
