import { writeFileSync } from 'node:fs';
import type { ToolMischief } from './fake-tools.ts';

// node stdio-server.ts legacy|modern|gone|silent: an MCP server on its standard streams, or what is none.
// Each loads its own SDK alone, or nothing: it is started again and again.

const mischief: ToolMischief = {
  crash: () => process.exit(3),
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
    serveStdio(() => makeModernServer(mischief), { legacy: 'reject' });
    break;
  }
  case 'silent': // reads nothing, not even that its input has ended
    writeFileSync(process.argv[3] ?? '', `${process.pid}`);
    setInterval(() => undefined, 60_000);
    break;
  case 'gone':
    process.exit(1);
}
