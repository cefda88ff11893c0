import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import type { MockReply } from '#test/fakes/providers/chat.ts';
import { buttonsOf, pressed } from './asking.ts';
import { eventually, type ScenarioSetup } from './scenario-setup.ts';

const run = promisify(execFile);

/** An MCP server in a file, of which the operator has accepted one tool by the program for that. */
export async function accepted(name: string, tool: string, server: object) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
  const path = join(folder, 'mcp.json');
  await writeFile(path, JSON.stringify({ mcpServers: { [name]: server } }));
  const env = { ...compileCacheEnvironment(), MCP_SERVERS: path, PATH: '/usr/bin:/bin' };
  await run(process.execPath, ['src/app/programs/mcp.ts', 'accept', name, tool], { env });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** A model that calls a tool for what it is asked, again where an answer begun anew needs its result, and says that the button waits. */
export function callsTool(
  asked: MockReply['match'],
  name: string,
  given: object,
): readonly MockReply[] {
  const call = { name, argumentsJson: JSON.stringify(given) };
  return [
    { match: 'has to press', text: 'Press the button.' },
    { match: 'It is being done', call },
    { match: asked, call },
  ];
}

export const isConnected = ({ bot }: ScenarioSetup) =>
  eventually(() => expect(bot.log.some(({ msg }) => msg?.includes('1 tools are on'))).toBe(true));

/** Presses Confirm once it is there; what the channel reads then. */
export async function confirm({ sandbox }: ScenarioSetup, person: SandboxPerson): Promise<string> {
  const asking = () =>
    sandbox.messages('Lounge').find(({ text }) => text.includes('press Confirm'));
  await eventually(() => expect(asking()).toBeDefined());
  const asked = asking();
  const [[name] = ['']] = asked ? buttonsOf(asked) : [];
  if (!asked) throw new Error('Nobody was asked.');
  return (await pressed(person, asked, name)).text;
}
