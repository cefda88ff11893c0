import type { FeaturePanel } from '#src/ports/panel.ts';
import { formatPlayingTime } from '#src/texts/duration.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import { formatText, type Locale, type TextLine } from '#src/texts/texts.ts';
import type { ListedTrack } from './track-request-outcomes.ts';

export function toTrackLine(view: ListedTrack, locale: Locale): TextLine {
  const { name: track, percent: n, current, isMuted, isPaused } = view;
  if (!current) return { id: 'track.line.idle', with: { track, n } };
  const { title, owner, positionMs, lengthMs, loop } = current;
  if (positionMs === undefined) {
    const time = owner ?? formatText('transcript.somebody', {}, locale);
    return { id: 'track.line', with: { track, title, time, n } };
  }
  const marks = [
    isPaused && formatText('panel.paused', {}, locale),
    formatPlayingTime(positionMs, lengthMs),
    loop && formatText('track.loops', {}, locale),
    isMuted && formatText('track.mutes', {}, locale),
  ];
  const time = marks.filter(Boolean).join(', ');
  return { id: 'track.line', with: { track, title, time, n } };
}

/** Each step of a position is an edit of the panel. */
const positionStepMs = 5_000;
/** Further tracks are counted, and longer titles cut. */
const [maxTracks, maxTitleChars] = [3, 40];

/** The buttons control the first track. */
export function describeTrackPanel(playing: readonly ListedTrack[], locale: Locale): FeaturePanel {
  const [first] = playing;
  if (!first) return {};
  const shown = playing.slice(0, maxTracks).map((view) => {
    const { current } = view;
    const { positionMs = 0, title = '' } = current ?? {};
    const place = {
      title: takeFirstChars(title, maxTitleChars),
      positionMs: positionMs - (positionMs % positionStepMs),
    };
    const line = toTrackLine({ ...view, current: current && { ...current, ...place } }, locale);
    return formatText(line.id, line.with, locale);
  });
  const more = playing.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`+${more}`] : [])].join('; ');
  return {
    lines: [{ id: 'panel.tracks', with: { list } }],
    buttons: [`track.pause:${first.name}`, `track.skip:${first.name}`],
  };
}
