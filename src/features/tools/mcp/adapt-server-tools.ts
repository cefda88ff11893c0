import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { ExternalTool } from '#src/features/tools/external-tool.ts';
import type { McpServerOptions } from '#src/ports/tool-servers.ts';
import type { McpConnection } from './mcp-connection.ts';

import type { OfferedTool } from './tool-changes.ts';

const maxTools = 64;
const maxNameChars = 64;
const maxDescriptionChars = 2_000;
const maxWorkChars = 60;
const maxSchemaChars = 20_000;
const invisibleCharacters = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** Tools of a server that may be used, and a sentence for each that may not. */
export type ServerTools = {
  readonly tools: readonly ExternalTool[];
  readonly problems: readonly string[];
};

/**
 * Adapts the tools that the operator allows. Each gets the server's name as a prefix, so
 * that tools of two servers stay apart.
 */
export function adaptServerTools(
  offered: readonly OfferedTool[],
  server: McpServerOptions,
  connection: Pick<McpConnection, 'callTool'>,
): ServerTools {
  const tools = new Map<string, ExternalTool>();
  const problems: string[] = [];
  for (const tool of offered) {
    const rules = server.findRules(tool.name);
    if (!rules) continue;
    const plainName = toModelToolName(tool);
    const name = `${server.name}__${plainName}`;
    const problem = findObjection(tool, name, tools);
    if (problem) {
      problems.push(`A tool is off: ${problem}.`);
      continue;
    }
    const title = `${server.name}: ${plainName}`.replaceAll('_', ' ');
    tools.set(name, {
      name,
      title,
      work: findWork(tool),
      description: tool.description.replace(invisibleCharacters, ' '),
      parameters: tool.inputSchema,
      rules,
      run: (call, signal) =>
        connection.callTool(tool.name, call, rules.deadlineMs, signal),
    });
  }
  return { tools: [...tools.values()], problems: [...new Set(problems)] };
}

/** Replaces characters that a model may not write. */
export function toModelToolName({ name }: { readonly name: string }): string {
  return name.replace(/[^a-z0-9_-]/gi, '_');
}

/** A confirmation names the tool as the operator knows it. Only the sentence about its work is its server's. */
function findWork({ title = '' }: OfferedTool) {
  const line = title.replace(invisibleCharacters, ' ').trim();
  return line.length > maxWorkChars ? undefined : toSpeakable(line) || undefined;
}

function findObjection(
  { description, inputSchema }: OfferedTool,
  name: string,
  tools: ReadonlyMap<string, ExternalTool>,
) {
  if (tools.size >= maxTools) return `a server may have ${maxTools}`;
  if (name.length > maxNameChars) return `its name is longer than models take`;
  if (tools.has(name)) return 'another tool has the same name';
  if (description.length > maxDescriptionChars) return 'its description is too long';
  if (JSON.stringify(inputSchema).length > maxSchemaChars)
    return 'its schema is too long';
  return undefined;
}
