import { listenRateHz } from '#src/audio/pcm.ts';
import type { Answering } from '#src/conversation/engines/paid-engines.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { Reservation } from '#src/spending/reservation.ts';

/** Receiver of an utterance's sound while it is spoken, for models that hear. Never throws. */
export type LiveAudio = {
  readonly hear: (sound: Int16Array) => void;
  /** Drops the sound: the utterance is not going to be answered. */
  readonly forget: () => void;
  /** Frees the money that was set aside for it. */
  readonly close: () => void;
};

/** Sound for which money is set aside at a time, in ms. */
const reservedMs = 30_000;

/** Live sound of an utterance, as long as there is money for an answer to all of it; undefined where there is none at all. */
export function openLiveAudio(
  {
    fromMs,
    name,
    speakerId,
  }: { readonly fromMs: number; readonly name: string; readonly speakerId: string },
  context: SessionContext,
): LiveAudio | undefined {
  const { channel, parts, pipeline } = context;
  const messages = [{ content: context.style().instructions }];
  let [heardMs, paidMs] = [0, 0];
  let paid: { readonly reservation: Reservation; readonly answering: Answering } | undefined;
  const reserve = () => {
    paid?.reservation.close();
    paidMs += reservedMs;
    const opened = parts.spending.open({
      kind: 'sound ahead of an answer',
      guildId: channel.guildId,
      personId: speakerId,
      name,
      first: { messages, heardMs: paidMs },
    });
    if (opened.kind === 'refused') return undefined;
    const { reservation } = opened;
    return { reservation, answering: pipeline.paidBy(reservation) };
  };
  paid = reserve();
  if (!paid) return undefined;
  const forget = () => pipeline.forgetHeard(speakerId, fromMs);
  return {
    hear(sound) {
      if (!paid) return;
      heardMs += (sound.length / listenRateHz) * 1_000;
      if (heardMs > paidMs) paid = reserve();
      if (paid) paid.answering.hear(sound, speakerId, fromMs);
      else forget();
    },
    forget,
    close: () => paid?.reservation.close(),
  };
}
