import { existsSync } from 'node:fs';

/** Where Debian and others put Firefox. */
const places = ['/usr/bin/firefox-esr', '/usr/bin/firefox'] as const;

/** Where Firefox lies: `FIREFOX`, else where a package put it. */
export const firefoxPath: string =
  process.env.FIREFOX ?? places.find((place) => existsSync(place)) ?? places[0];

/** PulseAudio, which gives Firefox a loudspeaker. */
export const pulseAudioPath = '/usr/bin/pulseaudio';

/** Before the first test: without Firefox its tests cannot run. */
export function setup(): void {
  const missing = [firefoxPath, pulseAudioPath].filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  const how =
    'apt-get install firefox-esr pulseaudio (Debian), or FIREFOX=path of another one';
  throw new Error(`The page is tested in Firefox, too; missing: ${missing}: ${how}.`);
}
