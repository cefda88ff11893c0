import { openFakeMcp } from './http-server.ts';

// node http-program.ts legacy|modern: an MCP server over HTTP in a process of its own, which prints its address.

const protocolEra = process.argv[2] === 'modern' ? 'modern' : 'legacy';
const server = await openFakeMcp({ era: protocolEra });
console.log(server.url.href);
