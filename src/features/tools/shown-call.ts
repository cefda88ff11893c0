import type { ConfirmableAction } from '#src/conversation/tools/tool-entry.ts';
import { truncate } from '#src/texts/plain-text.ts';

export const maxShownChars = 700;
const argumentsFileName = 'arguments.json';

/** Formats a call for its question. Long arguments also become a file. */
export function formatCall(
  tool: string,
  given: Readonly<Record<string, unknown>>,
): Pick<ConfirmableAction, 'question' | 'files' | 'spokenQuestion'> {
  const formatJson = (value: unknown) => escapeInvisible(JSON.stringify(value));
  const lines = Object.entries(given).map(
    ([key, value]) => `${formatJson(key)}: ${formatJson(value)}`,
  );
  const whole = lines.join('\n') || '{}';
  const isWhole = whole.length <= maxShownChars;
  const shown = isWhole
    ? whole
    : `${truncate(whole, maxShownChars)}\n${argumentsFileName}`;
  const text = escapeInvisible(JSON.stringify(given, null, 2));
  const said = Object.entries(given).map(
    ([key, value]) =>
      `, ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return {
    question: { id: 'tool.external.ask', with: { tool, given: shown } },
    spokenQuestion: {
      id: 'tool.external.spoken',
      with: { tool: tool + said.join('') },
    },
    files: isWhole ? [] : [{ name: argumentsFileName, text }],
  };
}

/** Replaces invisible characters by escapes, which mean the same in JSON. */
function escapeInvisible(text: string) {
  return text.replace(unseenCharacters, (part) =>
    part.replace(
      /[\s\S]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}

/** Characters without a shape, unusual spaces, and too many marks on a letter. */
const unseenCharacters =
  /[^\P{C}\n]|[\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|[^\P{Zs} ]|(?<=\p{M}{4})\p{M}+/gu;
