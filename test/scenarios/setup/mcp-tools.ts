import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { MockReply } from '#test/fakes/providers/chat.ts';
import { buttonsOf, pressed } from './asking.ts';
import { eventually, type ScenarioSetup } from './scenario-setup.ts';

/** A file with an MCP server, of whose tools the operator allows one. */
export async function allowed(name: string, tool: string, server: object) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
  const path = join(folder, 'mcp.json');
  await writeFile(path, JSON.stringify({ mcpServers: { [name]: { ...server, allow: [tool] } } }));
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

/** Presses Show once it is there: what the asker alone reads then. */
async function show({ sandbox }: ScenarioSetup, person: SandboxPerson): Promise<ShownMessage> {
  const asking = () => sandbox.messages('Lounge').find(({ text }) => text.includes('press Show'));
  await eventually(() => expect(asking()).toBeDefined());
  const asked = asking();
  if (!asked) throw new Error('Nobody was asked.');
  return await pressed(person, asked, buttonsOf(asked)[0]?.[0] ?? '');
}

/** Presses Show and Confirm; what the channel reads then. */
export async function confirm(setup: ScenarioSetup, person: SandboxPerson): Promise<string> {
  const shown = await show(setup, person);
  return (await pressed(person, shown, buttonsOf(shown)[0]?.[0] ?? '')).text;
}
