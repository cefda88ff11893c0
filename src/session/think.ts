import type { Said } from '#src/pipeline/pipeline.ts';
import { saidInstead } from './asides.ts';
import type { Room } from './room.ts';
import type { Refused } from './spending.ts';
import { orderOf, thrifty } from './spending-order.ts';
import { Thinking } from './thinking.ts';
import { TurnTools, withManners } from './tool-turn.ts';

/**
 * Begins the answer to what one person said, oldest first, on what the room knows now, if that may cost what it will;
 * `addressee` is named first, if any.
 */
export function think(
  said: readonly Said[],
  room: Room,
  signal: AbortSignal,
  addressee = '',
): Thinking | Refused {
  const { channel, memory, parts, pipeline, waste } = room;
  const { clock, spending } = parts;
  const tools = new TurnTools(said, room);
  const style = {
    ...thrifty(withManners(parts.style, tools.offered), spending.manner(channel.guildId)),
    asides: saidInstead(channel.guildId, parts),
  };
  const turn = { said, style, history: memory.messages(), tools: tools.offered };
  const opened = spending.open(orderOf(turn, channel.guildId));
  if (opened.kind === 'refused') return opened;
  if (opened.news) room.notice(opened.news);
  const { bill } = opened;
  const addressed = addressee === '' ? turn : { ...turn, addressee };
  const basis = memory.state;
  return new Thinking(
    addressed,
    { pipeline, waste, tools, basis, bill, nowMs: () => clock.nowMs() },
    signal,
  );
}
