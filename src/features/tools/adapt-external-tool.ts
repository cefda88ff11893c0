import { speakable } from '#src/chat/text/speakable.ts';
import type {
  ConfirmableAction,
  Facts,
  Fitting,
  PreparedAction,
  ToolEntry,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import { cut, firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { escapeInvisible } from './escape-invisible.ts';
import type { ExternalResult, ExternalTool } from './external-tool.ts';
import { fitArguments } from './fit-arguments-to-schema.ts';

/** Longest list of arguments beside the button: Discord shows all of it, also where each character has to be escaped. */
const longestShownChars = 700;
/** Shortest useful part of a value, in characters; below it, only names and lengths are shown. */
const leastPartChars = 12;
/** Longest result posted in the channel, in characters. */
const longestLineChars = 1_500;
/** Longest part of it that is said, in characters: about twenty seconds. */
const longestSpokenChars = 300;

/** A tool of the operator, as the session runs it: by the operator's rules, and without access to the bot. */
export function externalTool(tool: ExternalTool): ToolEntry {
  const { name, description, parameters, rules } = tool;
  const check = fitArguments(parameters);
  return {
    name,
    description,
    parameters,
    right: rules.who,
    doing: 'tool.external',
    effect: rules.effect,
    quotesOthers: true,
    isAnywhere: true,
    deadlineMs: rules.deadlineMs,
    resultChars: rules.resultChars,
    fit(argumentsJson) {
      const fitted = check(argumentsJson);
      return 'unfit' in fitted ? fitted : fitting(tool, fitted.given);
    },
  };
}

function fitting(tool: ExternalTool, given: Readonly<Record<string, unknown>>): Fitting {
  const run = async (_ports: unknown, signal: AbortSignal) =>
    outcomeOf(tool, await tool.run(given, signal));
  const { effect } = tool.rules;
  const prepare = async () => ({ ...shown(tool, given), run });
  return { effect, given, prepare, prepareAnywhere: prepare };
}

type ShownArguments =
  | Pick<ConfirmableAction & { readonly kind: 'ready' }, 'kind' | 'ask' | 'files'>
  | Extract<PreparedAction, { kind: 'refused' }>;

/** All arguments of a call, beside the button or, where they are too long, in a file; else the call is refused. */
function shown(
  { title: tool }: ExternalTool,
  given: Readonly<Record<string, unknown>>,
): ShownArguments {
  const values = Object.entries(given).map(([name, value]) => {
    const json = escapeInvisible(JSON.stringify(value));
    const chars = typeof value === 'string' ? value.length : json.length;
    return { head: `${escapeInvisible(JSON.stringify(name))} (${chars}): `, json };
  });
  const whole = values.map(({ head, json }) => head + json).join('\n') || '{}';
  if (whole.length <= longestShownChars)
    return { kind: 'ready', ask: { id: 'tool.external.ask', with: { tool, given: whole } } };
  const headChars = values.reduce((sum, { head }) => sum + head.length + 1, 0);
  if (headChars > longestShownChars)
    return { kind: 'refused', line: { id: 'tool.external.unshown', with: { tool } } };
  const partChars = Math.floor((longestShownChars - headChars) / values.length);
  const begun = values.map(({ head, json }) =>
    partChars < leastPartChars ? head : head + cut(json, partChars),
  );
  const name = 'arguments.json';
  const ask = {
    id: 'tool.external.ask',
    with: { tool, given: [...begun, name].join('\n') },
  } as const;
  const files = [{ name, text: escapeInvisible(JSON.stringify(given, null, 2)) }];
  return { kind: 'ready', ask, files };
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
  if (isError)
    return { facts, ...toolOutcome({ id: 'tool.external.failed', with: { tool: title } }) };
  const line = { id: 'tool.external.told', with: { tool: title, text: words } } as const;
  const aloud = spokenPart(text);
  if (words === '') return { facts, ...toolOutcome({ id: 'confirm.done' }) };
  return { facts, line, aloud };
}

/** Both written and said. */
function toolOutcome(line: TextLine): Pick<ToolOutcome, 'line' | 'aloud'> {
  return { line, aloud: line };
}

/** The part of a result that is said aloud; undefined where nothing of it can be said. */
function spokenPart(text: string): TextLine | undefined {
  const words = speakable(text);
  if (words === '') return undefined;
  const part = firstChars(words, longestSpokenChars);
  const lastSpace = part === words ? 0 : part.lastIndexOf(' ');
  const shown = lastSpace > 0 ? part.slice(0, lastSpace) : part;
  return { id: 'tool.external.aloud', with: { text: shown } };
}
