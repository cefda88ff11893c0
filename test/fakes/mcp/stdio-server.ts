import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeTool, ToolMischief } from './fake-tools.ts';

// node stdio-server.ts legacy|modern|gone|silent: an MCP server on its standard streams, or what is none.
// Each loads its own SDK alone, or nothing: it is started again and again.

const mischief: ToolMischief = {
  crash: () => process.exit(3),
};

/** Works until a file is there, and fails by its words, if it has some. */
const linger: FakeTool = {
  name: 'linger',
  description: 'Looks at the sky.',
  shape: {},
  async run() {
    const path = process.argv[3] ?? '';
    while (!existsSync(path)) await sleep(20);
    const failure = readFileSync(path, 'utf8');
    const text = failure || 'Rain from noon on.';
    return { content: [{ type: 'text', text }], isError: failure !== '' };
  },
};

switch (process.argv[2]) {
  case 'legacy': {
    const [{ StdioServerTransport }, { makeLegacyServer }] = await Promise.all([
      import('@modelcontextprotocol/sdk/server/stdio.js'),
      import('./legacy-server.ts'),
    ]);
    await makeLegacyServer(mischief).connect(new StdioServerTransport());
    break;
  }
  case 'modern': {
    const [{ serveStdio }, { makeModernServer }] = await Promise.all([
      import('@modelcontextprotocol/server/stdio'),
      import('./modern-server.ts'),
    ]);
    serveStdio(() => makeModernServer(mischief, [linger]), { legacy: 'reject' });
    break;
  }
  case 'silent': // reads nothing, not even that its input has ended
    writeFileSync(process.argv[3] ?? '', `${process.pid}`);
    setInterval(() => undefined, 60_000);
    break;
  case 'gone':
    process.exit(1);
}
