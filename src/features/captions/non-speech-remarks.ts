import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import { cut } from '#src/texts/plain.ts';

const maxTitleChars = 100;
/** Known length, in ms, below which a sound is no music. */
const musicMs = 30_000;

/** Writes the title of music, once, as it begins, until disposed. */
export function watchMusic(
  { channel, mix: { tracks }, parts }: SessionContext,
  write: (text: string) => void,
): Disposable {
  const begun = new WeakSet<TrackItem>();
  const began = (item: TrackItem) => {
    const { lengthMs = musicMs, title } = item.source;
    if (lengthMs < musicMs || begun.has(item)) return;
    begun.add(item);
    const words = { title: cut(title, maxTitleChars) };
    write(writtenText({ id: 'captions.remark.music', with: words }, channel.guildId, parts));
  };
  for (const { isMuted, now } of tracks.all()) if (now && !isMuted) began(now);
  return tracks.listen((event) => {
    if (event.kind === 'began' && !tracks.track(event.track)?.isMuted) began(event.item);
  });
}
