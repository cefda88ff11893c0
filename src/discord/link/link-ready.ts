import '#src/discord/library/sodium.ts';
import { type DAVESession, type VoiceConnection, VoiceConnectionStatus } from '@discordjs/voice';
import { daveOf } from '#src/discord/library/voice-library.ts';

/**
 * Whether what is sent now is heard: voice ready, and the end-to-end group open to everybody there.
 *
 * A state, not an event: one person coming to a lonely bot unsettles it for some 10 ms. Alone there is
 * no group. `transitioned` fires also when the last one leaves, so the session is looked at each time.
 * A resumed voice socket keeps its session, so what counts is which session had opened.
 */
export function watchSettled(connection: VoiceConnection, others: () => number): () => boolean {
  let opened: DAVESession | undefined;
  connection.on('transitioned', () => {
    const dave = daveOf(connection);
    opened = dave?.session?.ready ? dave : undefined;
  });
  return () => {
    if (connection.state.status !== VoiceConnectionStatus.Ready) return false;
    const dave = daveOf(connection);
    if (!dave || dave.protocolVersion === 0 || others() === 0) return true;
    return dave === opened && dave.session?.ready === true;
  };
}
