import { z } from 'zod';
import {
  checkForeignValue,
  toolArgumentLimits,
  tryParseForeignJson,
} from '#src/base/json.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import {
  judgeAct,
  type ToolAct,
  type ToolWish,
} from '#src/conversation/machine/wish.ts';
import type {
  Facts,
  FittingCall,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import type { ToolRules } from '#src/ports/tool-servers.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type {
  ExternalCall,
  ExternalResult,
  ExternalTool,
  ToolArguments,
} from './external-tool.ts';
import { formatCall } from './shown-call.ts';

const maxLineChars = 1_500;
const maxSpokenChars = 300;
const maxReasonChars = 150;

/** Acts of tools of others, as far as their owner says. */
const acts: Readonly<Record<ToolRules['effect'], ToolAct>> = {
  read: { writes: 'nothing' },
  last: { writes: 'unknown', noticedBy: 'unknown', undoneBy: 'nobody' },
  destroy: { writes: 'deletion' },
};

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
    effect: judgeAct(acts[rules.effect]),
    quotesOthers: true,
    step: { id: 'tool.external', with: { tool: getWork(tool) } },
    isAnywhere: true,
    external: rules,
    parseArguments(argumentsJson) {
      const parsed = checkForeignValue(
        objectSchema,
        tryParseForeignJson(argumentsJson, toolArgumentLimits),
      );
      return parsed.success
        ? prepareExternalCall(tool, parsed.data)
        : { unfit: 'They are no JSON object.' };
    },
  };
}

function prepareExternalCall(tool: ExternalTool, args: ToolArguments): FittingCall {
  const run = async (_wish: ToolWish, ports: ServerToolPorts, signal: AbortSignal) =>
    toToolOutcome(
      tool,
      await tool.run({ args, asker: toExternalAsker(ports) }, signal),
    );
  const prepare = async () =>
    ({ kind: 'ready', ...formatCall(tool.title, args), run }) as const;
  return {
    effect: judgeAct(acts[tool.rules.effect]),
    prepare,
    prepareAnywhere: prepare,
  };
}

function toExternalAsker({
  askerId: id,
  listPeople,
  place,
  getSettings,
}: ServerToolPorts): ExternalCall['asker'] {
  const name = listPeople().find((person) => person.id === id)?.name;
  return { id, name, channelId: place?.channelId, language: getSettings().language };
}

function toToolOutcome(tool: ExternalTool, result: ExternalResult): ToolOutcome {
  const { title } = tool;
  const { text, structured, leftOut, isError } = result;
  const facts: Facts = {
    ...(text === '' ? {} : { text }),
    ...(structured === undefined ? {} : { structured }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...(isError ? { failed: 'yes' } : {}),
  };
  if (isError) {
    const notice = { id: 'tool.external.failed', with: { tool: title } } as const;
    const failure = toFailedLine(getWork(tool), text);
    return { facts, line: notice, spokenLine: failure, failure };
  }
  const shownText = (text.trim() || structured || '').slice(0, maxLineChars);
  if (shownText === '')
    return { facts, line: { id: 'confirm.done' }, spokenLine: { id: 'confirm.done' } };
  return {
    facts,
    line: { id: 'tool.external.told', with: { tool: title, text: shownText } },
    spokenLine: toSpokenLine(text),
  };
}

function getWork({ title, work = title }: ExternalTool) {
  return work;
}

/** Says that a tool failed, with the reason that it gave. */
function toFailedLine(tool: string, text: string): TextLine {
  const reason = takeFirstWords(text, maxReasonChars);
  return reason === ''
    ? { id: 'tool.failed', with: { tool } }
    : { id: 'tool.failed.why', with: { tool, reason } };
}

/** Turns text into a line to say. Undefined if nothing can be said. */
function toSpokenLine(text: string): TextLine | undefined {
  const beginning = takeFirstWords(text, maxSpokenChars);
  if (beginning === '') return undefined;
  return { id: 'tool.external.aloud', with: { text: beginning } };
}

/** Takes whole words of what can be said of a text. Empty if nothing can be said. */
function takeFirstWords(text: string, maxChars: number) {
  const speakable = toSpeakable(text);
  const beginning = takeFirstChars(speakable, maxChars);
  const lastSpace = beginning === speakable ? 0 : beginning.lastIndexOf(' ');
  return lastSpace > 0 ? beginning.slice(0, lastSpace) : beginning;
}
