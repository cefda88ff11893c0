import type { ExternalResult, ExternalTool } from '#src/external-tools/external-tool.ts';
import { fitArguments, withoutWords } from '#src/external-tools/fit-arguments.ts';
import type { Facts, Fitting, RoomTool, ToolOutcome } from '#src/session/ports/tool.ts';

/** Beside the button, where whoever presses sees what is sent. */
const longestGivenChars = 300;
/** Longest result that the channel reads. */
const longestLineChars = 1_500;

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
  if (isError) return { facts, line: { id: 'tool.external.failed', with: { tool: title } } };
  if (words === '') return { facts, line: { id: 'tool.external.done', with: { tool: title } } };
  return { facts, line: { id: 'tool.external.told', with: { tool: title, text: words } } };
}
