// node mcp-program.ts SHAPE BYTES: an MCP server on its standard streams with one tool, whose result is hostile.
import { createInterface } from 'node:readline';
import { mcpAnswer } from './servers.ts';

const [shape = '', bytes = ''] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin })) {
  const answer = mcpAnswer(line, shape, Number(bytes));
  if (answer !== undefined) process.stdout.write(`${answer}\n`);
}
