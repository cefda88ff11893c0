import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';

/** What opens connections before they are needed. A realtime connection is kept open by itself, once it was. */
export async function openWarmth(
  { transcription, chat, speech }: Config,
  voice: { warm?(): void },
  stack: AsyncDisposableStack,
): Promise<() => void> {
  const addresses = [transcription, chat, speech].flatMap((role) => {
    const viaFetch = role.kind === 'remote' && !('backend' in role && role.backend === 'realtime');
    return viaFetch ? [role.baseUrl] : [];
  });
  if (addresses.length === 0) return () => voice.warm?.();
  const { WarmConnections } = await import('#src/provider/warm-connections.ts');
  const connections = stack.use(new WarmConnections(addresses, realClock));
  return () => {
    connections.warm();
    voice.warm?.();
  };
}
