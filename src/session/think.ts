import type { Said } from '#src/pipeline/pipeline.ts';
import { saidInstead } from './asides.ts';
import type { Room } from './room.ts';
import { Thinking } from './thinking.ts';
import { TurnTools, withManners } from './tool-turn.ts';

/** Begins the answer to what one person said, oldest first, on what the room knows now; `addressee` is named first, if any. */
export function think(
  said: readonly Said[],
  room: Room,
  signal: AbortSignal,
  addressee = '',
): Thinking {
  const { channel, memory, parts, pipeline, waste } = room;
  const { clock } = parts;
  const tools = new TurnTools(said, room);
  const style = {
    ...withManners(parts.style, tools.offered),
    asides: saidInstead(channel.guildId, parts),
  };
  const turn = { said, style, history: memory.messages(), tools: tools.offered };
  const addressed = addressee === '' ? turn : { ...turn, addressee };
  const basis = memory.state;
  return new Thinking(
    addressed,
    { pipeline, waste, tools, basis, nowMs: () => clock.nowMs() },
    signal,
  );
}
