import type { ConfirmableAction } from '#src/conversation/tools/tool-entry.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { ToolArguments } from './external-tool.ts';

/** A longer text of a call is also shown as a file, in UTF-16 units. */
export const maxShownChars = 700;
const argumentsFileName = 'arguments.json';

/** Formats a call for its question. Long arguments also become a file. */
export function formatCall(
  tool: string,
  args: ToolArguments,
): Pick<ConfirmableAction, 'question' | 'files' | 'spokenQuestion'> {
  const formatJson = (value: unknown) => escapeInvisible(JSON.stringify(value));
  const lines = Object.entries(args).map(
    ([key, value]) => `${formatJson(key)}: ${formatJson(value)}`,
  );
  const argumentLines = lines.join('\n') || '{}';
  const isWhole = argumentLines.length <= maxShownChars;
  const shownArguments = isWhole
    ? argumentLines
    : `${truncate(argumentLines, maxShownChars)}\n${argumentsFileName}`;
  const fileText = escapeInvisible(JSON.stringify(args, null, 2));
  const spokenArguments = Object.entries(args).map(
    ([key, value]) =>
      `, ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return {
    question: { id: 'tool.external.ask', with: { tool, given: shownArguments } },
    spokenQuestion: {
      id: 'tool.external.spoken',
      with: { tool: tool + spokenArguments.join('') },
    },
    files: isWhole ? [] : [{ name: argumentsFileName, text: fileText }],
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
