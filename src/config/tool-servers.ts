import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { checkForeignValue, tryParseJson } from '#src/base/json.ts';
import { Secret } from '#src/base/secret.ts';
import type {
  McpServerOptions,
  McpTransport,
  ToolRules,
} from '#src/ports/tool-servers.ts';
import { settings } from './settings.ts';

/** Servers that are on, or all mistakes of the file. */
type McpServersFile =
  | { readonly kind: 'ok'; readonly servers: readonly McpServerOptions[] }
  /** Sentences without values of the file. */
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Finds a variable that the file may name. Undefined for a setting of the bot. */
type VariableReader = (name: string) => string | undefined;

/** Rules of a server or tool without rules of its own. */
export const defaultRules: ToolRules = {
  who: 'manage',
  effect: 'last',
  deadlineMs: 10_000,
  resultChars: 2_000,
};

/** A person in a call waits for no later answer. */
const maxDeadlineSeconds = 300;
/** Longest result, in characters, that a setting may allow. */
const mostResultChars = 20_000;

/** Rules as an operator writes them for a server or a tool. */
interface WrittenRules {
  readonly who?: ToolRules['who'] | undefined;
  readonly confirm?: 'always' | 'asked' | undefined;
  readonly effect?: 'read' | undefined;
  readonly deadlineSeconds?: number | undefined;
  readonly resultCharacters?: number | undefined;
}

type RuleFields = {
  readonly [Key in keyof WrittenRules]-?: z.ZodOptional<
    z.ZodType<NonNullable<WrittenRules[Key]>>
  >;
};

/** Fields of `WrittenRules`, for schemas that have more fields. */
const ruleFields: RuleFields = {
  who: z.enum(['anyone', 'room', 'dj', 'manage']).optional(),
  /** `always` asks for Confirm each time, since the tool destroys. */
  confirm: z.enum(['always', 'asked']).optional(),
  /** A tool that only reads needs no Confirm. */
  effect: z.literal('read').optional(),
  deadlineSeconds: z.number().min(1).max(maxDeadlineSeconds).optional(),
  resultCharacters: z.number().int().min(100).max(mostResultChars).optional(),
};

const writtenRules: z.ZodType<WrittenRules> = z.strictObject(ruleFields);

const effects = { always: 'destroy', asked: 'last' } as const;

/** Converts rules. Missing fields are taken from `defaults`. */
export function parseRules(
  written: WrittenRules,
  defaults: ToolRules = defaultRules,
): ToolRules {
  const { who, confirm, effect, deadlineSeconds, resultCharacters } = written;
  return {
    who: who ?? defaults.who,
    effect: effect ?? (confirm && effects[confirm]) ?? defaults.effect,
    deadlineMs:
      deadlineSeconds === undefined ? defaults.deadlineMs : deadlineSeconds * 1_000,
    resultChars: resultCharacters ?? defaults.resultChars,
  };
}

const filledText = z.string().min(1);
const filledRecord = z.record(filledText, z.string());
const serverFields = {
  ...ruleFields,
  disabled: z.boolean().optional(),
  allow: z.array(filledText).optional(),
  tools: z.record(filledText, writtenRules).optional(),
};
const stdioServer = z.object({
  ...serverFields,
  type: z.literal('stdio').optional(),
  command: filledText,
  args: z.array(z.string()).default([]),
  env: filledRecord.default({}),
  cwd: filledText.optional(),
});
const httpServer = z.object({
  ...serverFields,
  type: z.enum(['http', 'streamable-http', 'streamableHttp']).optional(),
  url: z
    .string()
    .refine(isHttpServer, 'must be an address like https://tools.example.org/mcp'),
  headers: filledRecord.default({}),
});

/** The name is a part of the tool names, which models may write only in these characters. */
const serverName = /^[a-z0-9][a-z0-9_-]{0,31}$/i;

type WrittenServer = z.infer<typeof stdioServer> | z.infer<typeof httpServer>;

/** Reads a file of the usual `mcpServers` shape. */
function readServersFile(path: string, findVariable: VariableReader): McpServersFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { kind: 'bad', mistakes: ['cannot be read'] };
  }
  return readServers(text, dirname(resolve(path)), findVariable);
}

/** Reads the text of a file. Relative paths of programs begin in `folder`. */
export function readServers(
  text: string,
  folder: string,
  findVariable: VariableReader,
): McpServersFile {
  const file = z
    .object({ mcpServers: z.record(z.string(), z.unknown()) })
    .safeParse(tryParseJson(text));
  if (!file.success)
    return { kind: 'bad', mistakes: ['is not JSON with "mcpServers"'] };
  const mistakes: string[] = [];
  const servers: McpServerOptions[] = [];
  for (const [name, written] of Object.entries(file.data.mcpServers)) {
    const server = readServer(name, written, folder, findVariable);
    if (typeof server === 'string')
      mistakes.push(`${JSON.stringify(name.slice(0, 40))} ${server}`);
    else if (server) servers.push(server);
  }
  return mistakes.length > 0 ? { kind: 'bad', mistakes } : { kind: 'ok', servers };
}

/** Reads one server, or returns its fault. Undefined if turned off. */
function readServer(
  name: string,
  written: unknown,
  folder: string,
  findVariable: VariableReader,
): McpServerOptions | string | undefined {
  if (!serverName.test(name))
    return 'needs a name of up to 32 letters, digits, - and _';
  const isObject = typeof written === 'object' && written !== null;
  if (isObject && 'type' in written && written.type === 'sse')
    return 'asks for the former transport sse; only stdio and http are supported';
  const shape = isObject && 'url' in written ? httpServer : stdioServer;
  const read = checkForeignValue<z.ZodType<WrittenServer>>(shape, written);
  if (!read.success) {
    const [issue] = read.error.issues;
    return `has a mistake at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`;
  }
  if (read.data.disabled) return undefined;
  try {
    const transport = parseTransport(read.data, folder, findVariable);
    const serverRules = parseRules(read.data);
    const { allow, tools = {} } = read.data;
    const findRules = (toolName: string) => {
      if (allow && !allow.includes(toolName)) return undefined;
      const rules = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined;
      return parseRules(rules ?? {}, serverRules);
    };
    return { name, transport, findRules };
  } catch (error) {
    if (error instanceof MissingVariable) return error.message;
    throw error;
  }
}

function parseTransport(
  written: WrittenServer,
  folder: string,
  findVariable: VariableReader,
): McpTransport {
  if ('url' in written) {
    const headers = fillInVariables(written.headers, findVariable);
    return { kind: 'http', url: new URL(written.url), headers };
  }
  const { command, args, env, cwd = '.' } = written;
  return {
    kind: 'stdio',
    command:
      /[/\\]/.test(command) && !isAbsolute(command)
        ? resolve(folder, command)
        : command,
    args,
    environment: fillInVariables(env, findVariable),
    folder: resolve(folder, cwd),
  };
}

class MissingVariable extends Error {}

/** Replaces `${NAME}` by variables of the environment. */
function fillInVariables(
  written: Readonly<Record<string, string>>,
  findVariable: VariableReader,
): ReadonlyMap<string, Secret> {
  const fillVariable = (value: string) =>
    value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const foundValue = findVariable(name);
      if (foundValue === undefined)
        throw new MissingVariable(
          `names ${name}, which is not set or a setting of the bot's own`,
        );
      return foundValue;
    });
  return new Map(
    Object.entries(written).map(([key, value]) => [
      key,
      new Secret(fillVariable(value)),
    ]),
  );
}

function isHttpServer(value: string) {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** `path` names the file that lists the servers. */
export type ExternalTools = {
  /** Undefined if no file is named. */
  readonly mcp:
    | { readonly path: string; readonly servers: readonly McpServerOptions[] }
    | undefined;
};

export type ExternalToolsResult =
  | { readonly kind: 'ok'; readonly tools: ExternalTools }
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Reads tool servers, without passing on settings of the bot. */
export function readExternalTools(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
): ExternalToolsResult {
  if (path === undefined) return { kind: 'ok', tools: { mcp: undefined } };
  const findVariable: VariableReader = (name) =>
    Object.hasOwn(settings.shape, name) ? undefined : environment[name];
  const read = readServersFile(path, findVariable);
  if (read.kind === 'ok')
    return { kind: 'ok', tools: { mcp: { path, servers: read.servers } } };
  const mistakes = read.mistakes.map((mistake) => `MCP_SERVERS: ${path} ${mistake}`);
  return { kind: 'bad', mistakes };
}
