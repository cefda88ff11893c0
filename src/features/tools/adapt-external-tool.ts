import { z } from 'zod';
import { checkForeign, foreignJson, toolArgumentLimits } from '#src/base/json.ts';
import { speakable } from '#src/chat/text/speakable.ts';
import type {
  Facts,
  Fitting,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import { firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ExternalCall, ExternalResult, ExternalTool } from './external-tool.ts';
import { shownCall } from './shown-call.ts';

/** Longest result posted in the channel, in characters. */
const longestLineChars = 1_500;
/** Longest part of it that is said, in characters: about twenty seconds. */
const longestSpokenChars = 300;

const object = z.record(z.string(), z.unknown());

/**
 * A tool of the operator, as the session runs it: by the operator's rules, and without access to the bot. The server itself checks
 * arguments by its schema (MCP, "Tools", Security Considerations).
 */
export function externalTool(tool: ExternalTool): ToolEntry {
  const { name, description, parameters, rules } = tool;
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
      const read = checkForeign(object, foreignJson(argumentsJson, toolArgumentLimits));
      return read.success ? fitting(tool, read.data) : { unfit: 'They are no JSON object.' };
    },
  };
}

function fitting(tool: ExternalTool, given: Readonly<Record<string, unknown>>): Fitting {
  const run = async (ports: ServerToolPorts, signal: AbortSignal) =>
    outcomeOf(tool, await tool.run({ given, asker: askerOf(ports) }, signal));
  const prepare = async () => ({ kind: 'ready', ...shownCall(tool.title, given), run }) as const;
  return { effect: tool.rules.effect, prepare, prepareAnywhere: prepare };
}

function askerOf({ askerId: id, people, place, settings }: ServerToolPorts): ExternalCall['asker'] {
  const name = people().find((one) => one.id === id)?.name;
  return { id, name, channelId: place?.channelId, language: settings().language };
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
