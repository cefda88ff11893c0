/** Settings that are gone, each with what takes its place, in one sentence. */
export const removedSettings: Readonly<Record<string, string>> = {
  REALTIME_DIALECT: 'OpenAI removed the beta interface; use a server with current names.',
  TOOL_FILES: 'Offer functions through an MCP server of MCP_SERVERS.',
};
