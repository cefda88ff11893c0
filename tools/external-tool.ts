import { speakable } from '#src/chat/text/speakable.ts';
import type { ExternalResult, ExternalTool } from '#src/external-tools/external-tool.ts';
import { fitArguments, withoutWords } from '#src/external-tools/fit-arguments.ts';
import type { Facts, Fitting, RoomTool, ToolOutcome } from '#src/session/ports/tool.ts';
import { firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Beside the button, where whoever presses sees what is sent. */
const longestGivenChars = 300;
/** Longest result that the channel reads. */
const longestLineChars = 1_500;
/** Longest part of it that is said, in characters: about twenty seconds. */
const longestSpokenChars = 300;

/** A tool that is not the bot's own, as the session runs it: by the operator's rules, and with nothing of ours in its reach. */
export function externalTool(tool: ExternalTool): RoomTool {
  const { name, description, parameters, rules } = tool;
  const check = fitArguments(parameters);
  return {
    name,
    description,
    parameters,
    right: rules.who,
    doing: 'tool.external',
    effect: rules.confirm === 'never' ? 'none' : 'change',
    isDestructive: rules.confirm === 'always',
    deadlineMs: rules.deadlineMs,
    resultChars: rules.resultChars,
    neutral: { description: `Runs ${tool.title}.`, parameters: withoutWords(parameters) },
    answered: () => undefined,
    fit(argumentsJson) {
      const fitted = check(argumentsJson);
      return 'unfit' in fitted ? fitted : fitting(tool, fitted.given);
    },
  };
}

function fitting(tool: ExternalTool, given: Readonly<Record<string, unknown>>): Fitting {
  const run: Fitting['run'] = async (_ports, signal) =>
    outcomeOf(tool, await tool.run(given, signal));
  const shown = { tool: tool.title, given: JSON.stringify(given).slice(0, longestGivenChars) };
  const ask = { id: 'tool.external.ask', with: shown } as const;
  return { prepare: async () => ({ kind: 'ready', ask, run }), run };
}

function outcomeOf({ title }: ExternalTool, result: ExternalResult): ToolOutcome {
  const { text, structured, leftOut, isError } = result;
  const facts: Facts = {
    ...(text === '' ? {} : { text }),
    ...(structured === undefined ? {} : { structured }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...(isError ? { failed: 'yes' } : {}),
  };
  const words = (text.trim() || structured || '').slice(0, longestLineChars);
  if (isError) return { facts, ...told({ id: 'tool.external.failed', with: { tool: title } }) };
  const line = { id: 'tool.external.told', with: { tool: title, text: words } } as const;
  const aloud = spokenPart(text);
  if (words === '') return { facts, ...told({ id: 'tool.external.done', with: { tool: title } }) };
  return { facts, line, ...(aloud && { aloud }) };
}

/** Both written and said. */
function told(line: TextLine): Pick<ToolOutcome, 'line' | 'aloud'> {
  return { line, aloud: line };
}

/** As much of a result as somebody listens to; undefined where nothing of it can be said. */
function spokenPart(text: string): TextLine | undefined {
  const words = speakable(text);
  if (words === '') return undefined;
  if (words.length <= longestSpokenChars)
    return { id: 'tool.external.aloud', with: { text: words } };
  const part = firstChars(words, longestSpokenChars);
  const lastSpace = part.lastIndexOf(' ');
  const shown = lastSpace > 0 ? part.slice(0, lastSpace) : part;
  return { id: 'tool.external.aloud.part', with: { text: shown } };
}
