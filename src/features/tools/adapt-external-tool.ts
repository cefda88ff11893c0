import { z } from 'zod';
import {
  checkForeignValue,
  toolArgumentLimits,
  tryParseForeignJson,
} from '#src/base/json.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type {
  Facts,
  FittingCall,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ExternalCall, ExternalResult, ExternalTool } from './external-tool.ts';
import { formatCall } from './shown-call.ts';

const longestLineChars = 1_500;
const longestSpokenChars = 300;

const objectSchema = z.record(z.string(), z.unknown());

/**
 * Makes an external tool callable. Its server checks arguments:
 * https://modelcontextprotocol.io/specification/2025-11-25/server/tools#security-considerations
 */
export function adaptExternalTool(tool: ExternalTool): ToolEntry {
  const { name, description, parameters, rules } = tool;
  return {
    name,
    description,
    parameters,
    right: rules.who,
    effect: rules.effect,
    quotesOthers: true,
    isAnywhere: true,
    external: rules,
    parseArguments(argumentsJson) {
      const read = checkForeignValue(
        objectSchema,
        tryParseForeignJson(argumentsJson, toolArgumentLimits),
      );
      return read.success
        ? prepareExternalCall(tool, read.data)
        : { unfit: 'They are no JSON object.' };
    },
  };
}

function prepareExternalCall(
  tool: ExternalTool,
  given: Readonly<Record<string, unknown>>,
): FittingCall {
  const run = async (ports: ServerToolPorts, signal: AbortSignal) =>
    toToolOutcome(
      tool,
      await tool.run({ given, asker: toExternalAsker(ports) }, signal),
    );
  const prepare = async () =>
    ({ kind: 'ready', ...formatCall(tool.title, given), run }) as const;
  return { effect: tool.rules.effect, prepare, prepareAnywhere: prepare };
}

function toExternalAsker({
  askerId: id,
  listPeople,
  place,
  getSettings,
}: ServerToolPorts): ExternalCall['asker'] {
  const name = listPeople().find((one) => one.id === id)?.name;
  return { id, name, channelId: place?.channelId, language: getSettings().language };
}

function toToolOutcome({ title }: ExternalTool, result: ExternalResult): ToolOutcome {
  const { text, structured, leftOut, isError } = result;
  const facts: Facts = {
    ...(text === '' ? {} : { text }),
    ...(structured === undefined ? {} : { structured }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...(isError ? { failed: 'yes' } : {}),
  };
  if (isError) {
    const line = { id: 'tool.external.failed', with: { tool: title } } as const;
    return { facts, line, spokenLine: line };
  }
  const words = (text.trim() || structured || '').slice(0, longestLineChars);
  if (words === '')
    return { facts, line: { id: 'confirm.done' }, spokenLine: { id: 'confirm.done' } };
  return {
    facts,
    line: { id: 'tool.external.told', with: { tool: title, text: words } },
    spokenLine: toSpokenPart(text),
  };
}

/** Turns text into a line to say. Undefined if nothing can be said. */
function toSpokenPart(text: string): TextLine | undefined {
  const words = toSpeakable(text);
  if (words === '') return undefined;
  const part = takeFirstChars(words, longestSpokenChars);
  const lastSpace = part === words ? 0 : part.lastIndexOf(' ');
  const shown = lastSpace > 0 ? part.slice(0, lastSpace) : part;
  return { id: 'tool.external.aloud', with: { text: shown } };
}
