import { BotError } from '#src/base/errors.ts';
import { type JsonLimits, JsonMeter } from '#src/base/json.ts';

/** One message, in either direction; also its longest line. */
export const messageLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/** A message to a server as it is sent. Errors: BotError `tool.refused` where it is too large. */
export function checkMessage(json: string): string {
  const excess = new JsonMeter(messageLimits).push(Buffer.from(json));
  if (!excess) return json;
  throw new BotError('tool.refused', false, `A call to an MCP server is ${excess.description}.`);
}
