import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type FakeTool, makeFakeTools, type ToolMischief } from './fake-tools.ts';

/** A server of the SDK for the present generation of the protocol, 2026-07-28. */
export function makeModernServer(
  mischief: ToolMischief,
  tools: readonly FakeTool[] = [],
) {
  const server = new McpServer({ name: 'fake', version: '1.0.0' });
  for (const { name, description, shape, run } of [
    ...makeFakeTools(mischief),
    ...tools,
  ]) {
    server.registerTool(
      name,
      { description, inputSchema: z.object(shape) },
      async (fields, { mcpReq }) => ({
        ...(await run(fields, mcpReq._meta)),
      }),
    );
  }
  // Asks as the present generation does: by its result.
  server.registerTool('ask_person', { description: 'Asks.' }, async () =>
    inputRequired({
      inputRequests: {
        password: inputRequired.elicit({
          message: 'Your password?',
          requestedSchema: { type: 'object', properties: {} },
        }),
      },
    }),
  );
  return server;
}
