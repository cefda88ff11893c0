import { resolve } from 'node:path';
import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import { allowed, callsTool, confirm, isConnected } from '#test/scenarios/setup/mcp-tools.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openOwnScenario,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');

scenario(
  'a tool of a program is asked for by voice, waits for the button, and its result is read and heard',
  async () => {
    const program = resolve('test/fakes/mcp/stdio-server.ts');
    const sky = { command: process.execPath, args: [program, 'modern'], who: 'room' };
    await using servers = await allowed('sky', 'measure', sky);
    let heard = 'Nova, who are you?';
    await using setup = await openOwnScenario({
      environment: { MCP_SERVERS: servers.path },
      providers: { hears: () => heard, replies: callsTool('the sky', 'sky__measure', {}) },
    });
    await isConnected(setup);
    const adam = await callIn(setup, 'Adam');
    await converse(setup, await callIn(setup, 'Ben'), question); // so that words of others are in the prompt
    heard = 'Nova, how warm is the sky?';
    await adam.say(question, soon());
    const said = (words: string) =>
      eventually(() => expect(madeTexts(setup).join(' ')).toContain(words));
    // A question that the button has answered already is not asked aloud.
    await said('Adam, shall I do this: sky measure? Say yes, or press the button.');
    expect(await confirm(setup, adam)).toBe('measure (sky): 21 degrees');
    await said('Adam. Here is what you asked for, in full in the chat: 21 degrees');
  },
);
