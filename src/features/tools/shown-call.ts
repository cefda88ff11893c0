import type { ConfirmableAction } from '#src/conversation/tools/tool-entry.ts';
import { cut } from '#src/texts/plain.ts';

/** Longest list of arguments beside the button: Discord shows all of it, also where each character has to be escaped. */
export const longestShownChars = 700;
const name = 'arguments.json';

/** Question with all arguments of a call; where they are too long, their beginning, and all of them in a file. */
export function shownCall(
  tool: string,
  given: Readonly<Record<string, unknown>>,
): Pick<ConfirmableAction, 'ask' | 'files' | 'spoken'> {
  const json = (value: unknown) => escapeInvisible(JSON.stringify(value));
  const lines = Object.entries(given).map(([key, value]) => `${json(key)}: ${json(value)}`);
  const whole = lines.join('\n') || '{}';
  const isWhole = whole.length <= longestShownChars;
  const shown = isWhole ? whole : `${cut(whole, longestShownChars)}\n${name}`;
  const text = escapeInvisible(JSON.stringify(given, null, 2));
  const said = Object.entries(given).map(
    ([key, value]) => `, ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return {
    ask: { id: 'tool.external.ask', with: { tool, given: shown } },
    spoken: { id: 'tool.external.spoken', with: { tool: tool + said.join('') } },
    files: isWhole ? [] : [{ name, text }],
  };
}

/** A text in which each character is visible: invisible ones become escapes, which mean the same in JSON. */
function escapeInvisible(text: string): string {
  return text.replace(unseen, (part) =>
    part.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** Characters without a shape of their own, fillers, unusual spaces, and more marks on one letter than any script stacks. */
const unseen =
  /[^\P{C}\n]|[\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|[^\P{Zs} ]|(?<=\p{M}{4})\p{M}+/gu;
